"""A telephone to test with: the local gateway, its simulated carriers, and webhooks of our own."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import requests
from plivo.utils.signature_v3 import construct_post_url, get_signature_v3
from twilio.request_validator import RequestValidator

from chalicelib import aws
from chalicelib.calls.call import inbound_call_id
from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.phone_config import parse_config
from moltis.carriers.carrier import Carrier
from moltis.carriers.far_end import FarEnd, ScriptedFarEnd
from moltis.carriers.line import NeverPicksUp, PicksUp, Refuses, Side, Sound, Step
from moltis.carriers.record import SimulatedCall
from moltis.gateway import Gateway, running
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient

SPEED: Final = 20.0
PATIENCE_SECS: Final = 180.0
CALLER: Final = "+15559876543"
STRANGER: Final = "+15557654321"
GREETING: Final = "Hello! How can I help?"

Json = dict[str, Any]


def _twilio_signature(url: str, form: Mapping[str, str], credentials: Mapping[str, str]) -> Json:
    signature = RequestValidator(credentials["auth_token"]).compute_signature(url, dict(form))
    return {"X-Twilio-Signature": signature}


def _plivo_signature(url: str, form: Mapping[str, str], credentials: Mapping[str, str]) -> Json:
    key, nonce = credentials["auth_token"].encode(), "31627761595286130198"
    text = construct_post_url(url, dict(form)).decode()
    signature = get_signature_v3(key, text, nonce).decode()
    return {"X-Plivo-Signature-V3": signature, "X-Plivo-Signature-V3-Nonce": nonce}


SIGNATURES: Final = {"twilio": _twilio_signature, "plivo": _plivo_signature}
"""What each carrier's own library makes of a webhook: the signature first."""


@dataclass(slots=True)
class Phone:
    """A gateway that runs, and what tests do with it."""

    gateway: Gateway
    rpc: RpcClient
    account: str = "twilio"
    _numbers: int = 0

    def new_number(self) -> str:
        """A number that no other test calls."""
        self._numbers += 1
        return f"+1555{self._numbers:07}"

    def far_end(self, *steps: Step, ringing: PicksUp | Refuses | NeverPicksUp | None = None) -> str:
        """Put somebody with a script at a number; gives the number."""
        number = self.new_number()
        self.attach(number, lambda: ScriptedFarEnd(steps, ringing=ringing or PicksUp(0.5)))
        return number

    def attach(self, number: str, make: Callable[[], FarEnd]) -> None:
        """Put somebody at *number*."""
        self.gateway.carriers.network.attach(number, make)

    @property
    def carrier(self) -> Carrier:
        """The simulated carrier."""
        return self.gateway.carriers.carriers[self.account]

    def initiate(self, to: str, message: str = "Hello, it is me.", **params: str) -> str:
        """Have the gateway call *to*; gives the call's id."""
        call = self.rpc.ask("voicecall.initiate", to=to, message=message, **params)
        return str(call["call_id"])

    def dial_in(self, caller: str, *steps: Step) -> str:
        """Have *caller*, with a script, call our number; gives the call's id."""
        number = self.gateway.seeded[0].account.from_number
        placed = self.gateway.carriers.dial_in(caller, number, ScriptedFarEnd(steps))
        return inbound_call_id(self.account, placed.sid)

    def status(self, call_id: str) -> Json:
        """The call as it is now."""
        return self.rpc.ask("voicecall.status", call_id=call_id)

    def until(self, call_id: str, holds: Callable[[Json], bool]) -> Json:
        """Wait until something *holds* of the call; gives the call."""
        deadline = time.monotonic() + PATIENCE_SECS
        seen: Json = {}
        pause = 0.02
        while time.monotonic() < deadline:
            try:
                seen = self.status(call_id)
            except RefusedError:
                seen = {}
            if seen and holds(seen):
                return seen
            time.sleep(pause)
            # Many who wait for long must not keep the gateway from what they wait for.
            pause = min(pause * 1.2, 0.5)
        message = f"waited in vain; last seen: {seen}"
        raise AssertionError(message)

    def over(self, call_id: str) -> Json:
        """Wait until the call is over, here and at the carrier; gives the call."""
        seen = self.until(call_id, lambda call: bool(call["end_reason"]))
        if seen["provider_call_id"]:
            assert self.at_carrier(seen).wait(PATIENCE_SECS)
        return seen

    def at_carrier(self, call: Json) -> SimulatedCall:
        """The call as its simulated carrier knows it."""
        return self.gateway.carriers.call(call["provider_call_id"])

    def url(self, route: Route, **query: str | int) -> str:
        """The address of one of our webhooks."""
        return callback_url(self.gateway.url, self.account, route, **query)

    def sign(self, url: str, form: Mapping[str, str]) -> Json:
        """Sign as the carrier does, with the vendor's own code; the signature comes first."""
        return SIGNATURES[self.account](url, form, self.gateway.seeded[0].credentials)

    def post(
        self, url: str, form: Mapping[str, str], *, signature: str | None = None
    ) -> requests.Response:
        """Send a webhook, signed unless a *signature* is given."""
        headers = self.sign(url, form)
        if signature is not None:
            headers[next(iter(headers))] = signature
        return requests.post(url, data=form, headers=headers, timeout=20)

    def stored(self) -> list[Json]:
        """Every item of the table."""
        pages = (
            aws.client("dynamodb").get_paginator("scan").paginate(TableName="moltis-phone-local")
        )
        return [item for page in pages for item in page["Items"]]


@contextmanager
def a_phone(provider: str = "twilio", *, speed: float = SPEED, **settings: Any) -> Iterator[Phone]:
    """Run a gateway with one account at *provider*, and *settings* in its `[phone]` table."""
    table = {
        "inbound_policy": "allowlist",
        "allowlist": [CALLER],
        "notify_hangup_delay_secs": 1,
        "provider": provider,
        provider: {},
        **settings,
    }
    with running(parse_config({"phone": table}), speed=speed) as gateway:
        rpc = RpcClient(GatewayAddress(gateway.url, gateway.token))
        try:
            yield Phone(gateway, rpc, provider)
        finally:
            rpc.close()


def words(call: Json) -> list[tuple[str, str]]:
    """Who said or pressed what."""
    return [(line["speaker"], line["text"]) for line in call["transcript"]]


def audible(phone: Phone, call: Json) -> list[tuple[str, str]]:
    """What either side could hear of the other."""
    speakers = {Side.AGENT: "bot", Side.FAR_END: "user"}
    return [
        (speakers[moment.side], moment.text)
        for moment in phone.at_carrier(call).moments
        if moment.sound in {Sound.SPEECH, Sound.KEYS}
    ]
