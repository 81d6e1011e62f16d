"""What sound is made of here: 16-bit samples of one channel."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Samples: TypeAlias = NDArray[np.int16]
Waves: TypeAlias = NDArray[np.floating[Any]]
"""The same before it is rounded."""

TELEPHONE_RATE: Final = 8_000
"""How many samples a second a telephone line carries."""
FULL_SCALE: Final = 32_768


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Samples, and how many of them there are in a second."""

    samples: Samples
    rate: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / self.rate


def checked(pcm: Samples) -> Samples:
    """Give *pcm* as one contiguous row of samples.

    Raises:
        TypeError: it is something else, which would sound like noise.
    """
    if pcm.dtype != np.int16 or pcm.ndim != 1:
        message = f"samples are 16-bit and of one channel, not {pcm.ndim}-dimensional {pcm.dtype}"
        raise TypeError(message)
    return np.ascontiguousarray(pcm)


def saturated(waves: Waves) -> Samples:
    """Round *waves*, which may swing too far, to samples, which cannot."""
    rounded = np.rint(waves)
    return np.clip(rounded, -FULL_SCALE, FULL_SCALE - 1, out=rounded).astype(np.int16)


def frames(pcm: Samples, size: int) -> Waves:
    """Cut *pcm* into frames of *size*, silence behind the last, as parts of full scale."""
    count = -(-len(pcm) // size)
    padded = np.zeros(count * size)
    padded[: len(pcm)] = pcm
    return padded.reshape(count, size) / FULL_SCALE


def decibels(ratio: float) -> float:
    """Say as a factor what *ratio* says in dB."""
    return float(10 ** (ratio / 20))
