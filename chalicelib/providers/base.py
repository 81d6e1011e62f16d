"""What every carrier's file promises; the only place where it is documented."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

from chalicelib.calls.call import CallFailure, OnMachine, State
from chalicelib.calls.events import CarrierEvent
from chalicelib.calls.sounds import SoundFormat
from chalicelib.calls.verbs import Verb
from chalicelib.errors import UnsupportedFeatureError


class Feature(StrEnum):
    """What a carrier may be able to do; what is not in its `features` is refused by name."""

    SPEECH_INPUT = "recognise speech"
    KEYS_INPUT = "hear keys"
    SEND_DIGITS = "send digits"
    SPEAK = "speak into a live call"
    ASK_KEYS = "ask for a number of keys"
    HEAR_WAITING = "hear the far end while it waits"
    TRANSFER = "put a call through to a person"
    PLAY = "play audio"
    REJECT = "refuse a call without answering it"
    RING_TIMEOUT = "ring timeout of its own"
    TIME_LIMIT = "maximum duration of its own"
    MACHINE_DETECTION = "tell an answering machine from a person"
    GREETING_END = "tell when a machine's greeting is over"
    FIND_CALL = "find a call whose dialling was uncertain"
    PROVISIONING = "be set up from here"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """A webhook as it arrived.

    `url` is the public address that the carrier called, `body` the raw bytes, `received_at`
    Unix seconds by our clock. Header names are matched without regard to case.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: float

    def header(self, name: str) -> str | None:
        """The value of the header *name*, if the carrier sent it."""
        wanted = name.lower()
        return next((v for key, v in self.headers.items() if key.lower() == wanted), None)

    @property
    def query(self) -> dict[str, str]:
        """What stands behind the `?`; our own addresses hold each key once."""
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def route(self) -> str:
        """The last part of the path: which door was knocked at."""
        return urlsplit(self.url).path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a webhook is answered with."""

    content_type: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DialOrder:
    """A call to place: E.164 numbers, absolute addresses, whole seconds."""

    call_id: str
    from_number: str
    to_number: str
    answer_url: str
    status_url: str
    ring_timeout_secs: int
    placed_at: datetime
    time_limit_secs: int
    on_machine: OnMachine = OnMachine.OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What to do in a live call, now, in the order of `verbs`.

    `mark` names it within the call: performing the same one again changes nothing. `heard` comes
    back with the event that the words were spoken: how often the far end was heard before them.
    """

    provider_call_id: str
    call_id: str
    mark: str
    verbs: tuple[Verb, ...]
    heard: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierView:
    """What the carrier says of a call when asked; `ended` with the reason it gives, if any."""

    provider_call_id: str
    state: State | None
    ended: bool
    reason: State | None = None
    error: CallFailure | None = None


class Provider(ABC):
    """One carrier, with the credentials of one account.

    Members stand in this order in every carrier's file.
    """

    name: ClassVar[str]
    takes_commands: ClassVar[bool] = False
    """Whether it is told by commands what to do and listens all the time; else by documents."""
    repetition: ClassVar[str] = ""
    """The fragment of our addresses: how often it asks again, and after which failures of ours."""
    features: ClassVar[frozenset[Feature]]
    plays: ClassVar[SoundFormat] = SoundFormat.PCM_WAV
    """In which form it gets our sounds: docs/audio.md says why."""
    voices: ClassVar[str]
    """The names of voices that it knows, as a regular expression: others it does not speak with."""
    needs: ClassVar[tuple[str, ...]]
    """The credentials without which it is nobody, by their names in `moltis.toml`."""
    accepts: ClassVar[tuple[str, ...]] = ()
    """Credentials that it may be given besides."""

    @abstractmethod
    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        """Speak for the account that owns *credentials*, to *api_base_url* or the real carrier."""

    @abstractmethod
    def verify(self, request: WebhookRequest) -> None:
        """Let *request* pass only if this carrier signed it for this account.

        Nothing is parsed before; comparison takes constant time; what is missing is refused.

        Raises:
            SignatureError: it did not; the error holds a reason and no secret.
        """

    @abstractmethod
    def parse(self, request: WebhookRequest) -> list[CarrierEvent]:
        """Say in our words what *request* tells, oldest first; `verify` has passed.

        Words that we do not know become `UnknownEvent`, never an error.

        Raises:
            PayloadError: it is signed, and cannot be read.
        """

    @abstractmethod
    def render(self, verbs: Sequence[Verb]) -> Document:
        """Write *verbs* in the carrier's language, in their order, text escaped.

        Raises:
            UnsupportedFeatureError: the carrier has no such verb.
        """

    @abstractmethod
    def place(self, order: DialOrder) -> str:
        """Ask the carrier to dial, once; give its id for the call.

        Raises:
            ProviderRejectedError: it refused.
            ProviderUnavailableError: it certainly did not dial.
            ProviderUncertainError: it may have dialled. Never dial again: look, or wait.
        """

    @abstractmethod
    def interrupt(self, provider_call_id: str, url: str) -> None:
        """Have the live call leave what it is doing and ask *url* what to do instead.

        Raises:
            CallGoneError: the call is over.
            ProviderError: it refused or failed.
        """

    def utterances(self, verbs: Sequence[Verb]) -> int:
        """How many ends of speech the carrier will tell of *verbs*; none where it tells of none."""
        del verbs
        return 0

    def perform(self, performance: Performance) -> None:
        """Have the live call do what *performance* says; only where `takes_commands`.

        Raises:
            CallGoneError: the call is over.
            ProviderError: it refused or failed.
            UnsupportedFeatureError: the carrier has no such command.
        """
        del performance
        raise UnsupportedFeatureError(self.name, "commands")

    @abstractmethod
    def hang_up(self, provider_call_id: str) -> None:
        """End the call, ringing or answered; repeating it is harmless.

        Raises:
            CallGoneError: it was over already.
            ProviderError: it refused or failed.
        """

    @abstractmethod
    def look_up(self, provider_call_id: str) -> CarrierView:
        """Ask the carrier how the call stands.

        Raises:
            CallGoneError: it knows of no such call any more.
            ProviderError: it refused or failed.
        """

    @abstractmethod
    def find(self, order: DialOrder) -> CarrierView | None:
        """Look for the call of *order*, whose dialling had an uncertain outcome.

        Raises:
            ProviderError: it refused or failed.
        """
