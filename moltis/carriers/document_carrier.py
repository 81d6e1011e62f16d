"""A carrier that asks for documents: its accounts, its calls, and the way to them."""

import threading
from abc import abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

from chalicelib.overriding import override
from moltis.carriers.carrier import Carrier
from moltis.carriers.document_call import ApiAccount, CallOrder, DocumentCall
from moltis.carriers.far_end import FarEnd
from moltis.carriers.line import Line
from moltis.carriers.network import Network, OwnedNumber
from moltis.carriers.record import Direction, SimulatedCall

CallT = TypeVar("CallT", bound=DocumentCall[Any])
OrderT = TypeVar("OrderT", bound=CallOrder)


class DocumentCarrier(Carrier, Generic[CallT, OrderT]):
    """A simulated carrier, which knows no telephones but those of the simulated network."""

    account_key: ClassVar[str]
    """Which of an account's credentials is its name."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._calls: dict[str, CallT] = {}
        self._lock = threading.Lock()

    @abstractmethod
    def _order_of(self, number: OwnedNumber) -> OrderT:
        """What is to be done when our *number* is called."""

    @abstractmethod
    def _call(self, record: SimulatedCall, account: ApiAccount, order: OrderT) -> CallT:
        """Make a call that has not begun."""

    @abstractmethod
    def _new_id(self) -> str:
        """Invent the id of a call."""

    @property
    @override
    def calls(self) -> tuple[SimulatedCall, ...]:
        return tuple(call.record for call in self.live_and_past())

    @override
    def dial_in(self, from_number: str, number: OwnedNumber, far_end: FarEnd) -> SimulatedCall:
        record = self._record(Direction.INBOUND, (from_number, number.number), number, far_end)
        return self._begin(record, self._account(number), self._order_of(number)).record

    @override
    def stop(self) -> None:
        self.stopped.set()
        calls = self.live_and_past()
        for call in calls:
            call.stop()
        for call in calls:
            call.join()

    def account(self, name: str) -> ApiAccount | None:
        """The account called *name*."""
        for number in self.network.numbers:
            if number.carrier == self.name and number.credentials[self.account_key] == name:
                return self._account(number)
        return None

    def number(self, account: ApiAccount, number: str) -> OwnedNumber | None:
        """Our *number*, if it belongs to *account*."""
        for owned in self.network.numbers:
            if owned.number == number and owned.credentials.get(self.account_key) == account.name:
                return owned
        return None

    def numbers_of(self, account: ApiAccount) -> tuple[OwnedNumber, ...]:
        """Our numbers that belong to *account*."""
        return tuple(
            owned
            for owned in self.network.numbers
            if owned.carrier == self.name and owned.credentials[self.account_key] == account.name
        )

    def dial(self, from_number: OwnedNumber, to_number: str, order: OrderT) -> CallT:
        """Call *to_number* and show *from_number*, as *order* says."""
        far_end = self.network.far_end(to_number)
        parties = (from_number.number, to_number)
        record = self._record(Direction.OUTBOUND, parties, from_number, far_end)
        return self._begin(record, self._account(from_number), order)

    def call(self, account: ApiAccount, call_id: str) -> CallT | None:
        """The call *call_id*, if it belongs to *account*."""
        with self._lock:
            call = self._calls.get(call_id)
        return call if call is not None and call.account == account else None

    def live_and_past(self) -> tuple[CallT, ...]:
        """Every call there was, oldest first."""
        with self._lock:
            return tuple(self._calls.values())

    def _account(self, number: OwnedNumber) -> ApiAccount:
        credentials = number.credentials
        return ApiAccount(name=credentials[self.account_key], auth_token=credentials["auth_token"])

    def _record(
        self, direction: Direction, parties: tuple[str, str], owner: OwnedNumber, far_end: FarEnd
    ) -> SimulatedCall:
        return SimulatedCall(
            carrier=self.name,
            account_id=owner.account_id,
            sid=self._new_id(),
            direction=direction,
            from_number=parties[0],
            to_number=parties[1],
            far_end=far_end,
            line=Line(self.clock, far_end),
            who_answers=self.network.far_end,
            status="queued" if direction is Direction.OUTBOUND else "ringing",
        )

    def _begin(self, record: SimulatedCall, account: ApiAccount, order: OrderT) -> CallT:
        call = self._call(record, account, order)
        with self._lock:
            self._calls[record.sid] = call
        call.start()
        if self.stopped.is_set():
            call.stop()
        return call
