"""Credentials are replaced while calls run, on every carrier: nothing of it is heard."""

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Final

import pytest
import requests
from moto import mock_aws
from nacl.signing import SigningKey

from chalicelib import wiring
from chalicelib.calls.callbacks import Route
from chalicelib.providers import registry
from chalicelib.settings import settings
from chalicelib.vault import REMEMBERED_SECS, Credentials, Vault
from moltis.carriers.document_carrier import DocumentCarrier
from moltis.carriers.exchange import Request, Response
from moltis.carriers.line import Says
from moltis.carriers.telnyx import SimulatedTelnyx
from moltis.carriers.telnyx_webhooks import public_key, signed_headers
from moltis.deployment import cloud, stages
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from tests.phone import PATIENCE_SECS, SIGNATURES, Phone, a_phone, words
from tests.scripted_agents import Storyteller, agent

__all__ = ["agent"]

OPENS: Final = {"twilio": "auth_token", "telnyx": "api_key", "plivo": "auth_token"}
"""Which of the credentials our requests are let in with."""
BASIC: Final = {"twilio": "account_sid", "plivo": "auth_id"}
NEWS: Final = {"CallSid": "CA1", "CallUUID": "c1", "CallStatus": "ringing"}
"""About a call that is not ours: it is taken, and nothing comes of it."""


class Clock:
    secs = 1_000.0

    def __call__(self) -> float:
        return self.secs


@dataclass(slots=True)
class Rotating:
    """A phone in one warm container, whose memory has a clock of ours, and its carrier's keys."""

    phone: Phone
    clock: Clock
    keys: list[Mapping[str, str]]
    signing: list[SigningKey]
    """Of Telnyx: the other halves of the `public_key` of each."""
    let_in: set[int]
    """The keys that the carrier takes from us."""
    came_with: list[int] = field(default_factory=list)
    """The key of each request that reached the carrier."""

    @property
    def name(self) -> str:
        return self.phone.account

    def save(self, key: int) -> None:
        """Have another container store *key*: Secrets Manager keeps the one before."""
        there = Vault(settings().secret_prefix, monotonic=time.monotonic)
        account = self.phone.gateway.seeded[0].account
        there.store(account.credentials_name, Credentials(self.keys[key]))

    def knock(self, key: int) -> int:
        """Bring news that are signed by *key*; gives the status of the answer."""
        url = self.phone.url(Route.STATUS)
        if self.name in SIGNATURES:
            headers = SIGNATURES[self.name](url, NEWS, self.keys[key])
            return requests.post(url, data=NEWS, headers=headers, timeout=20).status_code
        event = {"record_type": "event", "event_type": "call.news", "id": "e1", "payload": {}}
        body = json.dumps({"data": event}).encode()
        headers = signed_headers(self.signing[key], body, int(time.time()))
        return requests.post(url, data=body, headers=headers, timeout=20).status_code

    def carrier_signs_with(self, key: int) -> None:
        """Have the carrier sign with *key* from now on, in calls that run, too."""
        carrier: object = self.phone.carrier
        if isinstance(carrier, SimulatedTelnyx):
            carrier.signing_key = self.signing[key]
        elif isinstance(carrier, DocumentCarrier):
            for call in carrier.live_and_past():
                call.account = replace(call.account, auth_token=self.keys[key]["auth_token"])

    def meet(self, request: Request) -> Response:
        """Let *request* in with any of the keys that are let in, as carriers do meanwhile."""
        given = request.headers.get("authorization", "")
        key = next((one for one in range(len(self.keys)) if self._bears(one) == given), None)
        if key is None:
            return Response(status=401)
        self.came_with.append(key)
        first = {**request.headers, "authorization": self._bears(0 if key in self.let_in else key)}
        return type(self.phone.carrier).handle(self.phone.carrier, replace(request, headers=first))

    def _bears(self, key: int) -> str:
        credentials = self.keys[key]
        if self.name not in BASIC:
            return f"Bearer {credentials['api_key']}"
        pair = f"{credentials[BASIC[self.name]]}:{credentials['auth_token']}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.fixture(params=list(registry.PROVIDERS))
def rotating(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rotating]:
    with a_phone(request.param) as phone:
        clock, first = Clock(), phone.gateway.seeded[0].credentials
        carrier: Any = phone.carrier
        signing = [getattr(carrier, "signing_key", SigningKey.generate())]
        signing += [SigningKey.generate() for _ in range(3)]
        keys: list[Mapping[str, str]] = [dict(first)]
        for number in range(1, 4):
            key = {**first, OPENS[phone.account]: f"{number}-key-made-up-for-this-test"}
            if "public_key" in first:
                key["public_key"] = public_key(signing[number])
            keys.append(key)
        container = Vault(settings().secret_prefix, monotonic=clock)
        monkeypatch.setattr(wiring, "vault", lambda: container)
        rotating = Rotating(phone, clock, keys, signing, let_in={0})
        monkeypatch.setattr(carrier, "handle", rotating.meet)
        yield rotating


def test_who_signs_with_the_new_key_or_the_former_is_heard_and_nobody_else(
    rotating: Rotating,
) -> None:
    rotating.save(1)
    rotating.save(2)

    statuses = {key: rotating.knock(key) for key in (3, 2, 1, 0, 3, 1, 2)}

    assert statuses == {2: 200, 1: 200, 0: 403, 3: 403}


def test_a_warm_container_takes_the_new_key_at_once_and_the_former_all_the_time(
    rotating: Rotating,
) -> None:
    assert rotating.knock(0) == 200

    rotating.save(1)
    at_once = rotating.knock(1), rotating.knock(0)
    rotating.clock.secs += REMEMBERED_SECS
    later = rotating.knock(1), rotating.knock(0)

    assert (at_once, later) == ((200, 200), (200, 200))


def test_where_strangers_knock_the_new_key_is_known_after_thirty_seconds_at_the_latest(
    rotating: Rotating,
) -> None:
    assert (rotating.knock(0), rotating.knock(3)) == (200, 403)

    rotating.save(1)
    former = rotating.knock(0)
    rotating.clock.secs += REMEMBERED_SECS
    later = rotating.knock(3), rotating.knock(1), rotating.knock(0)

    assert (former, later, REMEMBERED_SECS) == (200, (403, 200, 200), 30)


def test_whoever_looks_at_the_secrets_meanwhile_keeps_nobody_out(rotating: Rotating) -> None:
    assert (rotating.knock(0), rotating.knock(3)) == (200, 403)

    rotating.save(1)
    wiring.vault().now(rotating.phone.gateway.seeded[0].account.credentials_name)

    assert (rotating.knock(0), rotating.knock(1)) == (200, 200)


def test_a_call_goes_on_while_its_carriers_key_is_replaced(
    rotating: Rotating, agent: Storyteller
) -> None:
    saved, promoted = Event(), Event()
    agent.script("One.", (saved, "Two."), (promoted, "Three."))
    steps = (Says("The first."), Says("The second."), Says("The third."), Says("Bye."))
    call_id = rotating.phone.initiate(rotating.phone.far_end(*steps), "Hello.")

    asked(agent, 2)
    rotating.save(1)
    rotating.let_in.add(1)
    rotating.clock.secs += REMEMBERED_SECS
    saved.set()
    asked(agent, 3)
    rotating.carrier_signs_with(1)
    rotating.let_in.remove(0)
    before = len(rotating.came_with)
    promoted.set()
    call = rotating.phone.over(call_id)
    other = rotating.phone.over(rotating.phone.initiate(rotating.phone.far_end(), mode="notify"))

    assert [text for _, text in words(call)] == [
        *("Hello.", "The first.", "One.", "The second.", "Two.", "The third.", "Three."),
        *("Bye.", "Goodbye."),
    ]
    assert (call["end_reason"], rotating.phone.at_carrier(call).alerts) == ("hangup_bot", [])
    assert other["provider_call_id"]
    assert set(rotating.came_with[before:]) == {1}


def asked(agent: Storyteller, times: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while len(agent.asked) < times:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_token_of_ours_is_replaced_by_a_second_one_before_the_first_is_revoked() -> None:
    with a_phone() as phone:
        first = phone.rpc.ask("tokens.create", name="an agent", scope="write")
        second = phone.rpc.ask("tokens.create", name="an agent", scope="write")
        clients = [
            RpcClient(GatewayAddress(phone.gateway.url, one["token"])) for one in (first, second)
        ]
        listed = [rpc.ask("tokens.list")["tokens"] for rpc in clients]

        clients[1].ask("tokens.revoke", id=first["id"])

        assert listed[0] == listed[1]
        assert clients[1].ask("tokens.list")["tokens"]
        with pytest.raises(RefusedError, match="does not know this token"):
            clients[0].ask("tokens.list")
        for rpc in clients:
            rpc.close()


@mock_aws
def test_with_stage_the_command_line_shows_whatever_token_the_stacks_secret_holds_now() -> None:
    there = cloud.open_cloud()
    secrets = there.client("secretsmanager")
    name = secrets.create_secret(Name="AdminTokenSecret", SecretString="first")["ARN"]
    address = stages.Address("dev", "https://phone.example.com", name)

    before = stages.first_token(there, address)
    secrets.put_secret_value(SecretId=name, SecretString="second")

    assert (before, stages.first_token(there, address)) == ("first", "second")
