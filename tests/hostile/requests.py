"""Requests of somebody who means no good: invented ones, and good ones with bytes changed."""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from hypothesis import strategies as st

from chalicelib.providers.base import WebhookRequest
from tests.contract.base import Case, Situation
from tests.contract.cases import CASES

BASE: Final = "https://phone.example.com"
ROUTES: Final = ("answer", "gather", "status")
TYPES: Final = (
    "application/x-www-form-urlencoded",
    "application/json",
    "application/x-www-form-urlencoded; charset=utf-8",
)
INTERESTING: Final = (
    *b"\x00 \xff % & = \" { ' <!DOCTYPE".split(),
    b"[" * 500,
    b"9" * 400,
)
HEADERS: Final = [
    "X-Twilio-Signature",
    "X-Twilio-Webhooks-Signature-Settings",
    "X-Plivo-Signature-V3",
    "X-Plivo-Signature-V3-Nonce",
    "telnyx-timestamp",
    "telnyx-signature-ed25519",
    "Cookie",
    "Origin",
    "Authorization",
    "Accept",
    "MCP-Protocol-Version",
]
METHODS: Final = [
    "voicecall.initiate",
    "voicecall.status",
    "voicecall.end",
    "voicecall.speak",
    "voicecall.dtmf",
    "voicecall.history",
    "initialize",
    "tools/list",
    "tools/call",
    "ping",
    "rpc.discover",
]
PARAMS: Final = [
    "to",
    "call_id",
    "message",
    "mode",
    "digits",
    "limit",
    "cursor",
    "name",
    "arguments",
]
QUERIES: Final = ["?call=x&turn=1", "?turn=9999999999999999999999", "?resume=zz", "?asked=1&turn=0"]

ORDER: Final = {"to": "+15559876543", "message": "Hello", "mode": "notify", "idempotency_key": "k"}
ASKED: Final = (
    ("voicecall.initiate", ORDER),
    ("voicecall.status", {"call_id": "5f3c"}),
    ("voicecall.speak", {"call_id": "5f3c", "message": "Hello"}),
    ("voicecall.dtmf", {"call_id": "5f3c", "digits": "12#"}),
    ("voicecall.end", {"call_id": "5f3c"}),
    ("voicecall.history", {"limit": 10, "cursor": "bm8"}),
)
TOOL: Final = (
    ("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {}}),
    ("tools/list", {}),
    *(
        ("tools/call", {"name": "voice_call", "arguments": {"action": action, **ORDER}})
        for action in ("initiate", "end", "speak", "get_status")
    ),
)


def _requests(*asked: tuple[str, object]) -> list[dict[str, object]]:
    return [
        {"jsonrpc": "2.0", "id": 1, "method": method, "params": params} for method, params in asked
    ]


GOOD: Final = {"/rpc": _requests(*ASKED), "/mcp": _requests(*TOOL)}

texts = st.text(max_size=30)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(METHODS)
calls = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | anything,
        "id": anything,
        "method": names | anything,
        "params": anything
        | st.dictionaries(
            st.sampled_from(PARAMS),
            anything,
            max_size=5,
        ),
    },
)
bodies = (
    st.binary(max_size=200)
    | anything.map(lambda body: json.dumps(body).encode())
    | calls.map(lambda call: json.dumps(call).encode())
)
headers = st.dictionaries(
    st.sampled_from(HEADERS),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60),
    max_size=4,
)


@dataclass(frozen=True, slots=True)
class Hostile:
    """One request."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@st.composite
def webhooks(draw: st.DrawFn, provider: str) -> Hostile:
    """Anything at a carrier's door."""
    query = draw(st.sampled_from(["", *QUERIES]))
    route = draw(st.sampled_from(ROUTES))
    account = draw(st.sampled_from([provider, "default"]))
    url = f"{BASE}/api/channels/telephony/{account}/{route}{query}"
    sent = {"Content-Type": draw(st.sampled_from(TYPES)), **draw(headers)}
    return Hostile("POST", url, sent, draw(bodies))


@st.composite
def asked(draw: st.DrawFn, path: str, token: str) -> Hostile:
    """Anything at a door for which a token is needed; often somebody has one that may only look."""
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if draw(st.booleans()):
        sent["Authorization"] = f"Bearer {token}"
    return Hostile("POST", f"{BASE}{path}", sent | draw(headers), draw(bodies))


def mutated(provider: str, seed: int) -> Iterator[Hostile]:
    """Recorded webhooks of *provider*, each with some bytes changed: without end."""
    chance = random.Random(seed)  # noqa: S311  # the same ones again for the same seed
    case = next(case for case in CASES if case.name == provider)
    recorded = [case.recorded(situation) for situation in Situation if situation in case.events]
    while True:
        good = chance.choice(recorded)
        body, sent = bytearray(good.body), dict(good.headers)
        for _ in range(chance.randint(1, 4)):
            _spoil(body, chance)
        if chance.random() < 0.3:  # a third of them
            name = chance.choice(sorted(sent))
            sent[name] = sent[name][: chance.randint(0, len(sent[name]))]
        # What the vendor itself takes for signed is written otherwise, and says the same to it.
        spoiled = replace(good, headers=sent, body=bytes(body))
        if not _is_accepted(case, spoiled):
            yield Hostile("POST", good.url, sent, bytes(body))


def garbled(path: str, token: str, seed: int) -> Iterator[Hostile]:
    """Good requests of somebody who may only look, each with some bytes changed: without end."""
    chance = random.Random(seed)  # noqa: S311  # the same ones again for the same seed
    bodies = [json.dumps(call).encode() for call in GOOD[path]]
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    strangers = sent | {"Authorization": f"Bearer {token[::-1]}"}
    readers = sent | {"Authorization": f"Bearer {token}"}
    while True:
        body = bytearray(chance.choice(bodies))
        for _ in range(chance.randint(1, 4)):
            _spoil(body, chance)
        known = chance.random() < 0.8  # most of the time
        yield Hostile("POST", f"{BASE}{path}", readers if known else strangers, bytes(body))


def _is_accepted(case: Case, request: WebhookRequest) -> bool:
    try:
        return case.vendor_accepts(request)
    except (ValueError, TypeError):
        return False


def _spoil(body: bytearray, chance: random.Random) -> None:
    place = chance.randint(0, len(body))
    match chance.randint(0, 3):
        case 0 if body:
            body[place % len(body)] ^= 1 << chance.randint(0, 7)
        case 1:
            body[place:place] = chance.choice(INTERESTING)
        case 2:
            del body[place : place + chance.randint(1, 20)]
        case _:
            body[place:place] = body[: chance.randint(0, 40)]
