"""The simulated Plivo."""

import secrets
from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

from chalicelib.overriding import override
from moltis.carriers.document_call import ApiAccount
from moltis.carriers.document_carrier import DocumentCarrier
from moltis.carriers.exchange import Request, Response
from moltis.carriers.network import Network, OwnedNumber
from moltis.carriers.plivo_call import PlivoCall, PlivoOrder
from moltis.carriers.plivo_console import PlivoConsole
from moltis.carriers.plivo_rest import PlivoRest
from moltis.carriers.record import SimulatedCall


class SimulatedPlivo(DocumentCarrier[PlivoCall, PlivoOrder]):
    """A Plivo of our own."""

    name: ClassVar[str] = "plivo"
    account_key: ClassVar[str] = "auth_id"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.console = PlivoConsole()
        """What stands there about numbers and applications."""
        self._rest = PlivoRest(self)

    @override
    def new_credentials(self) -> Mapping[str, str]:
        auth_id = f"MA{secrets.token_hex(9).upper()}"
        return {"auth_id": auth_id, "auth_token": secrets.token_hex(20)}

    @override
    def handle(self, request: Request) -> Response:
        return self._rest.handle(request)

    @override
    def _order_of(self, number: OwnedNumber) -> PlivoOrder:
        return self.console.order(number)

    @override
    def _call(self, record: SimulatedCall, account: ApiAccount, order: PlivoOrder) -> PlivoCall:
        return PlivoCall(record, account, order, self.faults)

    @override
    def _new_id(self) -> str:
        return str(uuid4())
