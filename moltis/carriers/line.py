"""The line between a carrier and the far end of a call: what each does reaches the other here."""

import heapq
import threading
from dataclasses import KW_ONLY, dataclass, replace
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, Final

from moltis.carriers.clock import Clock

if TYPE_CHECKING:
    from moltis.carriers.far_end import FarEnd

LETTERS_PER_SECOND: Final = 15
SHORTEST_SPEECH_SECS: Final = 0.3


class Refusal(StrEnum):
    """Why a telephone was not picked up."""

    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"
    """There is no such telephone, or no way to it."""


@dataclass(frozen=True, slots=True)
class PicksUp:
    """It answers, *after* seconds of ringing."""

    after: float = 3.0


@dataclass(frozen=True, slots=True)
class Refuses:
    """It does not want the call, or cannot take it, *after* seconds of ringing."""

    reason: Refusal = Refusal.REJECTED
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class NeverPicksUp:
    """It lets the telephone ring."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that the far end does in a conversation.

    It is done *after* seconds, once the other side is silent and waits; with *when*, only after
    something was heard that contains it; with *interrupting*, that many seconds after it began
    to hear it, in the middle of the words.
    """

    _: KW_ONLY
    when: str = ""
    interrupting: float | None = None
    after: float = 0.5


@dataclass(frozen=True, slots=True)
class Says(Step):
    """It speaks."""

    text: str


@dataclass(frozen=True, slots=True)
class Presses(Step):
    """It presses keys."""

    digits: str


@dataclass(frozen=True, slots=True)
class StaysSilent(Step):
    """It lets a moment pass in which it could have spoken."""


@dataclass(frozen=True, slots=True)
class HangsUp(Step):
    """It ends the call."""


@dataclass(frozen=True, slots=True)
class Beeps(Step):
    """It gives the tone after which a message is recorded; only machines do."""


Act = PicksUp | Refuses | Says | Presses | HangsUp | Beeps


class Order:
    """Something that comes from the carrier's own side; each carrier has its own orders."""


@dataclass(frozen=True, slots=True)
class EndsCall(Order):
    """The call is to end now."""

    why: str


class Side(StrEnum):
    """Whose sound it is."""

    AGENT = "agent"
    FAR_END = "far end"


class Sound(StrEnum):
    """What can be heard on a line."""

    SPEECH = "speech"
    KEYS = "keys"
    AUDIO = "audio"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that could be heard, *at* a time of the simulated clock.

    *whole*: the far end heard it to its end, or, for the far end's own, the carrier took it in.
    """

    at: float
    side: Side
    sound: Sound
    text: str
    whole: bool = False


def speaking_time(text: str) -> float:
    """How many seconds it takes to speak *text*."""
    return max(SHORTEST_SPEECH_SECS, len(text) / LETTERS_PER_SECOND)


class Line:
    """One call's line: acts and orders come out of it when they are due; it remembers all."""

    def __init__(self, clock: Clock, far_end: "FarEnd") -> None:
        self.clock = clock
        self.far_end = far_end
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Act | Order]] = []
        self._tickets = count(1)
        self._moments: list[Moment] = []
        far_end.connect(self)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """Everything that could be heard, in order."""
        with self._changed:
            return tuple(self._moments)

    def put(self, act: Act | Order, *, after: float = 0.0) -> int:
        """Have *act* happen in *after* seconds; gives a ticket to `withdraw` it by."""
        with self._changed:
            ticket = next(self._tickets)
            heapq.heappush(self._due, (self.clock.now() + after, ticket, act))
            self._changed.notify_all()
            return ticket

    def withdraw(self, ticket: int) -> bool:
        """Take back what *ticket* stands for; false if it has happened already."""
        with self._changed:
            kept = [entry for entry in self._due if entry[1] != ticket]
            found = len(kept) < len(self._due)
            heapq.heapify(kept)
            self._due = kept
            return found

    def wait(self, seconds: float) -> Act | Order | None:
        """Give the next thing that happens within *seconds*; nothing if they just pass."""
        with self._changed:
            deadline = self.clock.now() + max(0.0, seconds)
            while True:
                now = self.clock.now()
                due = self._due[0][0] if self._due else deadline
                if self._due and due <= min(now, deadline):
                    return heapq.heappop(self._due)[2]
                if now >= deadline:
                    return None
                self._changed.wait(self.clock.real(min(due, deadline) - now))

    def sounds(self, sound: Sound, text: str, seconds: float) -> int:
        """Let the far end hear *text* from now on, for *seconds*; gives its place for `heard`."""
        place = self._note(Side.AGENT, sound, text, whole=False)
        self.far_end.hears(sound, text, seconds)
        return place

    def heard(self, place: int) -> None:
        """Note that the far end heard to its end what stands at *place*."""
        with self._changed:
            self._moments[place] = replace(self._moments[place], whole=True)

    def came_in(self, act: Says | Presses, *, understood: bool) -> None:
        """Note what the far end said or pressed, and whether the carrier was listening."""
        match act:
            case Says(text=text):
                self._note(Side.FAR_END, Sound.SPEECH, text, whole=understood)
            case Presses(digits=digits):
                self._note(Side.FAR_END, Sound.KEYS, digits, whole=understood)
        self.far_end.was_heard(act, understood=understood)

    def _note(self, side: Side, sound: Sound, text: str, *, whole: bool) -> int:
        with self._changed:
            self._moments.append(
                Moment(at=self.clock.now(), side=side, sound=sound, text=text, whole=whole)
            )
            return len(self._moments) - 1
