"""Where sounds are kept that were made once; the only place where the promise is documented."""

from abc import ABC, abstractmethod
from collections.abc import Collection
from datetime import timedelta
from typing import Final

KEPT: Final = timedelta(days=30)
"""After this a sound is thrown away, however often it was played."""
GOOD_FOR: Final = KEPT - timedelta(days=2)
"""Up to this age it counts as there: longer than an address of it is good."""


class Shelf(ABC):
    """Sounds by their names; the same name is always the same sound."""

    @abstractmethod
    def holds(self, name: str) -> bool:
        """Whether the sound is there, and stays long enough to be played.

        Raises:
            SpeechError: it cannot be found out.
        """

    @abstractmethod
    def get(self, name: str) -> bytes | None:
        """The file, if it is there.

        Raises:
            SpeechError: it cannot be read.
        """

    @abstractmethod
    def drop(self, names: Collection[str]) -> None:
        """Throw these sounds away, as far as they are there.

        Raises:
            SpeechError: some may still be there.
        """

    @abstractmethod
    def put(self, name: str, content: bytes) -> None:
        """Keep the file.

        Raises:
            SpeechError: it cannot be kept.
        """
