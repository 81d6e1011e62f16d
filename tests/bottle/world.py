"""Our whole gateway with one account at one bottled carrier, and nothing that moves by itself."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, Final
from urllib.parse import urlsplit

import chalice.local
from chalice.config import Config

import app as deployed
from chalicelib import wiring
from chalicelib.accounts.account import Account, InboundPolicy
from chalicelib.calls.call import Call
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.transcript import Conversation, Line
from chalicelib.providers.base import WebhookRequest
from chalicelib.store.base import Scope
from chalicelib.store.items import call_key, call_of, line_of
from chalicelib.store.tables import CallItem, CounterItem, LineItem
from chalicelib.tokens import make_token
from chalicelib.vault import Credentials
from tests.bottle.carrier import Carrier, Status, connected
from tests.bottle.cloud import Cloud, HandClock, Invocation, a_cloud
from tests.bottle.documents import FAILED, DocumentCarrier
from tests.bottle.effects import Effects, KilledError
from tests.bottle.plivo import BottledPlivo
from tests.bottle.table import BottledTable
from tests.bottle.telnyx import BottledTelnyx
from tests.bottle.twilio import BottledTwilio
from tests.builders import new_settings

CARRIERS: Final = ("twilio", "telnyx", "plivo")
NUMBER: Final = "+15551234567"
FRIEND: Final = "+15559876543"
STRANGER: Final = "+15557654321"
SCHEDULED: Final = {
    "version": "0",
    "id": "bottle",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "1970-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}
SWEEP_SECS: Final = 60
AT_ONCE: Final = AgentSettings(reply_budget_secs=0.1)
"""A function that is slow in a bottle does not run meanwhile: it is in vain to wait for it."""

Known = tuple[Mapping[str, Any], Call | Line | int | None]
"""An item as it is stored, and what it means to us."""

_gateway: Final = chalice.local.LocalGateway(deployed.app, Config())


@dataclass(slots=True)
class World:
    """Drives the gateway as carriers, clocks and people do."""

    cloud: Cloud
    carrier: Carrier
    clock: HandClock
    effects: Effects
    token: str
    answers: list[int] = field(default_factory=list)
    """The status of every webhook's answer."""
    killed: int = 0
    read: tuple[int, "Memory"] | None = None
    """What was stored when it was looked at last, and after how many writes."""

    def deliver(self, request: WebhookRequest) -> tuple[int, bytes]:
        """Bring *request* to our door."""
        request = self.carrier.sign(request)
        return self.knock(request.method, request.url, dict(request.headers), request.body)

    def rpc(self, method: str, **params: object) -> dict[str, Any]:
        """Ask for something as a person or an agent does; gives the result or the error."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        _, body = self.knock(
            "POST", "https://phone.example.com/rpc", headers, json.dumps(asked).encode()
        )
        answer: dict[str, Any] = json.loads(body) if body else {"error": {"code": 0}}
        return answer

    def run_pending(self, place: int = 0) -> None:
        """Run one of the functions that were invoked and nobody waits for."""
        invocation = self.cloud.pending.pop(place)
        if not self._runs(invocation):
            # Lambda tries an asynchronous invocation again.
            self._runs(invocation)

    def fire(self, name: str) -> None:
        """Let one timer's time come; an error is tried again by the state machine."""
        timer = self.cloud.timers[name]
        self.clock.time = max(self.clock.time, timer.at)
        for _ in range(2):
            if self._runs(Invocation("fire_timer", dict(timer.event))):
                break
        timer.running = False

    def sweep(self) -> bool:
        """Let a minute pass, and the sweep come; tells whether it came to its end."""
        self.clock.pass_by(SWEEP_SECS)
        return self._runs(Invocation("sweep", SCHEDULED))

    def read_news(self, place: int, *, twice: bool = False, lost: bool = False) -> None:
        """Have the carrier deliver one of the webhooks that wait, in any order."""
        news = self.carrier.news.pop(place)
        for _ in range(0 if lost else 1 + twice):
            status, _ = self.deliver(news.request)
            if status >= FAILED:
                self.deliver(news.request)

    @property
    def memory(self) -> "Memory":
        """What is stored, read where it is kept, and read again once something was written."""
        table = self.cloud.table
        if self.read is None or self.read[0] != table.writes:
            self.read = table.writes, Memory.of(table, self.read[1] if self.read else None)
        return self.read[1]

    @property
    def calls(self) -> list[Call]:
        """Every call of ours."""
        return self.memory.calls

    def settle(self) -> None:
        """Let everything come to its end: news, functions, timers, and sweeps."""
        for _ in range(40):
            self._give_up()
            self.drain()
            if not self.carrier.live() and all(call.state.is_final for call in self.calls):
                return
            self.sweep()
            for name in self.cloud.due():
                self.fire(name)
            self.clock.pass_by(600)

    def _give_up(self) -> None:
        """Nobody lets it ring for ever; and what we never heard of, the carrier's limit ends."""
        known = {call.provider_call_id for call in self.calls}
        for call in self.carrier.live():
            if call.status is not Status.TALKING:
                self.carrier.ends(call, "no_answer")
            elif call.sid not in known:
                self.carrier.ends(call, "completed")

    def drain(self) -> None:
        """Deliver all news, and run all functions that wait."""
        for _ in range(200):
            if self.carrier.news:
                self.read_news(0)
            elif self.cloud.pending:
                self.run_pending()
            else:
                return

    def _runs(self, invocation: Invocation) -> bool:
        try:
            self._run(invocation.function, invocation.event)
        except KilledError:
            self.killed += 1
            return False
        except Exception:  # noqa: BLE001  # as on Lambda: whoever invoked it learns of it
            return False
        return True

    def _run(self, function: str, event: object) -> object:
        return deployed.app.handler_map[function](event, None)

    def knock(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Send any request to our doors; gives the status and the body."""
        address = urlsplit(url)
        path = f"{address.path}?{address.query}" if address.query else address.path
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            response = _gateway.handle_request(method, path, lowered, body)
        except KilledError:
            self.killed += 1
            return FAILED, b""
        except chalice.local.LocalGatewayException as error:
            # As API Gateway does before any function is asked.
            return error.CODE, error.body or b""
        self.answers.append(response["statusCode"])
        content = response.get("body") or ""
        return response["statusCode"], content.encode() if isinstance(content, str) else content


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything that is stored about calls; what did not change since is not read again."""

    calls: list[Call]
    running: int
    """What the counter of running calls says."""
    known: Mapping[tuple[str, str], Known]
    spoken: Mapping[str, list[tuple[str, Line]]]
    """By the key of its call, each line with its own."""

    @classmethod
    def of(cls, table: BottledTable, before: "Memory | None") -> "Memory":
        """Read *table*, where it is not as it was *before*."""
        known: dict[tuple[str, str], Known] = {}
        calls, running, spoken = [], 0, defaultdict(list)
        for item in table.items():
            place = item["pk"]["S"], item["sk"]["S"]
            was = before.known.get(place) if before else None
            known[place] = was if was and was[0] is item else (item, _value(item))
            match known[place][1]:
                case Call() as call:
                    calls.append(call)
                case Line() as line:
                    spoken[place[0]].append((place[1], line))
                case int(number):
                    running += number
        calls.sort(key=lambda call: (call.started_at, call.call_id))
        return cls(calls, running, known, spoken)

    def lines(self, call: Call) -> tuple[Line, ...]:
        """The transcript of *call*."""
        own = sorted(self.spoken.get(call_key(call.call_id), ()), key=itemgetter(0))
        return Conversation.of(call, (line for _, line in own)).lines


def _value(stored: Mapping[str, Any]) -> Call | Line | int | None:
    attributes, sort_key = dict(stored), stored["sk"]["S"]
    if sort_key == "CALL":
        return call_of(CallItem.from_raw_data(attributes))
    if sort_key.startswith("LINE#"):
        return line_of(LineItem.from_raw_data(attributes))
    if sort_key == "RUNNING":
        return int(CounterItem.from_raw_data(attributes).calls)
    return None


@contextmanager
def a_world(provider: str, table: BottledTable | None = None, **changes: Any) -> Iterator[World]:
    """Have a gateway with one account at *provider*, while the context lasts; moto is there."""
    clock, effects = HandClock(), Effects()
    worlds: list[World] = []

    def run(function: str, event: object) -> object:
        return worlds[0]._run(function, event)  # noqa: SLF001

    cloud = Cloud(run, effects, clock, table or BottledTable())

    def deliver(request: WebhookRequest) -> tuple[int, bytes]:
        return worlds[0].deliver(request)

    carrier: Carrier
    match provider:
        case "twilio":
            carrier = BottledTwilio(effects, deliver)
        case "plivo":
            carrier = BottledPlivo(effects, deliver)
        case _:
            carrier = BottledTelnyx(effects, clock)
    with a_cloud(cloud), connected(carrier):
        effects.watched = False
        token = _seed(provider, carrier, changes)
        effects.watched = True
        worlds.append(World(cloud, carrier, clock, effects, token))
        yield worlds[0]


def _seed(provider: str, carrier: Carrier, changes: dict[str, Any]) -> str:
    account = Account(
        account_id=provider,
        provider=provider,
        from_number=NUMBER,
        webhook_url="https://phone.example.com",
        **{
            "inbound_policy": InboundPolicy.ALLOWLIST,
            "allowlist": (FRIEND,),
            "max_duration_secs": 600,
            "agent": AT_ONCE if isinstance(carrier, DocumentCarrier) else AgentSettings(),
            **changes,
        },
    )
    wiring.accounts().save_settings(new_settings(account, active=provider))
    wiring.vault().store(provider, Credentials(carrier.credentials))
    token = make_token("bottle", Scope.WRITE, at=wiring.now())
    wiring.tokens().add(token.kept)
    return token.text
