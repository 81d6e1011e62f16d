"""The vendors' own libraries, speaking to the simulated carriers."""

from typing import Any
from urllib.parse import urlsplit

import plivo
import requests
from requests.adapters import HTTPAdapter
from telnyx import Telnyx
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from chalicelib.overriding import override
from moltis.carriers.server import SimulatedCarriers
from tests.carriers.plivo_stage import AUTH_ID, AUTH_TOKEN
from tests.carriers.stage import SID, TOKEN
from tests.carriers.telnyx_stage import API_KEY


class Diverted(HTTPAdapter):
    """Has requests go to another server; the libraries know no addresses but their own."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    @override
    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        address = urlsplit(request.url or "")
        request.url = self._base_url + address.path + (f"?{address.query}" if address.query else "")
        return super().send(request, *args, **kwargs)


def twilio(carriers: SimulatedCarriers, auth: tuple[str, str] = (SID, TOKEN)) -> Any:
    http = TwilioHttpClient()
    http.session.trust_env = False
    http.session.mount("https://", Diverted(carriers.base_url("twilio")))
    return Client(*auth, http_client=http)


def plivo_client(carriers: SimulatedCarriers) -> Any:
    client = plivo.RestClient(AUTH_ID, AUTH_TOKEN)
    client.session.trust_env = False
    client.session.mount("https://", Diverted(carriers.base_url("plivo")))
    return client


def telnyx(carriers: SimulatedCarriers, api_key: str = API_KEY) -> Telnyx:
    base_url = f"{carriers.base_url('telnyx')}/v2"
    return Telnyx(api_key=api_key, base_url=base_url, max_retries=0)
