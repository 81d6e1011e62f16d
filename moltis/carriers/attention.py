"""How a carrier attends to one call: it lets time pass, listens, speaks, asks the gateway."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from moltis.carriers.courier import Answer, Delivery, DeliveryError, deliver
from moltis.carriers.line import (
    Act,
    Beeps,
    HangsUp,
    Line,
    Order,
    Presses,
    Says,
    Sound,
    speaking_time,
)

A_LONG_TIME: Final = 3600.0


class FarEndLeftError(Exception):
    """The far end hung up."""


class OrderedError(Exception):
    """The carrier's own side wants something else done; what was going on is broken off."""

    def __init__(self, order: Order) -> None:
        super().__init__(type(order).__name__)
        self.order = order


@dataclass(frozen=True, slots=True, eq=False)
class _Answered(Order):
    """A request that the call waits for has come to an end."""

    errand: object
    outcome: Answer | DeliveryError


@dataclass(slots=True, kw_only=True)
class Ear:
    """What a carrier listens for, and what it has caught so far: speech or keys, never both."""

    speech: bool
    keys: bool
    finish_on: str = ""
    most_keys: int = 0
    """How many keys are enough; 0: any number."""
    tone: bool = False
    """Whether the tone of an answering machine is waited for."""
    words: list[str] = field(default_factory=list)
    digits: str = ""
    finished_by: str = ""

    @property
    def caught(self) -> bool:
        """Whether anything was said or pressed."""
        return bool(self.words or self.digits or self.finished_by)

    @property
    def keys_done(self) -> bool:
        """Whether no further key is wanted."""
        return bool(self.finished_by) or 0 < self.most_keys <= len(self.digits)

    def takes(self, act: Says | Presses) -> bool:
        """Take *act* in, if this is something it listens for."""
        match act:
            case Says(text=text) if self.speech and not self.digits and not self.finished_by:
                self.words.append(text)
                return True
            case Presses(digits=digits) if self.keys and not self.words:
                self._press(digits)
                return True
        return False

    def _press(self, digits: str) -> None:
        for digit in digits:
            if self.keys_done:
                return
            if digit in self.finish_on:
                self.finished_by = digit
            else:
                self.digits += digit


class Attention:
    """The carrier's side of one line.

    Whatever it is doing, the far end can hang up (`FarEndLeftError`) and an order can break in
    (`OrderedError`).
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self._errands: list[threading.Thread] = []

    def pass_time(self, seconds: float, ear: Ear | None = None) -> bool:
        """Let *seconds* pass; true, and at once, when *ear* caught something."""
        end = self.line.clock.now() + seconds
        while True:
            signal = self.line.wait(end - self.line.clock.now())
            if signal is None:
                return False
            if self._meet(signal, ear):
                return True

    def sound(self, sound: Sound, text: str, seconds: float, ear: Ear | None = None) -> bool:
        """Let the far end hear *text* for *seconds*; true when *ear* caught something meanwhile."""
        place = self.line.sounds(sound, text, seconds)
        if self.pass_time(seconds, ear):
            return True
        self.line.heard(place)
        return False

    def say(self, text: str, ear: Ear | None = None) -> bool:
        """Speak *text* to the far end, as `sound` does."""
        return self.sound(Sound.SPEECH, text, speaking_time(text), ear)

    def ask(self, delivery: Delivery, *, times: int = 1) -> Answer:
        """Send *delivery* (*times*, if it is to be doubled) and wait for the answer.

        Raises:
            DeliveryError: none came.
        """
        errand = object()

        def run() -> None:
            self.line.put(_Answered(errand, _outcome(delivery, times)))

        # In a thread of its own: somebody may hang up while the gateway still thinks.
        self._start(run)
        while True:
            signal = self.line.wait(A_LONG_TIME)
            if isinstance(signal, _Answered) and signal.errand is errand:
                if isinstance(signal.outcome, DeliveryError):
                    raise signal.outcome
                return signal.outcome
            if signal is not None:
                self._meet(signal, None)

    def join(self) -> None:
        """Wait until no request is on its way any more."""
        for thread in self._errands:
            thread.join()

    def _start(self, run: Callable[[], None]) -> None:
        self._errands = [thread for thread in self._errands if thread.is_alive()]
        thread = threading.Thread(target=run, name="simulated-webhook", daemon=True)
        self._errands.append(thread)
        thread.start()

    def _meet(self, signal: Act | Order, ear: Ear | None) -> bool:
        match signal:
            case _Answered():
                return False  # to a request that nobody waits for any more
            case Order():
                raise OrderedError(signal)
            case HangsUp():
                raise FarEndLeftError
            case Beeps():
                return ear is not None and ear.tone
            case Says() | Presses():
                understood = ear is not None and ear.takes(signal)
                self.line.came_in(signal, understood=understood)
                return understood
        return False


def _outcome(delivery: Delivery, times: int) -> Answer | DeliveryError:
    outcome: Answer | DeliveryError = DeliveryError("it was not sent", connected=False)
    for _ in range(times):
        try:
            outcome = deliver(delivery)
        except DeliveryError as error:
            outcome = error
    return outcome
