"""One call at the simulated Telnyx: dials or is parked, is answered or not, talks, ends."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from moltis.carriers.attention import A_LONG_TIME
from moltis.carriers.line import (
    EndsCall,
    HangsUp,
    Order,
    PicksUp,
    Refusal,
    Refuses,
    Says,
    Sound,
    speaking_time,
)
from moltis.carriers.record import Direction, SimulatedCall
from moltis.carriers.telnyx_commands import REJECTIONS
from moltis.carriers.telnyx_events import Reporter, iso
from moltis.carriers.telnyx_fields import LONGEST_CALL_SECS, Body
from moltis.carriers.telnyx_talk import Talk
from moltis.carriers.telnyx_transfer import (
    REFUSED,
    RING_SECS,
    Bridged,
    OtherLeft,
    OtherSays,
    Transfer,
)
from moltis.carriers.telnyx_webhooks import Mailbox

CALLER_WAITS_SECS: Final = 60
"""So long a caller hears it ring."""

_UNKNOWN: Final = "unspecified"
_CALLER: Final = "caller"
_CALLEE: Final = "callee"
_TIMEOUT: Final = "timeout"
_TIME_LIMIT: Final = "time_limit"
_GAVE_UP: Final = "the caller gave up"
_OTHER_LEFT: Final = "the other one left"
_STOPPED: Final = "the simulation stops"


class Phase(StrEnum):
    """How far a call has come."""

    DIALLING = "dialling"
    PARKED = "parked"
    ANSWERED = "answered"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Obeys(Order):
    """The gateway has sent the command called *name*."""

    name: str
    body: Body


class CallOverError(Exception):
    """The call ends, and why, in Telnyx's words."""

    def __init__(self, cause: str, source: str = "unknown", sip: str = _UNKNOWN) -> None:
        super().__init__(cause)
        self.cause = cause
        self.source = source
        self.sip = sip


class TelnyxCall:
    """The carrier's side of one call; its own thread carries it out, others send it commands."""

    def __init__(
        self, record: SimulatedCall, reporter: Reporter, mailbox: Mailbox, dial: Body
    ) -> None:
        self.record = record
        self.reporter = reporter
        self._dial = dial
        self._outbound = record.direction is Direction.OUTBOUND
        self.phase = Phase.DIALLING if self._outbound else Phase.PARKED
        self.ended_at = 0.0
        """When it ended, on the simulated clock."""
        self._mailbox = mailbox
        self._talk = Talk(record, reporter, dial)
        self._transfer: Transfer | None = None
        self._answered_at = 0.0
        self._unanswered = 0
        self._thread = threading.Thread(target=self._run, name=record.sid, daemon=True)

    def start(self) -> None:
        """Let it begin."""
        self._thread.start()

    def take(self, name: str, body: Body) -> None:
        """Carry out the command called *name*, which was checked before."""
        self.record.line.put(Obeys(name, body))

    def stop(self) -> None:
        """Break off without another word to anybody."""
        self._mailbox.silence()
        self.record.line.put(EndsCall(_STOPPED))

    def join(self) -> None:
        """Wait until nothing of it is left."""
        self._thread.join()
        self._talk.join()

    def describe(self) -> Mapping[str, Any]:
        """Describe the call in Telnyx's fields."""
        leg, record = self.reporter.leg, self.record
        described: dict[str, Any] = {
            "record_type": "call",
            "call_control_id": leg.call_control_id,
            "call_leg_id": leg.call_leg_id,
            "call_session_id": leg.call_session_id,
            "is_alive": self.phase is not Phase.OVER,
            "client_state": self.reporter.client_state,
            "start_time": iso(record.created_at),
            "call_duration": record.duration_secs,
        }
        if record.answered_at is not None and record.ended_at is None:
            described["call_duration"] = round(record.line.clock.now() - self._answered_at)
        if record.ended_at is not None:
            described["end_time"] = iso(record.ended_at)
        return described

    def _run(self) -> None:
        try:
            over = self._course()
            self._finish(over)
            self.record.far_end.ended(over.cause)
        finally:
            self._mailbox.finish()
            self.record.over.set()

    def _course(self) -> CallOverError:
        try:
            self._begin()
            while True:
                self._meet(self.record.line.wait(A_LONG_TIME))
        except CallOverError as over:
            return over

    def _begin(self) -> None:
        record = self.record
        direction = ("outgoing", "bridging") if self._outbound else ("incoming", "parked")
        self.reporter.tell(
            "call.initiated",
            direction=direction[0],
            state=direction[1],
            start_time=iso(record.created_at),
            caller_id_name=self._dial.get("from_display_name", record.from_number),
        )
        if self._outbound:
            seconds = self._dial.get("timeout_secs", RING_SECS)
            self._unanswered = record.line.put(EndsCall(_TIMEOUT), after=seconds)
            record.far_end.rings(record.from_number, record.to_number)
        else:
            self._unanswered = record.line.put(EndsCall(_GAVE_UP), after=CALLER_WAITS_SECS)

    def _meet(self, signal: object) -> None:
        answered = self.phase is Phase.ANSWERED
        match signal:
            case Obeys(name=name, body=body):
                self._obey(name, body)
            case EndsCall(why=why):
                raise _over(why)
            case HangsUp():
                raise self._left()
            case PicksUp() if self._outbound and not answered:
                self._answered(self._dial)
            case Refuses(reason=reason) if self._outbound and not answered:
                cause, sip = REFUSED[reason]
                raise CallOverError(cause, _CALLEE, sip)
            case Bridged() | OtherSays() | OtherLeft():
                self._meet_other(signal)
            case _ if answered:
                if isinstance(signal, Says) and self._transfer is not None:
                    self._transfer.hears(signal.text)
                self._talk.meet(signal)

    def _obey(self, name: str, body: Body) -> None:
        if "client_state" in body:
            self.reporter.client_state = body["client_state"]
        match name:
            case "answer":
                self._answer(body)
            case "reject":
                cause, sip = REJECTIONS[body["cause"]]
                raise CallOverError(cause, _CALLEE, sip)
            case "hangup":
                raise self._hung_up()
            case "client_state_update":
                pass
            case "transfer" if self.phase is Phase.ANSWERED:
                self._transfer = Transfer(self.record, self.reporter, self._mailbox, body)
                self._transfer.start()
            case _ if self.phase is Phase.ANSWERED:
                self._talk.obey(name, body)

    def _meet_other(self, signal: Bridged | OtherSays | OtherLeft) -> None:
        line = self.record.line
        match signal:
            case Bridged():
                self.reporter.tell("call.bridged")
            case OtherSays(text=text):
                line.heard(line.sounds(Sound.SPEECH, text, speaking_time(text)))
                self.record.far_end.gets_turn()
            case OtherLeft():
                raise _over(_OTHER_LEFT)

    def _answer(self, body: Body) -> None:
        if self.phase is Phase.PARKED:
            if "webhook_url" in body:
                self.reporter.url, self.reporter.failover_url = body["webhook_url"], ""
            self._answered(body)

    def _answered(self, body: Body) -> None:
        record = self.record
        record.line.withdraw(self._unanswered)
        record.answered_at = datetime.now(UTC)
        record.status = self.phase = Phase.ANSWERED
        self._answered_at = record.line.clock.now()
        limit = self._dial.get("time_limit_secs", LONGEST_CALL_SECS)
        record.line.put(EndsCall(_TIME_LIMIT), after=limit)
        self.reporter.tell("call.answered", start_time=iso(record.created_at))
        self._talk.begin(body)

    def _hung_up(self) -> CallOverError:
        side = _CALLER if self._outbound else _CALLEE
        if self.phase is Phase.ANSWERED:
            return CallOverError("normal_clearing", side, self._sip())
        return CallOverError("originator_cancel", side, "487")

    def _left(self) -> CallOverError:
        if self.phase is Phase.ANSWERED:
            side = _CALLEE if self._outbound else _CALLER
            return CallOverError("normal_clearing", side, self._sip())
        if self._outbound:
            cause, sip = REFUSED[Refusal.REJECTED]
            return CallOverError(cause, _CALLEE, sip)
        return _over(_GAVE_UP)

    def _sip(self) -> str:
        return "200" if self._outbound else _UNKNOWN

    def _finish(self, over: CallOverError) -> None:
        record = self.record
        was_answered = self.phase is Phase.ANSWERED
        self.phase = Phase.OVER
        self.ended_at = record.line.clock.now()
        record.ended_at = datetime.now(UTC)
        record.status = over.cause
        if was_answered:
            record.duration_secs = round(self.ended_at - self._answered_at)
            self._talk.end()
        self.reporter.tell(
            "call.hangup",
            hangup_cause=over.cause,
            hangup_source=over.source,
            sip_hangup_cause=over.sip,
            start_time=iso(record.created_at),
            end_time=iso(record.ended_at),
            call_quality_stats=None,
        )
        if self._transfer is not None:
            self._transfer.end()


def _over(why: str) -> CallOverError:
    match why:
        case "timeout":
            return CallOverError(_TIMEOUT, sip="487")
        case "time_limit":
            return CallOverError(_TIME_LIMIT, sip="200")
        case "the other one left":
            return CallOverError("normal_clearing", _CALLEE, "200")
        case "the caller gave up":
            return CallOverError("originator_cancel", _CALLER, "487")
    return CallOverError(_UNKNOWN)
