"""One call at the simulated Plivo: its words for what happens, and its reports."""

from dataclasses import dataclass
from threading import Timer
from typing import Final

from chalicelib.overriding import override
from moltis.carriers.answering_machine import MACHINE_SECS
from moltis.carriers.courier import Delivery
from moltis.carriers.document_call import CallOrder, DocumentCall, End
from moltis.carriers.document_runner import CallOverError, Desk, Source
from moltis.carriers.plivo_runner import NORMAL, PlivoRunner
from moltis.carriers.plivo_webhooks import call_form, hangup_form, signed_request

DEFAULT_RING_SECS: Final = 120
DEFAULT_CALL_SECS: Final = 14400
LONGEST_CALL_SECS: Final = 86400

_EVENTS: Final = {"action": "GetInput", "redirect": "Redirect", "transfer": "Redirect"}
_SCHEDULED: Final = "6000"
_UNANSWERED: Final = {
    End.BUSY: ("busy", "3010"),
    End.REJECTED: ("busy", "3020"),
    End.FAILED: ("failed", "3050"),
    End.NO_ANSWER: ("timeout", "6010"),
    End.FAR_END: ("no-answer", "1000"),
    End.ORDERED: ("no-answer", "1000"),
    End.TIME_LIMIT: ("no-answer", "1000"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """An address, and how to ask it."""

    url: str = ""
    method: str = "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlivoOrder(CallOrder):
    """What was asked for, and who is to be told."""

    ring_secs: int = DEFAULT_RING_SECS
    longest_secs: int = DEFAULT_CALL_SECS
    ring: Callback = Callback()
    hangup: Callback = Callback()
    machine: Callback = Callback()
    """Who is told of an answering machine; nobody looks for one without an address."""


class PlivoCall(DocumentCall[PlivoOrder]):
    """A call of the simulated Plivo."""

    code = ""
    """Plivo's number for how it ended."""
    _detection: Timer | None = None

    @override
    def _over(self, end: End) -> CallOverError:
        if self.record.answered_at is None:
            return CallOverError(*_UNANSWERED[end])
        return CallOverError("completed", _SCHEDULED if end is End.TIME_LIMIT else NORMAL)

    @override
    def _runner(self, desk: Desk) -> PlivoRunner:
        return PlivoRunner(desk)

    @override
    def _document_request(self, source: Source) -> Delivery:
        event = _EVENTS.get(source.purpose, "StartApp")
        form = call_form(self.record, self.account.name, event, *source.fields)
        return signed_request(self.account.auth_token, source.url, form, method=source.method)

    @override
    def _pick_up(self) -> None:
        fresh = self.record.answered_at is None
        super()._pick_up()
        if fresh and self._order.machine.url and self.record.far_end.is_machine:
            # The documents go on meanwhile.
            self._detection = Timer(self.record.line.clock.real(MACHINE_SECS), self._tell_machine)
            self._detection.start()

    def _tell_machine(self) -> None:
        to, fields = self._order.machine, (("Machine", "true"), ("IfMachine", "continue"))
        form = call_form(self.record, self.account.name, "MachineDetection", *fields)
        request = signed_request(self.account.auth_token, to.url, form, method=to.method)
        self._send_report("machine", request, form)

    @override
    def _finish(self, over: CallOverError) -> None:
        if self._detection is not None:
            self._detection.cancel()
            self._detection.join()
        super()._finish(over)

    @override
    def _report(self, status: str, code: str) -> None:
        record, account = self.record, self.account
        self.code = code
        if code:
            to, form = self._order.hangup, hangup_form(record, account.name, code)
        elif status == "ringing":
            to, form = self._order.ring, call_form(record, account.name, "Ring")
        else:
            return
        if to.url:
            request = signed_request(account.auth_token, to.url, form, method=to.method)
            self._send_report(status, request, form)
