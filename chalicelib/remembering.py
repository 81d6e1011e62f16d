"""What a container believes for a while, and how much strangers may make it ask."""

import time
from collections.abc import Callable
from threading import Lock
from typing import Final, Generic, TypeVar

from chalicelib.errors import TooManyStrangersError

REMEMBERED_SECS: Final = 30
"""How long settings and tokens are believed before they are read again."""
MOST_REMEMBERED: Final = 1_000
STRANGERS_AT_ONCE: Final = 500
"""How many made-up tokens, sessions or accounts a container looks up without a pause."""
STRANGERS_PER_SEC: Final = 20.0
"""How many more each second after that."""

Value = TypeVar("Value")
Clock = Callable[[], float]
"""Counts seconds."""


class Bucket:
    """So many at once, and so many a second after that."""

    def __init__(self, at_once: int, per_sec: float, *, monotonic: Clock = time.monotonic) -> None:
        self._at_once, self._per_sec, self._monotonic = at_once, per_sec, monotonic
        self._left, self._filled_at = float(at_once), monotonic()
        self._lock = Lock()

    def take(self) -> bool:
        """Take one, and say whether there was one."""
        with self._lock:
            now = self._monotonic()
            grown = self._left + (now - self._filled_at) * self._per_sec
            self._left, self._filled_at = min(grown, self._at_once), now
            has_one = self._left >= 1
            self._left -= has_one
            return has_one


class Remembered(Generic[Value]):
    """Values that are read again after a while."""

    def __init__(self, read: Callable[[str], Value], *, monotonic: Clock = time.monotonic) -> None:
        self._read = read
        self._monotonic = monotonic
        self._known: dict[str, tuple[float, Value]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: str) -> bool:
        """Whether *key* was asked for, however long ago."""
        return key in self._known

    def get(self, key: str) -> Value:
        """The value under *key*, as it is or was a moment ago."""
        now = self._monotonic()
        known = self._known.get(key)
        if known is not None and now - known[0] < REMEMBERED_SECS:
            return known[1]
        value = self._read(key)
        self.keep(key, value)
        return value

    def keep(self, key: str, value: Value) -> None:
        """Believe from now on that *value* is under *key*."""
        if len(self._known) >= MOST_REMEMBERED:
            # Whoever tries out made-up keys shall not fill our memory with them.
            self._known.clear()
        self._known[key] = (self._monotonic(), value)

    def forget(self, key: str) -> None:
        """Read the value under *key* again next time."""
        self._known.pop(key, None)


class Acquainted(Generic[Value]):
    """Values of keys that anybody may make up; of those that are, only so many are looked up.

    Whoever has a key under which something was found here is never kept waiting by strangers,
    and never pushed out of memory by them.
    """

    def __init__(
        self, read: Callable[[str], Value | None], *, monotonic: Clock = time.monotonic
    ) -> None:
        self._friends: Remembered[Value | None] = Remembered(read, monotonic=monotonic)
        self._strangers: Remembered[Value | None] = Remembered(self._look_up, monotonic=monotonic)
        self._read = read
        self._bucket = Bucket(STRANGERS_AT_ONCE, STRANGERS_PER_SEC, monotonic=monotonic)

    def get(self, key: str) -> Value | None:
        """The value under *key*, as it is or was a moment ago.

        Raises:
            TooManyStrangersError: nobody knows *key* here, and too many such were looked up.
        """
        if key in self._friends:
            value = self._friends.get(key)
            if value is None:
                self._friends.forget(key)
            return value
        value = self._strangers.get(key)
        if value is not None:
            self._strangers.forget(key)
            self._friends.keep(key, value)
        return value

    def forget(self, key: str) -> None:
        """Read the value under *key* again next time."""
        self._friends.forget(key)
        self._strangers.forget(key)

    def _look_up(self, key: str) -> Value | None:
        if not self._bucket.take():
            raise TooManyStrangersError
        return self._read(key)
