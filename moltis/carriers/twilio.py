"""The simulated Twilio: accounts, calls, and the way to them."""

import threading
from typing import ClassVar
from uuid import uuid4

from chalicelib.overriding import override
from moltis.carriers.carrier import Carrier
from moltis.carriers.exchange import Request, Response
from moltis.carriers.far_end import FarEnd
from moltis.carriers.line import Line
from moltis.carriers.network import Network, OwnedNumber
from moltis.carriers.record import Direction, SimulatedCall
from moltis.carriers.twilio_call import TwilioAccount, TwilioCall, TwilioOrder
from moltis.carriers.twilio_rest import TwilioRest
from moltis.carriers.twilio_runner import Source


class SimulatedTwilio(Carrier):
    """A Twilio of our own, which knows no telephones but those of the simulated network."""

    name: ClassVar[str] = "twilio"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self._calls: dict[str, TwilioCall] = {}
        self._lock = threading.Lock()
        self._rest = TwilioRest(self)

    @property
    @override
    def calls(self) -> tuple[SimulatedCall, ...]:
        return tuple(call.record for call in self.live_and_past())

    @override
    def handle(self, request: Request) -> Response:
        return self._rest.handle(request)

    @override
    def dial_in(self, from_number: str, number: OwnedNumber, far_end: FarEnd) -> SimulatedCall:
        order = TwilioOrder(
            document=Source(url=number.voice_url),
            # For a number, Twilio reports the end of a call and nothing before.
            status_url=number.status_url,
        )
        record = self._record(Direction.INBOUND, (from_number, number.number), number, far_end)
        return self._begin(record, _account(number), order)

    @override
    def stop(self) -> None:
        self.stopped.set()
        calls = self.live_and_past()
        for call in calls:
            call.stop()
        for call in calls:
            call.join()

    def account(self, account_sid: str) -> TwilioAccount | None:
        """The account called *account_sid*."""
        for number in self.network.numbers:
            if number.carrier == self.name and number.credentials["account_sid"] == account_sid:
                return _account(number)
        return None

    def number(self, account_sid: str, number: str) -> OwnedNumber | None:
        """Our *number*, if it belongs to *account_sid*."""
        for owned in self.network.numbers:
            if owned.number == number and owned.credentials.get("account_sid") == account_sid:
                return owned
        return None

    def dial(self, from_number: OwnedNumber, to_number: str, order: TwilioOrder) -> SimulatedCall:
        """Call *to_number* and show *from_number*, as *order* says."""
        far_end = self.network.far_end(to_number)
        parties = (from_number.number, to_number)
        record = self._record(Direction.OUTBOUND, parties, from_number, far_end)
        return self._begin(record, _account(from_number), order)

    def call(self, account_sid: str, sid: str) -> TwilioCall | None:
        """The call *sid*, if it belongs to *account_sid*."""
        with self._lock:
            call = self._calls.get(sid)
        return call if call is not None and call.account.account_sid == account_sid else None

    def live_and_past(self) -> tuple[TwilioCall, ...]:
        """Every call there was, oldest first."""
        with self._lock:
            return tuple(self._calls.values())

    def _record(
        self, direction: Direction, parties: tuple[str, str], owner: OwnedNumber, far_end: FarEnd
    ) -> SimulatedCall:
        return SimulatedCall(
            carrier=self.name,
            account_id=owner.account_id,
            sid=f"CA{uuid4().hex}",
            direction=direction,
            from_number=parties[0],
            to_number=parties[1],
            far_end=far_end,
            line=Line(self.clock, far_end),
            status="queued" if direction is Direction.OUTBOUND else "ringing",
        )

    def _begin(
        self, record: SimulatedCall, account: TwilioAccount, order: TwilioOrder
    ) -> SimulatedCall:
        call = TwilioCall(record, account, order, self.faults)
        with self._lock:
            self._calls[record.sid] = call
        call.start()
        if self.stopped.is_set():
            call.stop()
        return record


def _account(number: OwnedNumber) -> TwilioAccount:
    return TwilioAccount(
        account_sid=number.credentials["account_sid"],
        auth_token=number.credentials["auth_token"],
    )
