import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Final

from chalicelib.calls.events import CarrierEvent
from chalicelib.calls.verbs import Verb
from chalicelib.providers import registry
from chalicelib.providers.base import CarrierView, DialOrder, Provider, WebhookRequest
from tests.builders import NOON

FIXTURES: Final = Path(__file__).parents[1] / "fixtures"
CALL_ID: Final = "6f1c1f8e-6f0b-4d4f-9a53-3f6f9a0f7c11"
ORDER: Final = DialOrder(
    call_id=CALL_ID,
    from_number="+15551234567",
    to_number="+15559876543",
    answer_url=f"https://phone.example.com/answer?call={CALL_ID}",
    status_url=f"https://phone.example.com/status?call={CALL_ID}",
    ring_timeout_secs=30,
    time_limit_secs=3630,
    placed_at=NOON,
)

Fields = Sequence[tuple[str, str]]


class Situation(StrEnum):
    INBOUND = "inbound"
    OPENED = "opened"
    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    TIME_LIMIT = "time_limit"
    FAILED = "failed"
    CANCELED = "canceled"
    SPEECH = "speech"
    INTERIM_SPEECH = "interim_speech"
    KEYS = "keys"
    SILENCE = "silence"
    SPEECH_ENDED = "speech_ended"
    REPLY_AWAITED = "reply_awaited"
    RESUMED = "resumed"
    UNKNOWN_WORD = "unknown_word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What we ask a carrier, what goes over the wire, and what comes of it.

    `known` are the names of parameters that the vendor's own library can send.
    """

    name: str
    run: Callable[[Provider], object]
    method: str
    url: str
    fields: tuple[tuple[str, object], ...] = ()
    known: frozenset[str] = frozenset()
    answer: object
    gives: object = None
    repeats: bool
    needs_live_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    status: int
    body: Mapping[str, object]
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What goes over the wire for one verb, but for what all commands have in common."""

    verb: Verb
    name: str
    body: Mapping[str, object]


class Case(ABC):
    """All that the contract's tests know about one carrier.

    `events` holds nothing for a situation of which the carrier tells and we make nothing.
    """

    name: ClassVar[str]
    credentials: ClassVar[Mapping[str, str]]
    foreign_credentials: ClassVar[Mapping[str, str]]
    secrets: ClassVar[tuple[str, ...]]
    signature_header: ClassVar[str]
    signs_address: ClassVar[bool]
    tolerance_secs: ClassVar[int | None]
    suffix: ClassVar[str] = "form"
    address: ClassVar[str]
    events: ClassVar[Mapping[Situation, CarrierEvent | None]]
    gaps: ClassVar[frozenset[Situation]]
    authorization: ClassVar[str]
    operations: ClassVar[tuple[Operation, ...]]
    views: ClassVar[tuple[tuple[Mapping[str, object], CarrierView], ...]]
    nothing_found: ClassVar[object] = None
    nameless: ClassVar[tuple[object, ...]] = ({}, {"sid": None}, {"sid": ""}, {"sid": 7})
    refusal: ClassVar[Refusal]
    gone: ClassVar[tuple[Refusal, ...]]
    say_tag: ClassVar[str]
    say_limit: ClassVar[int]
    commands: ClassVar[tuple[Command, ...]] = ()
    command_id: ClassVar[str] = ""
    """The field by which the carrier knows a command that was sent twice."""
    command_state: ClassVar[str] = ""
    """The field that comes back with later events."""

    def provider(
        self, credentials: Mapping[str, str] | None = None, api_base_url: str = ""
    ) -> Provider:
        own = self.credentials if credentials is None else credentials
        return registry.build(self.name, own, api_base_url=api_base_url)

    def recorded(self, situation: Situation) -> WebhookRequest:
        folder = FIXTURES / self.name
        record = json.loads((folder / f"{situation}.headers.json").read_text())
        body = (folder / f"{situation}.{self.suffix}").read_bytes().rstrip(b"\n")
        return WebhookRequest(**record, body=body, received_at=NOON.timestamp())

    def expected(self, situation: Situation) -> list[CarrierEvent]:
        event = self.events[situation]
        return [event] if event else []

    def kept(self, body: bytes) -> Fields:
        """What the events keep of *body*."""
        return self.decoded(body)

    def re_signed(self, request: WebhookRequest, *more: tuple[str, str]) -> WebhookRequest:
        body = self.encoded([*self.decoded(request.body), *more])
        return self.signed(request.url, body)

    def with_signature(self, request: WebhookRequest, signature: str) -> WebhookRequest:
        return replace(request, headers={**request.headers, self.signature_header: signature})

    def credentials_of(self, vector: Mapping[str, Any]) -> Mapping[str, str]:
        own: Mapping[str, str] = vector["credentials"]
        return own

    def operation(self, name: str) -> Operation:
        return next(operation for operation in self.operations if operation.name == name)

    @abstractmethod
    def encoded(self, fields: Fields) -> bytes: ...

    @abstractmethod
    def decoded(self, body: bytes) -> Fields: ...

    @abstractmethod
    def signed(self, url: str, body: bytes) -> WebhookRequest:
        """Sign as the carrier does, by the vendor's own library."""

    @abstractmethod
    def vendor_accepts(self, request: WebhookRequest) -> bool:
        """What the vendor's own library says of the signature."""

    @abstractmethod
    def also_signed(self) -> Mapping[str, WebhookRequest]:
        """Other ways in which the carrier may sign, all good."""

    @abstractmethod
    def never_signed(self) -> Mapping[str, WebhookRequest]:
        """Other requests that are refused."""

    @abstractmethod
    def unreadable(self) -> Mapping[str, WebhookRequest]:
        """Signed, and still not to be read."""

    def vendor_document(self, verbs: Sequence[Verb]) -> str:
        """What the vendor's own library writes for *verbs*; only where documents are written."""
        raise NotImplementedError(verbs)

    def vendor_objections(self, name: str, body: Mapping[str, Any]) -> list[str]:
        """What the vendor's own library does not know in a command; only where there are any."""
        raise NotImplementedError(name, body)

    @property
    def provider_call_id(self) -> str:
        """The call that everything here is about."""
        return next(view.provider_call_id for _, view in self.views)

    def shown_state(self, body: Mapping[str, Any]) -> str:
        """What the carrier gives back with later events, in clear; only with commands."""
        raise NotImplementedError(body)

    def command_url(self, name: str) -> str:
        """Where the command called *name* goes; only where there are any."""
        raise NotImplementedError(name)

    def heard(self, body: Mapping[str, Any]) -> WebhookRequest:
        """The news that the words of the command with *body* were heard to their end."""
        raise NotImplementedError(body)
