"""A telephone with a person at it: what it hears becomes events, outsiders make it act."""

import threading
import time
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from chalicelib.overriding import override
from moltis.carriers.far_end import FarEnd, ScriptedFarEnd
from moltis.carriers.line import (
    Act,
    HangsUp,
    Line,
    PicksUp,
    Presses,
    Refusal,
    Refuses,
    Says,
    Sound,
)

LEASE_SECS: Final = 60.0
"""After so many of our seconds without a question for news, nobody is at the telephone."""


class PhoneState(StrEnum):
    """What a telephone is doing."""

    IDLE = "idle"
    RINGING = "ringing"
    DIALLING = "dialling"
    TALKING = "talking"


class PhoneError(Exception):
    """A telephone cannot do that now."""


class HumanFarEnd(FarEnd):
    """A person in one call, at a *telephone*; one who calls names the number *called*."""

    slowness = 4.0  # one types about four times slower than one speaks

    def __init__(self, telephone: "Telephone", called: str = "") -> None:
        super().__init__()
        self._telephone = telephone
        self._called = called

    @override
    def connect(self, line: Line) -> None:
        super().connect(line)
        if self._called:
            self._telephone.note("dialling", PhoneState.DIALLING, called=self._called)

    @override
    def rings(self, caller: str, called: str) -> None:
        self._telephone.note("ringing", PhoneState.RINGING, caller=caller, called=called)

    @override
    def connected(self) -> None:
        self._telephone.note("answered", PhoneState.TALKING)

    @override
    def hears(self, sound: Sound, text: str, seconds: float) -> None:
        match sound:
            case Sound.SPEECH:
                self._telephone.note("said", text=text, seconds=seconds)
            case Sound.KEYS:
                self._telephone.note("keys", digits=text)
            case Sound.AUDIO:
                self._telephone.note("audio", url=text, seconds=seconds)
            case Sound.SILENCE:
                self._telephone.note("silence", seconds=seconds)

    @override
    def gets_turn(self) -> None:
        self._telephone.note("listening")

    @override
    def was_heard(self, act: Says | Presses, *, understood: bool) -> None:
        match act:
            case Says(text=text):
                self._telephone.note("you said", text=text, understood=understood)
            case Presses(digits=digits):
                self._telephone.note("you pressed", digits=digits, understood=understood)

    @override
    def ended(self, how: str) -> None:
        self._telephone.is_free(how)


class Telephone:
    """A telephone that somebody holds: one call at a time, any thread may use it."""

    def __init__(self, number: str) -> None:
        self.number = number
        self._changed = threading.Condition()
        self._events: list[dict[str, Any]] = []
        self._state = PhoneState.IDLE
        self._far_end: HumanFarEnd | None = None
        self._last_used = time.monotonic()
        self._closed = False

    def take_call(self) -> FarEnd | None:
        """Make the far end of a call for this telephone; it may be busy, or deserted."""
        with self._changed:
            if self._closed or time.monotonic() - self._last_used > LEASE_SECS:
                return None
            if self._far_end is not None:
                return ScriptedFarEnd(ringing=Refuses(Refusal.BUSY))
            self._far_end = HumanFarEnd(self)
            return self._far_end

    def place_call(self, called: str) -> FarEnd:
        """Make the far end of a call from this telephone to *called*.

        Raises:
            PhoneError: it is in a call already.
        """
        with self._changed:
            if self._far_end is not None:
                message = "this telephone is in a call already"
                raise PhoneError(message)
            self._far_end = HumanFarEnd(self, called)
            return self._far_end

    def answer(self) -> None:
        """Pick up."""
        self._act(PicksUp(), PhoneState.RINGING)

    def reject(self, reason: Refusal) -> None:
        """Refuse the call that rings."""
        self._act(Refuses(reason), PhoneState.RINGING)

    def say(self, text: str) -> None:
        """Speak *text*."""
        self._act(Says(text), PhoneState.TALKING)

    def press(self, digits: str) -> None:
        """Press *digits*."""
        self._act(Presses(digits), PhoneState.TALKING)

    def hang_up(self) -> None:
        """End the call, or refuse it."""
        self._act(HangsUp(), PhoneState.RINGING, PhoneState.DIALLING, PhoneState.TALKING)

    def events(self, after: int, wait: float) -> list[dict[str, Any]]:
        """Give the events behind number *after*; wait for one, but only *wait* seconds."""
        with self._changed:
            self._last_used = time.monotonic()
            self._changed.wait_for(lambda: len(self._events) > after or self._closed, wait)
            self._last_used = time.monotonic()
            return self._events[max(0, after) :]

    def close(self) -> None:
        """Put the telephone away; a call that it is in ends."""
        with self._changed:
            self._closed = True
            far_end = self._far_end if self._state is not PhoneState.IDLE else None
            self._changed.notify_all()
        if far_end is not None:
            far_end.line.put(HangsUp())

    def note(self, event: str, state: PhoneState | None = None, **facts: object) -> None:
        """Remember that *event* happened."""
        with self._changed:
            self._state = state or self._state
            number = len(self._events) + 1
            at = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._events.append({"number": number, "event": event, "at": at, **facts})
            self._changed.notify_all()

    def is_free(self, how: str) -> None:
        """Be ready for the next call: the last one ended, and *how*."""
        with self._changed:
            self._far_end = None
            self.note("ended", PhoneState.IDLE, how=how)

    def _act(self, act: Act, *states: PhoneState) -> None:
        with self._changed:
            self._last_used = time.monotonic()
            far_end = self._far_end
            if far_end is None or self._state not in states:
                wanted = " or ".join(states)
                message = f"this telephone is {self._state}, not {wanted}"
                raise PhoneError(message)
        far_end.line.put(act)
