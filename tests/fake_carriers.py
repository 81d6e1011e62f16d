"""A carrier that takes commands, a clock, a way to our own function, and an agent by script."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event
from typing import ClassVar

from chalicelib.agents.base import Agent
from chalicelib.calls.events import CarrierEvent
from chalicelib.calls.replies import Piece
from chalicelib.calls.transcript import Conversation, Speaker
from chalicelib.calls.verbs import Play, Say, Verb
from chalicelib.errors import CallGoneError, ProviderError, UnsupportedFeatureError
from chalicelib.overriding import override
from chalicelib.providers.base import (
    CarrierView,
    DialOrder,
    Document,
    Feature,
    Performance,
    Provider,
    WebhookRequest,
)
from chalicelib.timers.base import LASTING, TimerKind, Timers
from chalicelib.turns.base import Answer, Question, Reading, Turns
from tests.builders import NOON, Said


class FakeProvider(Provider):
    """Takes commands and keeps them; a performance that it knows changes nothing."""

    name: ClassVar[str] = "telnyx"
    takes_commands: ClassVar[bool] = True
    features: ClassVar[frozenset[Feature]] = frozenset(Feature)
    voices: ClassVar[str] = "male|female"

    def __init__(self) -> None:
        self.performed: dict[tuple[str, str], Performance] = {}
        self.placed: list[DialOrder] = []
        self.hung_up: list[str] = []
        self.gone = False
        self.broken: ProviderError | None = None

    @property
    def marks(self) -> list[str]:
        return [performance.mark for performance in self.performed.values()]

    def verbs(self, mark: str) -> tuple[Verb, ...]:
        (verbs,) = (one.verbs for one in self.performed.values() if one.mark == mark)
        return verbs

    @override
    def verify(self, request: WebhookRequest) -> None:
        pass

    @override
    def parse(self, request: WebhookRequest) -> list[CarrierEvent]:
        return []

    @override
    def render(self, verbs: Sequence[Verb]) -> Document:
        raise UnsupportedFeatureError(self.name, "documents")

    @override
    def place(self, order: DialOrder) -> str:
        self._check_is_there()
        self.placed.append(order)
        return f"v3:{order.call_id}"

    @override
    def interrupt(self, provider_call_id: str, url: str) -> None:
        raise UnsupportedFeatureError(self.name, "documents")

    @override
    def utterances(self, verbs: Sequence[Verb]) -> int:
        return sum(isinstance(verb, Say | Play) for verb in verbs)

    @override
    def perform(self, performance: Performance) -> None:
        self._check_is_there()
        self.performed.setdefault((performance.call_id, performance.mark), performance)

    @override
    def hang_up(self, provider_call_id: str) -> None:
        self._check_is_there()
        self.hung_up.append(provider_call_id)

    @override
    def look_up(self, provider_call_id: str) -> CarrierView:
        self._check_is_there()
        return CarrierView(provider_call_id=provider_call_id, state=None, ended=False)

    @override
    def find(self, order: DialOrder) -> CarrierView | None:
        return None

    def _check_is_there(self) -> None:
        if self.gone:
            message = "the call is over"
            raise CallGoneError(message, provider=self.name)
        if self.broken:
            raise self.broken


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that was set: `after` what time, and what it is told."""

    kind: TimerKind
    after: timedelta
    mark: str = ""


class FakeTimers(Timers):
    """Keeps what it was set for; whoever wants it to run out fires it."""

    def __init__(self, clock: "FakeClock") -> None:
        self._clock = clock
        self._set: dict[tuple[str, TimerKind, str], Timer] = {}

    def of(self, call_id: str) -> list[Timer]:
        return [timer for (owner, _, _), timer in self._set.items() if owner == call_id]

    @override
    def start(self, call_id: str, kind: TimerKind, at: datetime, *, mark: str = "") -> None:
        self._set.setdefault((call_id, kind, mark), Timer(kind, at - self._clock(), mark))

    @override
    def stop(self, call_id: str, kinds: Iterable[TimerKind] = LASTING) -> None:
        for kind in kinds:
            self._set.pop((call_id, kind, ""), None)


@dataclass(slots=True)
class FakeClock:
    """Noon, and a second later each time somebody lets it pass."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def tick(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class FakeTurns(Turns):
    """Keeps what it was handed."""

    def __init__(self) -> None:
        self.submitted: list[tuple[str, CarrierEvent]] = []
        self.readings: list[tuple[str, Reading]] = []

    @override
    def read_ahead(self, account: str, reading: Reading) -> None:
        self.readings.append((account, reading))

    @override
    def submit(self, account: str, event: CarrierEvent) -> None:
        self.submitted.append((account, event))

    @override
    def take(self, question: Question, *, wait_secs: float) -> Answer | None:
        return None


@dataclass(slots=True)
class Held:
    """A reply that comes only once it is let go."""

    reply: Said
    asked: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)


class Slowly:
    """A reply that comes piece by piece, waits for events in between, or breaks off."""

    def __init__(self, *pieces: Piece | Event | Exception) -> None:
        self._pieces = pieces

    def pieces(self) -> Iterator[Piece]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            if isinstance(piece, Event):
                piece.wait(timeout=5)
            else:
                yield piece


Step = Said | Held | Slowly | Exception


class ScriptedAgent(Agent):
    """Answers by script, one step each time it is asked, and remembers what it was told."""

    def __init__(self, *script: Step) -> None:
        self._script = list(script)
        self.told: list[list[str]] = []

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        theirs = (line for line in conversation.lines if line.speaker is Speaker.USER)
        self.told.append([line.text for line in theirs])
        step = self._script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Held):
            step.asked.set()
            step.released.wait(timeout=5)
            yield from step.reply
        elif isinstance(step, Slowly):
            yield from step.pieces()
        else:
            yield from step
