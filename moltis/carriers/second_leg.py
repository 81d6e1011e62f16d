"""A second telephone that a call is connected with: it rings, and two people talk."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from moltis.carriers.attention import Attention, Ear
from moltis.carriers.far_end import FarEnd
from moltis.carriers.line import (
    HangsUp,
    Line,
    PicksUp,
    Presses,
    Refusal,
    Refuses,
    Says,
    Sound,
    speaking_time,
)

MOMENT_SECS: Final = 0.1
"""How often either line is looked at, on the simulated clock."""


class Outcome(StrEnum):
    """What became of the second call."""

    TALKED = "talked"
    BUSY = "busy"
    REJECTED = "rejected"
    FAILED = "failed"
    UNANSWERED = "unanswered"


_REFUSED: Final = {
    Refusal.BUSY: Outcome.BUSY,
    Refusal.REJECTED: Outcome.REJECTED,
    Refusal.FAILED: Outcome.FAILED,
}


class SecondLeg:
    """The call with whoever has the telephone that *far_end* is at."""

    def __init__(self, first: Line, far_end: FarEnd) -> None:
        self._first = first
        self.far_end = far_end
        self.line = Line(first.clock, far_end)

    def ring(
        self, caller: str, number: str, *, seconds: float, pause: Callable[[float], object]
    ) -> Outcome | None:
        """Let it ring for *seconds*; gives nothing once it was picked up.

        *pause* lets a moment pass, and whatever happens at the first telephone may happen in it.
        """
        self.far_end.rings(caller, number)
        end = self.line.clock.now() + seconds
        while self.line.clock.now() < end:
            match self.line.wait(0):
                case PicksUp():
                    self.far_end.connected()
                    return None
                case Refuses(reason=reason):
                    return _REFUSED[reason]
                case HangsUp():
                    return Outcome.REJECTED
                case _:
                    pause(MOMENT_SECS)
        return Outcome.UNANSWERED

    def talk(self, attention: Attention, *, seconds: float) -> None:
        """Let both talk until this side hangs up, for *seconds* at most.

        Raises:
            FarEndLeftError: the other side hung up.
        """
        self.far_end.gets_turn()
        end = self.line.clock.now() + seconds
        while self.line.clock.now() < end:
            ear = Ear(speech=True, keys=False)
            if attention.pass_time(MOMENT_SECS, ear):
                self.hears(" ".join(ear.words))
            match self.line.wait(0):
                case HangsUp():
                    return
                case Says(text=text) as words:
                    self.line.came_in(words, understood=True)
                    attention.say(text)
                    self._first.far_end.gets_turn()
                case Presses() as keys:
                    self.line.came_in(keys, understood=True)

    def hears(self, text: str) -> None:
        """Let it hear what the other one says, and answer."""
        self.line.heard(self.line.sounds(Sound.SPEECH, text, speaking_time(text)))
        self.far_end.gets_turn()

    def end(self) -> None:
        """Tell whoever is there that it is over."""
        self.far_end.ended("completed")
