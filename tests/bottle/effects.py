"""Everything that our functions do to the world, one by one, and how each of it can fail."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

Outcome = TypeVar("Outcome")


class KilledError(BaseException):
    """The function is gone in the middle of its work: nothing of ours can catch this."""


class Fate(StrEnum):
    """What becomes of one effect, and of the function that wanted it."""

    FAILS = "fails"
    """It does not happen, and the function is told so."""
    HANGS = "hangs"
    """It happens, and the function never hears of it: its request runs out of time."""
    DIES_BEFORE = "dies before"
    """The function is gone before it happens."""
    DIES_AFTER = "dies after"
    """It happens, and the function is gone."""


@dataclass(slots=True)
class Effects:
    """The list of what happened; the effect at the place `doomed` meets its `fate`."""

    names: list[str] = field(default_factory=list)
    doomed: int | None = None
    fate: Fate = Fate.FAILS
    watched: bool = True
    chance: Callable[[], Fate | None] = lambda: None
    """What becomes of an effect that is not doomed; nothing: it happens."""

    def happen(
        self, name: str, act: Callable[[], Outcome], failure: Callable[[], BaseException]
    ) -> Outcome:
        """Let the effect called *name* happen by *act*; *failure* is what its failing raises."""
        if not self.watched:
            return act()
        place = len(self.names)
        self.names.append(name)
        fate = self.fate if place == self.doomed else self.chance()
        if fate is None:
            return act()
        if fate is Fate.DIES_BEFORE:
            raise KilledError(name)
        if fate is Fate.FAILS:
            raise failure()
        act()
        if fate is Fate.HANGS:
            raise failure()
        raise KilledError(name)
