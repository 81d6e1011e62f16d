"""One call at the simulated Twilio: its words for what happens, and its status reports."""

from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from chalicelib.overriding import override
from moltis.carriers.courier import Delivery
from moltis.carriers.document_call import ApiAccount, CallOrder, DocumentCall, End
from moltis.carriers.document_runner import CallOverError, Desk, Source
from moltis.carriers.exchange import Pairs
from moltis.carriers.faults import Faults
from moltis.carriers.record import SimulatedCall
from moltis.carriers.twilio_runner import OK, TwilioRunner
from moltis.carriers.twilio_webhooks import EVENTS, signed_request, status_form, voice_form

LONGEST_RING_SECS: Final = 600
LONGEST_CALL_SECS: Final = 14400

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


class TwilioCall(DocumentCall[TwilioOrder]):
    """A call of the simulated Twilio."""

    def __init__(
        self, record: SimulatedCall, account: ApiAccount, order: TwilioOrder, faults: Faults
    ) -> None:
        super().__init__(record, account, order, faults)
        self._sequence = 0

    @override
    def _over(self, end: End) -> CallOverError:
        if self.record.answered_at is not None:
            return CallOverError("completed", OK)
        return CallOverError(*_UNANSWERED[end])

    @override
    def _runner(self, desk: Desk) -> TwilioRunner:
        return TwilioRunner(desk)

    @override
    def _document_request(self, source: Source) -> Delivery:
        form = voice_form(self.record, self.account.name, *source.fields)
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
