"""The public telephone network: who answers which number, and which numbers are ours."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from moltis.carriers.clock import Clock
from moltis.carriers.far_end import FarEnd, PolitePerson

ANY_NUMBER: Final = ""

FarEndFactory = Callable[[], FarEnd | None]
"""Makes whoever answers the next call; nobody when its telephone is not there any more."""


class UnknownNumberError(Exception):
    """The number is not one of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedNumber:
    """A number of one of our accounts, and what its carrier knows about it."""

    carrier: str
    account_id: str
    number: str
    voice_url: str
    """What the carrier asks when the number is called."""
    status_url: str = ""
    """Where it reports how such a call went."""
    fallback_url: str = ""
    """What it asks where the first address gives no answer."""
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    voice: bool = True
    """Whether it may be called and call."""


class Network:
    """Connects numbers with far ends; every number that nobody attached to is a polite person's."""

    def __init__(
        self, clock: Clock | None = None, *, default: FarEndFactory = PolitePerson
    ) -> None:
        self.clock = clock or Clock()
        self._default = default
        self._far_ends: dict[str, FarEndFactory] = {}
        self._owned: dict[tuple[str, str], OwnedNumber] = {}
        self._lock = threading.Lock()

    def attach(self, number: str, far_end: FarEndFactory) -> None:
        """Let *far_end* make whoever answers *number* (or `ANY_NUMBER`) from now on."""
        with self._lock:
            self._far_ends[number] = far_end

    def detach(self, number: str, far_end: FarEndFactory | None = None) -> None:
        """Leave *number* to its default again, unless somebody else than *far_end* has it."""
        with self._lock:
            if far_end is None or self._far_ends.get(number) == far_end:
                self._far_ends.pop(number, None)

    def far_end(self, number: str) -> FarEnd:
        """Make the far end that a call with *number* is connected to."""
        with self._lock:
            candidates = (self._far_ends.get(number), self._far_ends.get(ANY_NUMBER), self._default)
        for make in candidates:
            far_end = make() if make is not None else None
            if far_end is not None:
                return far_end
        return PolitePerson()

    def own(self, number: OwnedNumber) -> None:
        """Register *number* as one of ours; to say the same again changes nothing."""
        with self._lock:
            if self._owned.get((number.carrier, number.number)) != number:
                self._owned[number.carrier, number.number] = number

    def owned(self, number: str, carrier: str = "") -> OwnedNumber:
        """Give what is known about our *number*, at *carrier* if it is ours at several.

        Raises:
            UnknownNumberError: it is not ours.
        """
        for owned in self.numbers:
            if owned.number == number and carrier in {"", owned.carrier}:
                return owned
        known = ", ".join(owned.number for owned in self.numbers) or "none"
        message = f"{number!r} is not one of our numbers; known: {known}"
        raise UnknownNumberError(message)

    @property
    def numbers(self) -> tuple[OwnedNumber, ...]:
        """All our numbers."""
        with self._lock:
            return tuple(self._owned.values())
