"""Changes how many samples a second there are: a band-limited polyphase filter in one product.

What lies above the band of the lower rate is taken away before it can fold back into it. The
filter is laid out as fixed matrices, each column of which makes one of a row of samples, so that
BLAS does the work. See docs/audio.md for what it lets through, and how fast it is.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from chalicelib.audio.samples import Samples, checked, saturated

LOWEST_RATE: Final = 4_000
HIGHEST_RATE: Final = 192_000
_PASSED: Final = 0.825
"""Which part of the band is let through as it is: of a telephone's 4 kHz, up to 3.3 kHz."""
_STOPPED_DB: Final = 66.0
"""By how much, at least, what would fold back is taken down."""
_COLUMNS: Final = 16
"""How many samples a matrix makes at once, at most."""
_PRODUCT: Final = 2**19
"""The largest product that OpenBLAS does not part among threads, which cost more than they save."""
_MOST_TAPS: Final = 2**20


def resample(pcm: Samples, from_rate: int, to_rate: int) -> Samples:
    """The same sound with *to_rate* samples a second instead of *from_rate*.

    It is as long as before, to the nearest sample, and in step with it: nothing is delayed.

    Raises:
        ValueError: there is no such rate, or the two have too little in common.
    """
    if from_rate == to_rate:
        return checked(pcm).copy()
    resampler = Resampler(from_rate, to_rate)
    return np.concatenate((resampler.feed(pcm), resampler.flush()))


class Resampler:
    """The same for sound that comes in pieces: the samples do not depend on where it was cut.

    That holds to the bit, because every row is computed at its own place in a block that always
    has the same shape, whatever is known of the block's other rows: so BLAS adds up the same
    products in the same order.
    """

    def __init__(self, from_rate: int, to_rate: int) -> None:
        self._filter = _filter(from_rate, to_rate)
        self._blocks = [
            np.zeros((self._filter.rows, len(part.matrix)), np.float32)
            for part in self._filter.parts
        ]
        self._waiting = self._silence()
        self._place = self._taken = self._given = 0

    def feed(self, pcm: Samples) -> Samples:
        """Take the next piece; give what is settled by now."""
        self._taken += len(pcm)
        self._waiting = np.concatenate((self._waiting, checked(pcm)))
        return self._settled((len(self._waiting) - self._filter.width) // self._filter.step + 1)

    def flush(self) -> Samples:
        """Nothing more comes: give the rest. The next piece begins another sound."""
        missing = self._filter.length_of(self._taken) - self._given
        rows = -(-missing // self._filter.row)
        needed = max(0, (rows - 1) * self._filter.step + self._filter.width - len(self._waiting))
        self._waiting = np.concatenate((self._waiting, np.zeros(needed, np.int16)))
        rest = self._settled(rows)[:missing]
        self._waiting = self._silence()
        self._place = self._taken = self._given = 0
        return rest

    def _silence(self) -> Samples:
        return np.zeros(self._filter.reach, np.int16)

    def _settled(self, rows: int) -> Samples:
        if rows <= 0:
            return np.zeros(0, np.int16)
        step = self._filter.step
        made = np.empty((rows, self._filter.row), np.float32)
        for part, block in zip(self._filter.parts, self._blocks, strict=True):
            seen = as_strided(
                self._waiting[part.begins :], (rows, block.shape[1]), (step * 2, 2), writeable=False
            )
            done, place = 0, self._place
            while done < rows:
                until = min(rows, done + len(block) - place)
                block[place : place + until - done] = seen[done:until]
                product = block @ part.matrix
                made[done:until, part.columns] = product[place : place + until - done]
                done, place = until, 0
        self._place = (self._place + rows) % self._filter.rows
        self._waiting = self._waiting[rows * step :]
        self._given += rows * self._filter.row
        return saturated(made.ravel())


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """Makes some *columns* of each row, of the inputs from *begins* on."""

    begins: int
    columns: slice
    matrix: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class _Filter:
    """Makes rows of samples, each *step* inputs after the one before.

    A sample sees *reach* inputs to either side; *ups* samples come of *downs* inputs.
    """

    ups: int
    downs: int
    row: int
    reach: int
    parts: tuple[_Part, ...]

    @property
    def step(self) -> int:
        return self.row * self.downs // self.ups

    @property
    def width(self) -> int:
        """How many inputs a row is made of."""
        return max(part.begins + len(part.matrix) for part in self.parts)

    @property
    def rows(self) -> int:
        """How many rows make a block."""
        return max(1, _PRODUCT // max(part.matrix.size for part in self.parts))

    def length_of(self, taken: int) -> int:
        """How many samples *taken* ones become, half a sample rounded up."""
        return (2 * taken * self.ups + self.downs) // (2 * self.downs)


@cache
def _filter(from_rate: int, to_rate: int) -> _Filter:
    for rate in (from_rate, to_rate):
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            message = f"a rate lies between {LOWEST_RATE} and {HIGHEST_RATE}, not at {rate}"
            raise ValueError(message)
    common = math.gcd(from_rate, to_rate)
    ups, downs = to_rate // common, from_rate // common
    response = _response(from_rate * ups, min(from_rate, to_rate) / 2)
    row = ups * max(1, _COLUMNS // ups)
    parts = tuple(
        _part(slice(first, min(first + _COLUMNS, row)), ups, downs, response)
        for first in range(0, row, _COLUMNS)
    )
    return _Filter(ups, downs, row, len(response) // 2 // ups, parts)


def _part(columns: slice, ups: int, downs: int, response: NDArray[np.float64]) -> _Part:
    """Lay out *response* for some *columns*: an input stands *ups* taps after the one before."""
    half = len(response) // 2
    reach = half // ups
    begins = columns.start * downs // ups
    width = (columns.stop - 1) * downs // ups - begins + 2 + 2 * reach
    inputs = np.arange(begins, begins + width)[:, np.newaxis] - reach
    taps = np.arange(columns.start, columns.stop) * downs - inputs * ups + half
    inside = (taps >= 0) & (taps < len(response))
    matrix = np.where(inside, response[np.clip(taps, 0, len(response) - 1)], 0.0)
    # Each phase by itself keeps a level as it is; else a constant would begin to hum.
    return _Part(begins, columns, (matrix / matrix.sum(axis=0)).astype(np.float32))


def _response(rate: int, band: float) -> NDArray[np.float64]:
    """A sinc in a Kaiser window, of odd length: what passes *band* Hz at *rate*.

    How long it must be and which window it wants are Kaiser's own formulas.
    """
    transition = 2 * math.pi * band * (1 - _PASSED) / rate
    taps = 2 * math.ceil((_STOPPED_DB - 7.95) / (2.285 * transition) / 2) + 1
    if taps > _MOST_TAPS:
        message = "the two rates have too little in common"
        raise ValueError(message)
    window = np.kaiser(taps, 0.1102 * (_STOPPED_DB - 8.7))
    cut = band * (1 + _PASSED) / rate
    return np.asarray(np.sinc(cut * (np.arange(taps) - taps // 2)) * window)
