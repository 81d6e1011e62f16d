"""What we ask of a clock."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum


class TimerKind(StrEnum):
    """What is to be done when the time has come."""

    MAX_DURATION = "max_duration"
    RING_TIMEOUT = "ring_timeout"
    NOTIFY_HANGUP = "notify_hangup"


class Timers(ABC):
    """The clock: what it is told to do at a time happens, whatever becomes of us meanwhile."""

    @abstractmethod
    def start(self, call_id: str, kind: TimerKind, at: datetime) -> None:
        """Have `fire_timer` called for the call at *at*; starting it twice is harmless."""

    @abstractmethod
    def stop(self, call_id: str, kinds: Iterable[TimerKind] = TimerKind) -> None:
        """Forget the call's timers of these *kinds*; harmless when there are none."""
