"""A far end that is an answering machine: greets, beeps, and records what it hears."""

from typing import Final

from chalicelib.overriding import override
from moltis.carriers.far_end import FarEnd
from moltis.carriers.line import Beeps, HangsUp, PicksUp, Says, Sound, speaking_time

GREETING: Final = (
    "You have reached a simulated answering machine. Please leave a message after the tone."
)
LONGEST_MESSAGE_SECS: Final = 120.0
PERSON_SECS: Final = 1.5
"""So long a carrier listens to a person, who says hello and waits, to know it for one."""
MACHINE_SECS: Final = 3.5
"""So long it listens to a machine, whose greeting does not stop."""
_PAUSE_SECS: Final = 0.5


class AnsweringMachine(FarEnd):
    """Picks up, speaks *greeting*, beeps unless it has no *beep*, and records until it is full."""

    is_machine = True

    def __init__(
        self,
        greeting: str = GREETING,
        *,
        beep: bool = True,
        picks_up: PicksUp | None = None,
        longest_secs: float = LONGEST_MESSAGE_SECS,
    ) -> None:
        super().__init__()
        self._greeting = greeting
        self._beep = beep
        self._picks_up = picks_up or PicksUp()
        self._longest_secs = longest_secs
        self._tone_at: float | None = None

    @property
    def recorded(self) -> tuple[str, ...]:
        """The words that began after the tone, or after the greeting if there is none."""
        tone_at = self._tone_at
        if tone_at is None:
            return ()
        return tuple(
            moment.text
            for moment in self.heard
            if moment.sound is Sound.SPEECH and moment.at >= tone_at
        )

    @override
    def rings(self, caller: str, called: str) -> None:
        self.line.put(self._picks_up, after=self._picks_up.after)

    @override
    def connected(self) -> None:
        silent_after = _PAUSE_SECS + speaking_time(self._greeting)
        self._tone_at = self.line.clock.now() + silent_after + _PAUSE_SECS
        self.line.put(Says(self._greeting), after=_PAUSE_SECS)
        if self._beep:
            self.line.put(Beeps(), after=silent_after + _PAUSE_SECS)
        self.line.put(HangsUp(), after=silent_after + self._longest_secs)

    @override
    def hears(self, sound: Sound, text: str, seconds: float) -> None:
        """Do nothing: the tape turns by itself."""

    @override
    def gets_turn(self) -> None:
        """Do nothing: it does not converse."""

    @override
    def ended(self, how: str) -> None:
        """Do nothing: it waits for the next caller."""
