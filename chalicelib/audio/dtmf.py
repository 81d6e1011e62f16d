"""The tones of telephone keys: ITU-T Q.23 says what they are, Q.24 what must be recognised."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from chalicelib.audio.samples import (
    FULL_SCALE,
    TELEPHONE_RATE,
    Samples,
    Waves,
    checked,
    decibels,
    saturated,
)

LOW: Final = (697, 770, 852, 941)
HIGH: Final = (1209, 1336, 1477, 1633)
KEYS: Final = ("123A", "456B", "789C", "*0#D")
TONE_SECS: Final = 0.1
PAUSE_SECS: Final = 0.08
WAITS: Final = {"w": 0.5, "W": 1.0}
"""What stands between keys and makes no sound, and for how long."""
LEVEL_DB: Final = -12.0
"""How loud each of the two tones is, below full scale."""
_EDGE_SECS: Final = 0.003

_TONES: Final = {
    key: (LOW[row], HIGH[column])
    for row, keys in enumerate(KEYS)
    for column, key in enumerate(keys)
}

_WINDOW: Final = 205
"""25.6 ms: long enough to tell the tones of one group apart, shorter than any key."""
_HOP: Final = 20
_HOPS_PER_SECOND: Final = TELEPHONE_RATE / _HOP
_AT_ONCE: Final = 4_096
"""How many windows are listened to in one product: what is long must not need much memory."""
_QUIETEST: Final = decibels(-42.0)
_TWIST_DB: Final = (-10.0, 7.0)
"""How much louder the higher tone may be than the lower; Q.24 wants 4 dB more and 8 dB less."""
_ALONE_DB: Final = 9.0
"""By how much a tone is louder than others of its group."""
_PART_OF_ALL: Final = 0.6
"""How much of all that is heard the two tones are; speech is many more."""
_OFF: Final = 0.025
"""How far off a tone may be; Q.24 wants 1.5 % and 2 Hz to pass, and 3.5 % to be refused."""
_EDGES_SECS: Final = 0.008
"""How much of a key windows at its edges miss: half in it, they hear more than two tones."""
_SHORTEST_SECS: Final = 0.0315 - _EDGES_SECS
"""Q.24: 40 ms is a key, less than 23 ms is none."""
_LONGEST_BREAK_SECS: Final = 0.012 + _EDGES_SECS
"""Q.24: 10 ms may be missing of a key, 40 ms part two of them."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was pressed: which, when, and for how long."""

    digit: str
    begins: float
    lasts: float


def tones(digits: str, *, tone_secs: float = TONE_SECS, pause_secs: float = PAUSE_SECS) -> Samples:
    """What *digits* sound like, a pause behind each, with 8000 samples a second."""
    pause = np.zeros(round(pause_secs * TELEPHONE_RATE), np.int16)
    sounds = [np.zeros(0, np.int16)]
    for digit in digits:
        if digit in WAITS:
            sounds.append(np.zeros(round(WAITS[digit] * TELEPHONE_RATE), np.int16))
        else:
            sounds += [tone(*_TONES[digit.upper()], secs=tone_secs), pause]
    return np.concatenate(sounds)


def tone(low: float, high: float, *, secs: float, twist_db: float = 0.0) -> Samples:
    """Sound two frequencies at once; the higher one *twist_db* louder than the lower."""
    at = np.arange(round(secs * TELEPHONE_RATE)) / TELEPHONE_RATE
    waves = np.sin(2 * math.pi * low * at) + decibels(twist_db) * np.sin(2 * math.pi * high * at)
    edges = np.clip(np.minimum(at, secs - at) / _EDGE_SECS, 0.0, 1.0)
    return saturated(waves * edges * decibels(LEVEL_DB) * FULL_SCALE)


def detect(pcm: Samples) -> list[Key]:
    """The keys that can be heard in *pcm*, which has 8000 samples a second."""
    if len(pcm) < _WINDOW:
        return []
    heard = _Heard.of(pcm)
    return [key for run in _runs(heard) if (key := _key(heard, run)) is not None]


@dataclass(frozen=True, slots=True, eq=False)
class _Heard:
    """What every window holds: the Goertzel sum of each tone, and which key that would be."""

    sums: NDArray[np.complex64]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    power: Waves
    is_key: NDArray[np.bool_]

    @classmethod
    def of(cls, pcm: Samples) -> "_Heard":
        """Listen to each window of *pcm*."""
        sums, everything = _listen(pcm)
        strength = np.abs(sums) ** 2
        low, high = strength[:, :4], strength[:, 4:]
        rows, columns = low.argmax(axis=1), high.argmax(axis=1)
        lows, highs = low.max(axis=1), high.max(axis=1)
        # A sine of height 1 has the power 1/2.
        is_key = (
            (np.minimum(lows, highs) > _QUIETEST**2)
            & (highs > lows * decibels(_TWIST_DB[0]) ** 2)
            & (highs < lows * decibels(_TWIST_DB[1]) ** 2)
            & ((lows + highs) / 2 > _PART_OF_ALL * everything)
            & _is_alone(low)
            & _is_alone(high)
        )
        return cls(sums, rows, columns, lows + highs, is_key)


def _listen(pcm: Samples) -> tuple[NDArray[np.complex64], Waves]:
    """The sum of each tone in each window, and the power of all that is in it."""
    padded = np.pad(checked(pcm).astype(np.float32) / FULL_SCALE, _WINDOW // 2)
    windows = sliding_window_view(padded, _WINDOW)[::_HOP]
    sums = np.empty((len(windows), len(LOW + HIGH)), np.complex64)
    everything = np.empty(len(windows), np.float32)
    for first in range(0, len(windows), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        block = np.ascontiguousarray(windows[some])
        sums[some] = block @ _GOERTZEL
        everything[some] = (block * block) @ _WEIGHTS
    return sums, everything


def _is_alone(group: Waves) -> NDArray[np.bool_]:
    ordered = np.sort(group, axis=1)
    return np.asarray(ordered[:, -1] > ordered[:, -2] * decibels(_ALONE_DB) ** 2)


def _runs(heard: _Heard) -> Iterator[NDArray[np.intp]]:
    """Windows that hold the same key without a break."""
    (found,) = np.nonzero(heard.is_key)
    if not len(found):
        return
    codes = heard.rows[found] * len(HIGH) + heard.columns[found]
    parts = (np.diff(codes) != 0) | (np.diff(found) > _LONGEST_BREAK_SECS * _HOPS_PER_SECOND)
    yield from np.split(found, np.nonzero(parts)[0] + 1)


def _key(heard: _Heard, run: NDArray[np.intp]) -> Key | None:
    # A window that is half in a key hears it half as loud: there its edges are.
    loud = run[heard.power[run] > heard.power[run].max() / 4]
    row, column = int(heard.rows[loud[0]]), int(heard.columns[loud[0]])
    secs = (loud[-1] - loud[0] + 1) / _HOPS_PER_SECOND
    if secs < _SHORTEST_SECS:
        return None
    for place, nominal in ((row, LOW[row]), (4 + column, HIGH[column])):
        if abs(_offset(heard.sums[loud[0] : loud[-1] + 1, place], nominal)) > _OFF * nominal:
            return None
    begins = loud[0] / _HOPS_PER_SECOND - _EDGES_SECS / 2
    return Key(KEYS[row][column], float(begins), float(secs + _EDGES_SECS))


def _offset(sums: NDArray[np.complex64], nominal: float) -> float:
    """By how many Hz a tone is off *nominal*: how much it turns from window to window besides."""
    expected = np.exp(2j * math.pi * nominal / _HOPS_PER_SECOND)
    turn = np.angle((sums[1:] * sums[:-1].conj()).sum() / expected)
    return float(turn) / (2 * math.pi) * _HOPS_PER_SECOND


def _goertzel() -> NDArray[np.complex64]:
    at = np.arange(_WINDOW)[:, np.newaxis] / TELEPHONE_RATE
    turning = np.exp(-2j * math.pi * at * np.array(LOW + HIGH))
    window = np.hanning(_WINDOW + 2)[1:-1, np.newaxis]
    return np.asarray(2 * turning * window / window.sum(), np.complex64)


def _weights() -> NDArray[np.float32]:
    # How a window sees noise: by the square of how it sees samples.
    squared = np.hanning(_WINDOW + 2)[1:-1] ** 2
    return np.asarray(squared / squared.sum(), np.float32)


_GOERTZEL: Final = _goertzel()
_WEIGHTS: Final = _weights()
