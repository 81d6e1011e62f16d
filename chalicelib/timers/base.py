"""What we ask of a clock."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final


class TimerKind(StrEnum):
    """What is to be done when the time has come."""

    MAX_DURATION = "max_duration"
    RING_TIMEOUT = "ring_timeout"
    NOTIFY_HANGUP = "notify_hangup"
    SILENCE = "silence"
    """Nobody has said anything for a while; only where the carrier cannot tell."""


LASTING: Final = (TimerKind.MAX_DURATION, TimerKind.RING_TIMEOUT, TimerKind.NOTIFY_HANGUP)
"""The timers that may outlive their call by long; the others are over in seconds."""


class Timers(ABC):
    """The clock: what it is told to do at a time happens, whatever becomes of us meanwhile."""

    @abstractmethod
    def start(self, call_id: str, kind: TimerKind, at: datetime, *, mark: str = "") -> None:
        """Have `fire_timer` called for the call at *at*; starting it twice is harmless.

        A call has one timer of each *kind* and *mark*, which `fire_timer` is told.
        """

    @abstractmethod
    def stop(self, call_id: str, kinds: Iterable[TimerKind] = LASTING) -> None:
        """Forget the call's timers of these *kinds*; harmless when there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LostTimer:
    """A timer that could not fire, although it was tried again and again."""

    key: str
    """Where it is kept, for whoever keeps it."""
    call_id: str = ""
    kind: TimerKind | None = None
    """None: what is kept cannot be read."""
    mark: str = ""


class LostTimers(ABC):
    """Where timers are that were given up."""

    @abstractmethod
    def take(self, *, limit: int) -> list[LostTimer]:
        """Take some, at most *limit*; whatever is not dropped soon can be taken again."""

    @abstractmethod
    def drop(self, lost: LostTimer) -> None:
        """Forget *lost*, which has fired after all; harmless when it is forgotten."""
