"""What a carrier's console holds of our numbers: as they were given to us, until it is written."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from moltis.carriers.network import OwnedNumber

Held = TypeVar("Held")


class Holdings(Generic[Held]):
    """One record for each number, made by *adopt* when the number is first looked at.

    A number that is given to us anew is looked at anew: what was written about it is forgotten.
    """

    def __init__(self, adopt: Callable[[OwnedNumber], Held]) -> None:
        self._adopt = adopt
        self._held: dict[str, tuple[OwnedNumber, Held]] = {}
        self._lock = threading.Lock()

    def of(self, number: OwnedNumber) -> Held:
        """The record of *number*."""
        with self._lock:
            known = self._held.get(number.number)
            if known is None or known[0] is not number:
                known = self._held[number.number] = (number, self._adopt(number))
            return known[1]
