"""A carrier in a bottle: its calls go on step by step, when somebody says so."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from chalicelib import internet
from chalicelib.overriding import override
from chalicelib.providers.base import WebhookRequest
from tests.bottle.effects import Effects

PUBLIC_URL = "https://phone.example.com"


class Status(StrEnum):
    """How a call stands at the carrier."""

    QUEUED = "queued"
    RINGING = "ringing"
    TALKING = "talking"
    OVER = "over"


@dataclass(slots=True, kw_only=True, eq=False)
class CarrierCall:
    """A call as its carrier knows it."""

    sid: str
    inbound: bool
    from_number: str
    to_number: str
    status: Status = Status.QUEUED
    ending: str = ""
    """Why it is over, in our word."""
    words: list[tuple[str, str]] = field(default_factory=list)
    """What was heard on the line, by whom it was said: `bot` or `user`."""
    crossed: set[int] = field(default_factory=set)
    """Those of the words that were said while an interruption of ours was on its way."""
    addresses: dict[str, str] = field(default_factory=dict)
    """Where its webhooks go, by their purpose."""
    told_to_end: bool = False
    """Whether a document of ours ended it."""

    @property
    def is_over(self) -> bool:
        return self.status is Status.OVER


@dataclass(frozen=True, slots=True)
class News:
    """A webhook whose answer nobody waits for; the call is what it is about."""

    call: CarrierCall
    request: WebhookRequest


class Creation(StrEnum):
    """What becomes of a request to dial."""

    WORKS = "works"
    REFUSED = "refused"
    BUSY = "too many requests"
    LOST_BEFORE = "lost before anything happened"
    LOST_AFTER = "dialled, and no answer"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the carrier's REST interface."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """Its answer."""

    status: int
    body: object


class Carrier(ABC):
    """One account at one carrier."""

    name: ClassVar[str]
    host: ClassVar[str]

    def __init__(self, effects: Effects) -> None:
        self.effects = effects
        self.calls: dict[str, CarrierCall] = {}
        self.news: list[News] = []
        self.dialled: list[str] = []
        """The numbers that were dialled, each as often as it was."""
        self.creation = Creation.WORKS

    @property
    @abstractmethod
    def credentials(self) -> Mapping[str, str]:
        """The account's credentials."""

    def sign(self, request: WebhookRequest) -> WebhookRequest:
        """Sign *request*, now that it is sent, where the signature tells when."""
        return request

    @abstractmethod
    def handle(self, asked: Asked) -> Told:
        """Answer a request to the REST interface; dialling has its own."""

    @abstractmethod
    def arrives(self, from_number: str, to_number: str) -> CarrierCall:
        """Somebody calls our number."""

    @abstractmethod
    def rings(self, call: CarrierCall) -> None:
        """The telephone of the far end rings."""

    @abstractmethod
    def picks_up(self, call: CarrierCall) -> None:
        """The far end answers."""

    @abstractmethod
    def ends(self, call: CarrierCall, why: str) -> None:
        """The call is over: completed, busy, no_answer or failed."""

    @abstractmethod
    def says(self, call: CarrierCall, text: str) -> bool:
        """The far end speaks; tells whether anybody listens."""

    @abstractmethod
    def presses(self, call: CarrierCall, digits: str) -> bool:
        """The far end presses keys; tells whether anybody listens."""

    @abstractmethod
    def stays_silent(self, call: CarrierCall) -> None:
        """The far end says nothing for as long as we listen."""

    @abstractmethod
    def goes_on(self, call: CarrierCall) -> None:
        """Carry out the next thing that the call is to do, if there is one."""

    def live(self) -> list[CarrierCall]:
        return [call for call in self.calls.values() if not call.is_over]

    def talking(self) -> list[CarrierCall]:
        return [call for call in self.calls.values() if call.status is Status.TALKING]

    def dial(self, call: CarrierCall) -> None:
        """Let *call*, which we asked for, begin."""
        self.calls[call.sid] = call
        self.dialled.append(call.to_number)

    def is_creating(self, asked: Asked) -> bool:
        return asked.method == "POST" and asked.path.rstrip("/").endswith(
            ("Calls.json", "Call", "calls")
        )

    def ask(self, request: requests.PreparedRequest) -> requests.Response:
        """Take *request* from the network."""
        asked = _read(request)
        creating = self.is_creating(asked)
        if asked.method == "GET":
            return _response(request, self.handle(asked))
        name = f"{self.name} {'dial' if creating else _operation(asked)}"
        told = self.effects.happen(
            name,
            lambda: self._act(asked, creating=creating),
            lambda: requests.ReadTimeout(request=request),
        )
        return _response(request, told)

    def _act(self, asked: Asked, *, creating: bool) -> Told:
        if not creating or self.creation is Creation.WORKS:
            return self.handle(asked)
        if self.creation is Creation.REFUSED:
            return Told(400, {"code": 21211, "message": "invalid number"})
        if self.creation is Creation.BUSY:
            return Told(429, {"code": 20429, "message": "too many requests"})
        if self.creation is Creation.LOST_AFTER:
            self.handle(asked)
        raise requests.ReadTimeout


def _operation(asked: Asked) -> str:
    if asked.method == "DELETE" or asked.body.get("Status"):
        return "hang up"
    tail = asked.path.rstrip("/").rpartition("/")[2]
    return tail if "actions" in asked.path else "interrupt"


def _read(request: requests.PreparedRequest) -> Asked:
    address = urlsplit(str(request.url))
    body = request.body or b""
    text = body.decode() if isinstance(body, bytes) else str(body)
    is_json = "json" in request.headers.get("Content-Type", "")
    fields = json.loads(text) if is_json and text else dict(parse_qsl(text))
    return Asked(str(request.method), address.path, dict(parse_qsl(address.query)), fields)


def _response(request: requests.PreparedRequest, told: Told) -> requests.Response:
    response = requests.Response()
    response.status_code = told.status
    response._content = json.dumps(told.body).encode() if told.body is not None else b""  # noqa: SLF001
    response.request, response.url = request, str(request.url)
    return response


class _Network(BaseAdapter):
    def __init__(self, carrier: Carrier) -> None:
        super().__init__()
        self._carrier = carrier

    @override
    def send(
        self, request: requests.PreparedRequest, *args: object, **kwargs: object
    ) -> requests.Response:
        return self._carrier.ask(request)

    @override
    def close(self) -> None:
        pass


@contextmanager
def connected(carrier: Carrier) -> Iterator[None]:
    """Let our requests to the carrier reach *carrier* while the context lasts."""
    session = requests.Session()
    session.trust_env = False
    session.mount(f"https://{carrier.host}", _Network(carrier))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(internet, "session", lambda: session)
        yield
