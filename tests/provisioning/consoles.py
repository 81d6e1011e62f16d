"""The consoles of three carriers, each with an account that was never set up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import requests

from chalicelib.provisioning.base import Addresses, Console
from chalicelib.provisioning.registry import CONSOLES, open_console
from moltis.carriers.network import OwnedNumber
from moltis.carriers.server import SimulatedCarriers

NUMBER: Final = "+15551234567"
OTHER_NUMBER: Final = "+15557654321"
NEVER_OURS: Final = "+15550000000"
ADDRESSES: Final = Addresses(
    answer="https://phone.example.com/api/channels/telephony/main/answer",
    status="https://phone.example.com/api/channels/telephony/main/status",
)
NAMES: Final = list(CONSOLES)
MADE_LATER: Final = {"telnyx": ("connection_id", "public_key")}
"""What setting up finds out or makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A simulated carrier, and an account there with one blank number."""

    name: str
    carriers: SimulatedCarriers
    credentials: dict[str, str] = field(default_factory=dict)

    @classmethod
    def blank(cls, name: str, carriers: SimulatedCarriers) -> "Stage":
        made = dict(carriers.carriers[name].new_credentials())
        for key in MADE_LATER.get(name, ()):
            made.pop(key)
        stage = cls(name=name, carriers=carriers, credentials=made)
        stage.own(NUMBER)
        return stage

    def own(self, number: str, **facts: Any) -> OwnedNumber:
        """Give the account one more number, with nothing set about it."""
        owned = OwnedNumber(
            carrier=self.name,
            account_id=self.name,
            number=number,
            voice_url="",
            credentials=dict(self.credentials),
        )
        self.carriers.network.own(replace(owned, **facts))
        return owned

    def console(self, **other: str) -> Console:
        base = self.carriers.base_url(self.name)
        return open_console(self.name, self.credentials | other, api_base_url=base)

    def settled(self, number: str = NUMBER) -> Mapping[str, str]:
        """Connect *number*, and keep what came of it, as whoever sets it up does."""
        made = self.console().connect(number, ADDRESSES)
        self.credentials.update(made)
        return made

    def ask(self, method: str, path: str, **content: Any) -> requests.Response:
        """Do something by hand, as an owner does in the carrier's web page."""
        with requests.Session() as session:
            session.trust_env = False
            session.auth = _AUTH[self.name](self.credentials)
            url = self.carriers.base_url(self.name) + path
            answer = session.request(method, url, timeout=10, **content)
        assert answer.ok, answer.text
        return answer


def _bearer(credentials: Mapping[str, str]) -> Any:
    def show(request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {credentials['api_key']}"
        return request

    return show


_AUTH: Final[Mapping[str, Callable[[Mapping[str, str]], Any]]] = {
    "twilio": lambda own: (own["account_sid"], own["auth_token"]),
    "telnyx": _bearer,
    "plivo": lambda own: (own["auth_id"], own["auth_token"]),
}
