"""The leg to another telephone that a call at the simulated Telnyx is transferred to."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from moltis.carriers.line import EndsCall, HangsUp, Order, PicksUp, Refusal, Refuses, Says
from moltis.carriers.record import SimulatedCall
from moltis.carriers.second_leg import SecondLeg
from moltis.carriers.telnyx_events import Leg, Reporter, iso
from moltis.carriers.telnyx_fields import LONGEST_CALL_SECS, Body
from moltis.carriers.telnyx_webhooks import Mailbox

RING_SECS: Final = 30
"""The usual limit; Telnyx's specification does not tell its own."""
REFUSED: Final = {
    Refusal.BUSY: ("user_busy", "486"),
    Refusal.REJECTED: ("call_rejected", "603"),
    Refusal.FAILED: ("not_found", "404"),
}
"""The cause, and the code of SIP, of a call that is not taken."""
_UNANSWERED: Final = "timeout"
_TOO_LONG: Final = "time_limit"
_LEFT: Final = "originator_cancel"
_OVER: Final = "normal_clearing"


@dataclass(frozen=True, slots=True)
class Bridged(Order):
    """Somebody picked up there: the two hear each other."""


@dataclass(frozen=True, slots=True)
class OtherSays(Order):
    """The other one says *text*."""

    text: str


@dataclass(frozen=True, slots=True)
class OtherLeft(Order):
    """The other one hung up, or the two have talked for as long as they may."""


@dataclass(frozen=True, slots=True)
class _Hears(Order):
    text: str


class Transfer:
    """A second leg with a thread of its own; what the first one is to know is put on its line."""

    def __init__(
        self, first: SimulatedCall, reporter: Reporter, mailbox: Mailbox, body: Body
    ) -> None:
        self._first = first
        self._body = body
        self._leg = SecondLeg(first.line, first.who_answers(body["to"]))
        first.second_legs.append(self._leg.line)
        record = SimulatedCall(
            carrier=first.carrier,
            account_id=first.account_id,
            sid=f"v3:{uuid4().hex}",
            direction=first.direction,
            from_number=body.get("from", first.to_number),
            to_number=body["to"],
            far_end=self._leg.far_end,
            line=self._leg.line,
            status="dialling",
        )
        names = Leg(
            call_control_id=record.sid,
            call_leg_id=str(uuid4()),
            call_session_id=reporter.leg.call_session_id,
            connection_id=reporter.leg.connection_id,
        )
        self._record = record
        self._reporter = Reporter(record, names, mailbox)
        self._reporter.url, self._reporter.failover_url = reporter.url, reporter.failover_url
        self._reporter.client_state = body.get("target_leg_client_state")
        self._answered = False
        self._thread = threading.Thread(target=self._run, name=record.sid, daemon=True)

    def start(self) -> None:
        """Let it ring there."""
        self._thread.start()

    def hears(self, text: str) -> None:
        """Let the other one hear what the far end says."""
        self._leg.line.put(_Hears(text))

    def end(self) -> None:
        """Hang up there, because the first leg is over; gives once that is told."""
        self._leg.line.put(EndsCall(_OVER))
        self._thread.join()

    def _run(self) -> None:
        self._tell("call.initiated", direction="outgoing", state="bridging")
        self._leg.far_end.rings(self._record.from_number, self._record.to_number)
        seconds = self._body.get("timeout_secs", RING_SECS)
        unanswered = self._leg.line.put(EndsCall(_UNANSWERED), after=seconds)
        cause = self._ring()
        if not cause:
            self._leg.line.withdraw(unanswered)
            cause = self._talk()
        self._leg.far_end.ended(cause)
        self._tell(
            "call.hangup",
            hangup_cause=cause,
            hangup_source="unknown",
            sip_hangup_cause="unspecified",
            end_time=iso(datetime.now(UTC)),
        )
        if self._answered:
            self._first.line.put(OtherLeft())

    def _ring(self) -> str:
        while True:
            match self._leg.line.wait(LONGEST_CALL_SECS):
                case PicksUp():
                    return ""
                case Refuses(reason=reason):
                    return REFUSED[reason][0]
                case HangsUp():
                    return REFUSED[Refusal.REJECTED][0]
                case EndsCall(why=why):
                    return why if why == _UNANSWERED else _LEFT

    def _talk(self) -> str:
        line = self._leg.line
        self._answered = True
        self._tell("call.answered")
        self._tell("call.bridged")
        self._first.line.put(Bridged())
        self._leg.far_end.connected()
        self._leg.far_end.gets_turn()
        line.put(EndsCall(_TOO_LONG), after=self._body.get("time_limit_secs", LONGEST_CALL_SECS))
        while True:
            match line.wait(LONGEST_CALL_SECS):
                case Says(text=text) as words:
                    line.came_in(words, understood=True)
                    self._first.line.put(OtherSays(text))
                case _Hears(text=text):
                    self._leg.hears(text)
                case HangsUp():
                    return _OVER
                case EndsCall(why=why):
                    return why

    def _tell(self, event_type: str, **more: object) -> None:
        self._reporter.tell(event_type, start_time=iso(self._record.created_at), **more)
