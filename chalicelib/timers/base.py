"""What we ask of a clock."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
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
