"""The far end of a call: who is at the other telephone, and reacts to nothing but what it hears."""

import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterable
from typing import Final

from chalicelib.overriding import override
from moltis.carriers.line import (
    HangsUp,
    Line,
    Moment,
    NeverPicksUp,
    PicksUp,
    Presses,
    Refuses,
    Says,
    Side,
    Sound,
    Step,
)

QUESTIONS_ANSWERED: Final = 2


class FarEnd(ABC):
    """Whoever is at the other telephone; one object serves one call.

    The carrier calls these methods in the call's own thread, as things reach the far end's ear.
    What the far end does in return it puts on its line, at once or for later.
    """

    slowness = 1.0
    """How many times longer than a speaking person it needs before it is taken for silent."""
    is_machine = False
    """Whether it sounds like an answering machine to a carrier that tries to tell."""

    def __init__(self) -> None:
        self._line: Line | None = None

    def connect(self, line: Line) -> None:
        """Be reached by *line* from now on."""
        self._line = line

    @property
    def line(self) -> Line:
        """What it hears by and speaks into."""
        if self._line is None:
            message = "this far end is in no call"
            raise RuntimeError(message)
        return self._line

    @property
    def heard(self) -> tuple[Moment, ...]:
        """Everything it heard, in order."""
        if self._line is None:
            return ()
        return tuple(moment for moment in self._line.moments if moment.side is Side.AGENT)

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that was spoken to it, in order."""
        return tuple(moment.text for moment in self.heard if moment.sound is Sound.SPEECH)

    @abstractmethod
    def rings(self, caller: str, called: str) -> None:
        """Its telephone, the number *called*, rings and shows *caller*."""

    @abstractmethod
    def connected(self) -> None:
        """Both sides can hear each other now."""

    @abstractmethod
    def hears(self, sound: Sound, text: str, seconds: float) -> None:
        """It begins to hear *text*, which will last *seconds*."""

    @abstractmethod
    def gets_turn(self) -> None:
        """It has become quiet, and the other side seems to wait for an answer."""

    def was_heard(self, act: Says | Presses, *, understood: bool) -> None:  # noqa: B027  # few care
        """Its own *act* reached the carrier, which was listening if *understood*."""

    @abstractmethod
    def ended(self, how: str) -> None:
        """The call is over; *how* is what its telephone shows."""


class ScriptedFarEnd(FarEnd):
    """A far end that carries out *steps*, one after the other, each when its moment comes.

    When there are no steps left it stays silent.
    """

    def __init__(
        self,
        steps: Iterable[Step] = (),
        *,
        ringing: PicksUp | Refuses | NeverPicksUp | None = None,
    ) -> None:
        super().__init__()
        self._steps = deque(steps)
        self._ringing = ringing or PicksUp()
        self._since_last_step: list[str] = []
        self._planned: tuple[int, Step] | None = None

    @property
    def steps_left(self) -> tuple[Step, ...]:
        """What it has not come to yet."""
        return tuple(self._steps)

    @override
    def rings(self, caller: str, called: str) -> None:
        if not isinstance(self._ringing, NeverPicksUp):
            self.line.put(self._ringing, after=self._ringing.after)

    @override
    def connected(self) -> None:
        self._since_last_step.clear()

    @override
    def hears(self, sound: Sound, text: str, seconds: float) -> None:
        if sound is Sound.SILENCE:
            return
        self._think_again()
        self._since_last_step.append(text)
        step = self._steps[0] if self._steps else None
        if step is not None and step.interrupting is not None and _contains(text, step.when):
            self._take(step, after=step.interrupting)

    @override
    def gets_turn(self) -> None:
        step = self._steps[0] if self._steps else None
        if step is None or step.interrupting is not None:
            return
        if any(_contains(text, step.when) for text in self._since_last_step or [""]):
            ticket = self._take(step, after=step.after)
            self._planned = (ticket, step) if ticket else None

    @override
    def ended(self, how: str) -> None:
        self._planned = None

    def _take(self, step: Step, *, after: float) -> int:
        self._steps.popleft()
        self._since_last_step.clear()
        if isinstance(step, Says | Presses | HangsUp):
            return self.line.put(step, after=after)
        return 0

    def _think_again(self) -> None:
        # It was about to speak when the other side began: it listens, and speaks afterwards.
        if self._planned is not None:
            ticket, step = self._planned
            self._planned = None
            if self.line.withdraw(ticket):
                self._steps.appendleft(step)


class PolitePerson(FarEnd):
    """Picks up after one ring, answers a few turns, says goodbye and hangs up."""

    def __init__(self) -> None:
        super().__init__()
        self._turns = 0

    @override
    def rings(self, caller: str, called: str) -> None:
        self.line.put(PicksUp(), after=PicksUp().after)

    @override
    def connected(self) -> None:
        self._turns = 0

    @override
    def hears(self, sound: Sound, text: str, seconds: float) -> None:
        """Do nothing: it waits politely for its turn."""

    @override
    def gets_turn(self) -> None:
        self._turns += 1
        if self._turns > QUESTIONS_ANSWERED + 1:
            step: Says | HangsUp = HangsUp()
        elif self._turns > QUESTIONS_ANSWERED:
            step = Says("Thank you, that is all I wanted to know. Goodbye!")
        else:
            step = Says(self._answer())
        self.line.put(step, after=step.after)

    @override
    def ended(self, how: str) -> None:
        """Do nothing: it has somewhere else to be."""

    def _answer(self) -> str:
        last = self.words[-1] if self.words else ""
        if re.search(r"\b(name|who)\b", last, re.IGNORECASE):
            return "I am a simulated person."
        if self._turns == 1:
            return "Hello! Yes, I can hear you well."
        return "Yes, please." if "?" in last else "I see. Can you tell me more?"


def _contains(text: str, wanted: str) -> bool:
    return wanted.casefold() in text.casefold()
