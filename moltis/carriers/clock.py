"""The time of the simulated world, which may run faster than ours."""

import time
from typing import Final

REAL_TIME: Final = 1.0


class Clock:
    """Seconds of simulated time; *speed* of them pass in each second of ours."""

    def __init__(self, speed: float = REAL_TIME) -> None:
        if speed <= 0:
            message = f"the speed of a clock must be above zero, not {speed!r}"
            raise ValueError(message)
        self.speed = speed
        self._started = time.monotonic()

    def now(self) -> float:
        """The seconds that have passed since the clock was made."""
        return (time.monotonic() - self._started) * self.speed

    def real(self, seconds: float) -> float:
        """How long simulated *seconds* last for us."""
        return seconds / self.speed

    def sleep(self, seconds: float) -> None:
        """Wait until *seconds* have passed on this clock."""
        time.sleep(self.real(seconds))
