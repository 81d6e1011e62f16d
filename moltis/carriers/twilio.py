"""The simulated Twilio."""

import secrets
from collections.abc import Mapping
from typing import ClassVar
from uuid import uuid4

from chalicelib.overriding import override
from moltis.carriers.document_call import ApiAccount
from moltis.carriers.document_carrier import DocumentCarrier
from moltis.carriers.exchange import Request, Response
from moltis.carriers.holdings import Holdings
from moltis.carriers.network import Network, OwnedNumber
from moltis.carriers.record import SimulatedCall
from moltis.carriers.twilio_call import TwilioCall, TwilioOrder
from moltis.carriers.twilio_numbers import TwilioNumber
from moltis.carriers.twilio_rest import TwilioRest


class SimulatedTwilio(DocumentCarrier[TwilioCall, TwilioOrder]):
    """A Twilio of our own."""

    name: ClassVar[str] = "twilio"
    account_key: ClassVar[str] = "account_sid"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        self.console = Holdings(TwilioNumber.adopted)
        """What stands there about each number."""
        self._rest = TwilioRest(self)

    @override
    def new_credentials(self) -> Mapping[str, str]:
        return {"account_sid": f"AC{secrets.token_hex(16)}", "auth_token": secrets.token_hex(16)}

    @override
    def handle(self, request: Request) -> Response:
        return self._rest.handle(request)

    @override
    def _order_of(self, number: OwnedNumber) -> TwilioOrder:
        return self.console.of(number).order

    @override
    def _call(self, record: SimulatedCall, account: ApiAccount, order: TwilioOrder) -> TwilioCall:
        return TwilioCall(record, account, order, self.faults)

    @override
    def _new_id(self) -> str:
        return f"CA{uuid4().hex}"
