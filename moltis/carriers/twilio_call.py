"""One call at the simulated Twilio: its words for what happens, and its status reports."""

from dataclasses import dataclass
from typing import Final, NoReturn
from uuid import uuid4

from chalicelib.overriding import override
from moltis.carriers.answering_machine import MACHINE_SECS, PERSON_SECS
from moltis.carriers.attention import Ear
from moltis.carriers.courier import Delivery
from moltis.carriers.document_call import ApiAccount, CallOrder, DocumentCall, End
from moltis.carriers.document_runner import CallOverError, Desk, Source
from moltis.carriers.exchange import Pairs
from moltis.carriers.faults import Faults
from moltis.carriers.line import speaking_time
from moltis.carriers.record import Direction, SimulatedCall
from moltis.carriers.twilio_runner import OK, TwilioRunner
from moltis.carriers.twilio_webhooks import EVENTS, signed_request, status_form, voice_form

LONGEST_RING_SECS: Final = 600
LONGEST_CALL_SECS: Final = 14400
DETECTIONS: Final = ("Enable", "DetectMessageEnd")
DETECTION_SECS: Final = 30.0
"""So long Twilio tries to find out who answered, unless it is told another limit."""
_SILENCE_SECS: Final = 2.4
"""After so much of it a greeting has ended."""

_UNANSWERED: Final = {
    End.BUSY: ("busy", "486"),
    End.REJECTED: ("no-answer", "603"),
    End.FAILED: ("failed", "404"),
    End.NO_ANSWER: ("no-answer", "487"),
    End.FAR_END: ("no-answer", "487"),
    End.ORDERED: ("canceled", "487"),
    End.TIME_LIMIT: ("canceled", "487"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioOrder(CallOrder):
    """What was asked for, and which states are to be reported."""

    ring_secs: int = 60
    longest_secs: int = LONGEST_CALL_SECS
    status_url: str = ""
    status_method: str = "POST"
    status_events: frozenset[str] = frozenset({"completed"})
    machine_detection: str = ""
    """Empty, or one of `DETECTIONS`; nothing is asked of the gateway before the result."""


class TwilioCall(DocumentCall[TwilioOrder]):
    """A call of the simulated Twilio."""

    def __init__(
        self, record: SimulatedCall, account: ApiAccount, order: TwilioOrder, faults: Faults
    ) -> None:
        super().__init__(record, account, order, faults)
        self._sequence = 0
        self.answered_by = ""
        """Who has answered, in Twilio's word, if that was to be found out."""

    @override
    def _over(self, end: End) -> CallOverError:
        if self.record.answered_at is not None:
            return CallOverError("completed", OK)
        return CallOverError(*_UNANSWERED[end])

    @override
    def _talk(self) -> NoReturn:
        if self._order.machine_detection and self.record.direction is Direction.OUTBOUND:
            self.answered_by = self._detect()
        super()._talk()

    def _detect(self) -> str:
        if not self.record.far_end.is_machine:
            self._attention.pass_time(PERSON_SECS)
            return "human"
        greeting = Ear(speech=True, keys=False)
        if not self._attention.pass_time(DETECTION_SECS, greeting):
            return "unknown"
        seconds = speaking_time(greeting.words[-1])
        if self._order.machine_detection == "Enable":
            self._attention.pass_time(min(seconds, MACHINE_SECS))
            return "machine_start"
        tone = Ear(speech=False, keys=False, tone=True)
        beeped = self._attention.pass_time(seconds + _SILENCE_SECS, tone)
        return "machine_end_beep" if beeped else "machine_end_silence"

    @override
    def _runner(self, desk: Desk) -> TwilioRunner:
        return TwilioRunner(desk)

    @override
    def _document_request(self, source: Source) -> Delivery:
        fields = source.fields
        if self.answered_by and source is self._order.document:
            fields = (*fields, ("AnsweredBy", self.answered_by))
        form = voice_form(self.record, self.account.name, *fields)
        return self._signed(source.url, source.method, form)

    @override
    def _report(self, status: str, code: str) -> None:
        order = self._order
        if not order.status_url or EVENTS.get(status, "completed") not in order.status_events:
            return
        form = status_form(self.record, self.account.name, status, self._sequence, code)
        self._sequence += 1
        request = self._signed(order.status_url, order.status_method, form)
        self._send_report(status, request, form)

    def _signed(self, url: str, method: str, form: Pairs) -> Delivery:
        token = str(uuid4())
        return signed_request(self.account.auth_token, url, form, method=method, token=token)
