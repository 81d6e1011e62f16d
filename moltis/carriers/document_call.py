"""One call at a carrier that asks for documents: dials or arrives, is answered, talks, ends."""

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import Final, Generic, NoReturn, TypeVar

from moltis.carriers.attention import Attention, FarEndLeftError, OrderedError
from moltis.carriers.courier import Courier, Delivery, DeliveryError, deliver
from moltis.carriers.document_runner import CallOverError, Desk, Runner, Source, TakesDocument
from moltis.carriers.exchange import Pairs
from moltis.carriers.faults import Faults
from moltis.carriers.line import EndsCall, HangsUp, PicksUp, Refusal, Refuses
from moltis.carriers.record import Direction, SimulatedCall, Webhook

SETUP_SECS: Final = 0.5
"""From dialling until it rings; who is busy says so before."""


class End(StrEnum):
    """How a call can end without a document that says so."""

    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"
    NO_ANSWER = "no answer"
    FAR_END = "the far end hung up"
    ORDERED = "our own side hung up"
    TIME_LIMIT = "the time limit"


_REFUSED: Final = {
    Refusal.BUSY: End.BUSY,
    Refusal.REJECTED: End.REJECTED,
    Refusal.FAILED: End.FAILED,
}


class NotInProgressError(Exception):
    """The call is not in the state that is needed for what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiAccount:
    """Who calls belong to, by the name and the token that its requests bear.

    It is the same one with another token: tokens are replaced while calls run.
    """

    name: str
    auth_token: str = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOrder:
    """What was asked for when the call was made, or is set for the number that is called."""

    document: Source
    fallback: Source | None = None
    ring_secs: int
    longest_secs: int
    send_digits: str = ""


OrderT = TypeVar("OrderT", bound=CallOrder)


class DocumentCall(ABC, Generic[OrderT]):
    """The carrier's side of one call; its own thread carries it out, others send it orders."""

    def __init__(
        self, record: SimulatedCall, account: ApiAccount, order: OrderT, faults: Faults
    ) -> None:
        self.record = record
        self.account = account
        self._order = order
        self._faults = faults
        self._attention = Attention(record.line)
        self._answered_at = 0.0
        self._silent = False
        self._courier = Courier(f"{record.sid}-status", out_of_order=faults.out_of_order)
        self._thread = threading.Thread(target=self._run, name=record.sid, daemon=True)

    @abstractmethod
    def _over(self, end: End) -> CallOverError:
        """Say *end* in the carrier's words."""

    @abstractmethod
    def _runner(self, desk: Desk) -> Runner:
        """Make who carries out the documents."""

    @abstractmethod
    def _document_request(self, source: Source) -> Delivery:
        """Make the signed request for a document."""

    @abstractmethod
    def _report(self, status: str, code: str) -> None:
        """Tell whoever wants to know that the call has reached *status*."""

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
        if self.record.ended_at is not None:
            raise NotInProgressError
        if even_if_answered or self.record.answered_at is None:
            self.record.line.put(EndsCall(End.ORDERED))

    def stop(self) -> None:
        """Break off without another word to anybody."""
        self._silent = True
        self.record.line.put(EndsCall(End.ORDERED))

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
                self._report(over.status, over.code)
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
            return self._over(End.FAR_END)
        except OrderedError as error:
            # Either side of the gateway ended it, or the time was over.
            why = error.order.why if isinstance(error.order, EndsCall) else End.ORDERED
            return self._over(End(why))

    def _dial(self) -> None:
        self._reach("initiated")
        self.record.far_end.rings(self.record.from_number, self.record.to_number)
        answered = self._ring(SETUP_SECS)
        self._reach("ringing")
        if not answered and not self._ring(self._order.ring_secs):
            raise self._over(End.NO_ANSWER)
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
                    raise self._over(_REFUSED[reason])
                case HangsUp():
                    raise self._over(End.REJECTED)
                case EndsCall():
                    raise OrderedError(signal)

    def _pick_up(self) -> None:
        if self.record.answered_at is not None:
            return
        self.record.answered_at = datetime.now(UTC)
        self._answered_at = self.record.line.clock.now()
        self.record.line.put(EndsCall(End.TIME_LIMIT), after=self._order.longest_secs)
        self._reach("in-progress")
        self.record.far_end.connected()

    def _talk(self) -> NoReturn:
        runner = self._runner(
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

    def _send_report(self, status: str, request: Delivery, form: Pairs) -> None:
        self.record.statuses.append(status)
        for _ in range(self._times()):
            self._courier.take(partial(self._deliver, status, request, form))

    def _deliver(self, name: str, request: Delivery, form: Pairs) -> None:
        if self._silent:
            return
        try:
            answer = deliver(request)
            status, body = answer.status, answer.body.decode(errors="replace")
        except DeliveryError as error:
            status, body = 0, str(error)
        self.record.reports.append(Webhook(url=request.url, form=form, status=status, body=body))
        if not 200 <= status < 300:  # noqa: PLR2004  # the range of success
            self.record.alerts.append(f"the status {name!r} was answered with {status}: {body}")
