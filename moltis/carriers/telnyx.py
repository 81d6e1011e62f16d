"""The simulated Telnyx: numbers, calls, and the way to them."""

import secrets
import threading
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import uuid4

from nacl.signing import SigningKey

from chalicelib.overriding import override
from moltis.carriers.carrier import Carrier
from moltis.carriers.exchange import Request, Response
from moltis.carriers.far_end import FarEnd
from moltis.carriers.line import Line
from moltis.carriers.network import Network, OwnedNumber
from moltis.carriers.record import Direction, SimulatedCall
from moltis.carriers.telnyx_call import Phase, TelnyxCall
from moltis.carriers.telnyx_console import TelnyxApplication, TelnyxConsole
from moltis.carriers.telnyx_events import Leg, Reporter
from moltis.carriers.telnyx_rest import TelnyxRest
from moltis.carriers.telnyx_webhooks import Mailbox, public_key


class SimulatedTelnyx(Carrier):
    """A Telnyx of our own, which knows no telephones but those of the simulated network.

    A number's credentials are `api_key` and `connection_id`, which names its application; all
    events go to the application's address, unless the call has one of its own.
    """

    name: ClassVar[str] = "telnyx"
    made_later: ClassVar[frozenset[str]] = frozenset({"connection_id", "public_key"})

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.signing_key = SigningKey.generate()
        """What events are signed with; it may be replaced while calls run."""
        self._calls: dict[str, TelnyxCall] = {}
        self._lock = threading.Lock()
        self.console = TelnyxConsole(self.numbers_of)
        """What stands there about numbers and applications."""
        self._rest = TelnyxRest(self)

    @property
    def public_key(self) -> str:
        """What the signatures of all events are verified with: Base64, as in the portal."""
        return public_key(self.signing_key)

    @override
    def new_credentials(self) -> Mapping[str, str]:
        return {
            "api_key": f"KEY{secrets.token_hex(16)}",
            "connection_id": str(secrets.randbelow(10**18)),
            "public_key": self.public_key,
        }

    @property
    @override
    def calls(self) -> tuple[SimulatedCall, ...]:
        return tuple(call.record for call in self.live_and_past())

    @override
    def handle(self, request: Request) -> Response:
        return self._rest.handle(request)

    @override
    def dial_in(self, from_number: str, number: OwnedNumber, far_end: FarEnd) -> SimulatedCall:
        parties = (from_number, number.number)
        record = self._record(Direction.INBOUND, parties, number, far_end)
        return self._begin(record, self.console.application_of(number), {}).record

    @override
    def stop(self) -> None:
        self.stopped.set()
        calls = self.live_and_past()
        for call in calls:
            call.stop()
        for call in calls:
            call.join()

    @property
    def numbers(self) -> tuple[OwnedNumber, ...]:
        """Our numbers at this carrier."""
        return tuple(number for number in self.network.numbers if number.carrier == self.name)

    def numbers_of(self, api_key: str) -> tuple[OwnedNumber, ...]:
        """Our numbers that belong to the account with *api_key*."""
        return tuple(one for one in self.numbers if one.credentials["api_key"] == api_key)

    def number(self, api_key: str, number: str) -> OwnedNumber | None:
        """Our *number*, if it belongs to the account with *api_key*."""
        return next((one for one in self.numbers_of(api_key) if one.number == number), None)

    def dial(self, from_number: OwnedNumber, body: Mapping[str, Any]) -> TelnyxCall:
        """Place a call from *from_number* as *body*, which was checked, asks for it."""
        far_end = self.network.far_end(body["to"])
        parties = (from_number.number, body["to"])
        record = self._record(Direction.OUTBOUND, parties, from_number, far_end)
        api_key, connection_id = from_number.credentials["api_key"], body["connection_id"]
        return self._begin(record, self.console.application(api_key, connection_id), body)

    def call(self, api_key: str, call_control_id: str) -> TelnyxCall | None:
        """The call *call_control_id*, if it belongs to the account with *api_key*."""
        with self._lock:
            call = self._calls.get(call_control_id)
        if call is None:
            return None
        accounts = {number.account_id for number in self.numbers_of(api_key)}
        return call if call.record.account_id in accounts else None

    def live_and_past(self) -> tuple[TelnyxCall, ...]:
        """Every call there was, oldest first."""
        with self._lock:
            return tuple(self._calls.values())

    def _record(
        self, direction: Direction, parties: tuple[str, str], owner: OwnedNumber, far_end: FarEnd
    ) -> SimulatedCall:
        phase = Phase.DIALLING if direction is Direction.OUTBOUND else Phase.PARKED
        return SimulatedCall(
            carrier=self.name,
            account_id=owner.account_id,
            sid=f"v3:{secrets.token_urlsafe(48)}",
            direction=direction,
            from_number=parties[0],
            to_number=parties[1],
            far_end=far_end,
            line=Line(self.clock, far_end),
            who_answers=self.network.far_end,
            status=phase,
        )

    def _begin(
        self, record: SimulatedCall, application: TelnyxApplication | None, body: Mapping[str, Any]
    ) -> TelnyxCall:
        leg = Leg(
            call_control_id=record.sid,
            call_leg_id=str(uuid4()),
            call_session_id=str(uuid4()),
            connection_id=application.connection_id if application else "",
        )
        mailbox = Mailbox(record, lambda: self.signing_key, self.faults)
        reporter = Reporter(record, leg, mailbox)
        if "webhook_url" in body:
            reporter.url = body["webhook_url"]
        elif application is not None:
            reporter.url, reporter.failover_url = application.url, application.failover_url
        reporter.client_state = body.get("client_state")
        reporter.strange = self.faults.unknown_events
        call = TelnyxCall(record, reporter, mailbox, body)
        with self._lock:
            self._calls[record.sid] = call
        call.start()
        if self.stopped.is_set():
            call.stop()
        return call
