"""One call at the simulated Twilio: dials or arrives, is answered or not, talks, ends."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, NoReturn
from uuid import uuid4

from moltis.carriers.attention import Attention, FarEndLeftError, OrderedError
from moltis.carriers.courier import Courier, Delivery, DeliveryError, deliver
from moltis.carriers.exchange import Pairs
from moltis.carriers.faults import Faults
from moltis.carriers.line import EndsCall, HangsUp, PicksUp, Refusal, Refuses
from moltis.carriers.record import Direction, SimulatedCall, Webhook
from moltis.carriers.twilio_runner import CallOverError, Desk, Runner, Source, TakesDocument
from moltis.carriers.twilio_webhooks import (
    ENDED,
    EVENTS,
    signed_request,
    status_form,
    voice_form,
)

SETUP_SECS: Final = 0.5
"""From dialling until it rings; who is busy says so before."""
LONGEST_RING_SECS: Final = 600
LONGEST_CALL_SECS: Final = 14400

_REFUSED: Final = {
    Refusal.BUSY: ("busy", "486"),
    Refusal.REJECTED: ("no-answer", "603"),
    Refusal.FAILED: ("failed", "404"),
}
_STOPPED: Final = "the simulation stops"
_CANCELED: Final = "canceled"


class NotInProgressError(Exception):
    """The call is not in the state that is needed for what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioOrder:
    """What was asked for when the call was made, or is set for the number that is called."""

    document: Source
    fallback: Source | None = None
    status_url: str = ""
    status_method: str = "POST"
    status_events: frozenset[str] = frozenset({"completed"})
    ring_secs: int = 60
    longest_secs: int = LONGEST_CALL_SECS
    send_digits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """Who the calls belong to."""

    account_sid: str
    auth_token: str


class TwilioCall:
    """The carrier's side of one call; its own thread carries it out, others send it orders."""

    def __init__(
        self, record: SimulatedCall, account: TwilioAccount, order: TwilioOrder, faults: Faults
    ) -> None:
        self.record = record
        self.account = account
        self._order = order
        self._faults = faults
        self._attention = Attention(record.line)
        self._answered_at = 0.0
        self._sequence = 0
        self._silent = False
        self._courier = Courier(f"{record.sid}-status", out_of_order=faults.out_of_order)
        self._thread = threading.Thread(target=self._run, name=record.sid, daemon=True)

    def start(self) -> None:
        """Let it begin."""
        self._thread.start()

    def take_document(self, source: Source) -> None:
        """Leave what is going on, and carry out the document of *source*.

        Raises:
            NotInProgressError: nobody talks yet, or any more.
        """
        if self.record.status != "in-progress":
            raise NotInProgressError
        self.record.line.put(TakesDocument(source))

    def end(self, *, even_if_answered: bool) -> None:
        """End the call; a call that is talking already only if *even_if_answered*.

        Raises:
            NotInProgressError: it is over.
        """
        if self.record.status in ENDED:
            raise NotInProgressError
        if even_if_answered or self.record.answered_at is None:
            self.record.line.put(EndsCall(_CANCELED))

    def stop(self) -> None:
        """Break off without another word to anybody."""
        self._silent = True
        self.record.line.put(EndsCall(_STOPPED))

    def join(self) -> None:
        """Wait until nothing of it is left."""
        self._thread.join()
        self._attention.join()

    def _run(self) -> None:
        far_end = self.record.far_end
        try:
            over = self._course()
            self._finish(over)
            far_end.ended(over.status)
            if not self._silent:
                self._report(over.status, over.sip_code)
        finally:
            self._courier.finish()
            self.record.over.set()

    def _course(self) -> CallOverError:
        try:
            if self.record.direction is Direction.OUTBOUND:
                self._dial()
            else:
                self.record.status = "ringing"
            self._talk()
        except CallOverError as over:
            return over
        except FarEndLeftError:
            return self._left(unanswered="no-answer")
        except OrderedError:
            # Either side of the gateway ended it, or the time was over.
            return self._left(unanswered="canceled")

    def _left(self, *, unanswered: str) -> CallOverError:
        if self.record.answered_at is None:
            return CallOverError(unanswered, "487")
        return CallOverError("completed", "200")

    def _dial(self) -> None:
        self._reach("initiated")
        self.record.far_end.rings(self.record.from_number, self.record.to_number)
        answered = self._ring(SETUP_SECS)
        self._reach("ringing")
        if not answered and not self._ring(self._order.ring_secs):
            raise CallOverError("no-answer", "487")
        self._pick_up()

    def _ring(self, seconds: float) -> bool:
        line = self.record.line
        end = line.clock.now() + seconds
        while True:
            signal = line.wait(end - line.clock.now())
            match signal:
                case None:
                    return False
                case PicksUp():
                    return True
                case Refuses(reason=reason):
                    raise CallOverError(*_REFUSED[reason])
                case HangsUp():
                    raise CallOverError(*_REFUSED[Refusal.REJECTED])
                case EndsCall():
                    raise OrderedError(signal)

    def _pick_up(self) -> None:
        if self.record.answered_at is not None:
            return
        self.record.answered_at = datetime.now(UTC)
        self._answered_at = self.record.line.clock.now()
        self.record.line.put(EndsCall("the time limit"), after=self._order.longest_secs)
        self._reach("in-progress")
        self.record.far_end.connected()

    def _talk(self) -> NoReturn:
        runner = Runner(
            Desk(
                call=self.record,
                attention=self._attention,
                request=self._document_request,
                pick_up=self._pick_up,
                fallback=self._order.fallback,
                times=self._times,
            )
        )
        if self._order.send_digits:
            runner.send_digits(self._order.send_digits)
        runner.run(self._order.document)

    def _document_request(self, source: Source) -> Delivery:
        form = voice_form(self.record, self.account.account_sid, *source.fields)
        return self._signed(source.url, source.method, form)

    def _signed(self, url: str, method: str, form: Pairs) -> Delivery:
        token = str(uuid4())
        return signed_request(self.account.auth_token, url, form, method=method, token=token)

    def _times(self) -> int:
        return 2 if self._faults.duplicates else 1

    def _finish(self, over: CallOverError) -> None:
        record = self.record
        record.ended_at = datetime.now(UTC)
        if record.answered_at is not None:
            record.duration_secs = round(record.line.clock.now() - self._answered_at)
        record.status = over.status

    def _reach(self, status: str) -> None:
        self.record.status = status
        self._report(status, "")

    def _report(self, status: str, sip_code: str) -> None:
        order = self._order
        if not order.status_url or EVENTS.get(status, "completed") not in order.status_events:
            return
        form = status_form(self.record, self.account.account_sid, status, self._sequence, sip_code)
        self._sequence += 1
        self.record.statuses.append(status)
        request = self._signed(order.status_url, order.status_method, form)
        for _ in range(self._times()):
            self._courier.take(partial(self._deliver, request, form))

    def _deliver(self, request: Delivery, form: Pairs) -> None:
        if self._silent:
            return
        try:
            answer = deliver(request)
            status, body = answer.status, answer.body.decode(errors="replace")
        except DeliveryError as error:
            status, body = 0, str(error)
        self.record.reports.append(Webhook(url=request.url, form=form, status=status, body=body))
        if not 200 <= status < 300:  # noqa: PLR2004  # the range of success
            name = dict(form)["CallStatus"]
            self.record.alerts.append(f"the status {name!r} was answered with {status}: {body}")
