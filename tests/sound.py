"""Measures what is done to sound: what is added to a tone, what folds back, what passes."""

import math
from collections.abc import Callable, Iterable

import numpy as np

from chalicelib.audio.samples import Samples

HALF_SCALE = 16_384

Resampling = Callable[[Samples, int, int], Samples]


def sine(hertz: float, rate: int, *, secs: float = 0.5, height: float = HALF_SCALE) -> Samples:
    """A tone."""
    turns = 2 * math.pi * hertz * np.arange(int(rate * secs)) / rate
    return np.rint(height * np.sin(turns)).astype(np.int16)


def noise(count: int, seed: int = 7) -> Samples:
    """Samples that are as loud as can be, and the same each time."""
    return np.random.default_rng(seed).integers(-32_768, 32_768, count).astype(np.int16)


def steady(pcm: Samples) -> np.ndarray:
    """The middle of a sound: its edges are no sine."""
    return pcm[len(pcm) // 4 : 3 * len(pcm) // 4].astype(float)


def fitted(pcm: np.ndarray, hertz: float, rate: int) -> np.ndarray:
    """The sine of that frequency that is nearest to *pcm*."""
    turns = 2 * math.pi * hertz * np.arange(len(pcm)) / rate
    basis = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return np.asarray(basis @ np.linalg.lstsq(basis, pcm, rcond=None)[0])


def power(wave: np.ndarray) -> float:
    """The mean of the squares."""
    return float(np.mean(wave**2))


def in_db(ratio: float) -> float:
    """A ratio of powers; what is nothing at all is -200."""
    return 10 * math.log10(max(ratio, 1e-20))


def signal_to_noise(hertz: float, from_rate: int, to_rate: int, by: Resampling) -> float:
    """By how many dB a tone is louder than all that was added to it."""
    there = steady(by(sine(hertz, from_rate), from_rate, to_rate))
    tone = fitted(there, hertz, to_rate)
    return in_db(power(tone) / max(power(there - tone), 1e-9))


def folded_back(rate: int, by: Resampling) -> float:
    """How loud, in dB, the loudest tone above a telephone's band still is at 8 kHz."""
    above = [*range(4_000, 4_800, 40), *range(4_800, rate // 2, 400)]
    left = [power(steady(by(sine(hertz, rate), rate, 8_000))) for hertz in above]
    return in_db(max(left) / (HALF_SCALE**2 / 2))


def gains(frequencies: Iterable[int], from_rate: int, to_rate: int, by: Resampling) -> list[float]:
    """How loud, in dB, tones are against what they were."""
    found = []
    for hertz in frequencies:
        there = steady(by(sine(hertz, from_rate), from_rate, to_rate))
        found.append(in_db(power(fitted(there, hertz, to_rate)) / (HALF_SCALE**2 / 2)))
    return found


def ripple(from_rate: int, to_rate: int, by: Resampling) -> float:
    """By how many dB tones of a telephone's band, up to 3.2 kHz, are not equally loud."""
    found = gains(range(200, 3_201, 250), from_rate, to_rate, by)
    return max(found) - min(found)


def nearest(pcm: Samples, from_rate: int, to_rate: int) -> Samples:
    """Take the nearest sample: what is done where nobody thought of folding."""
    count = len(pcm) * to_rate // from_rate
    return pcm[np.arange(count) * from_rate // to_rate]
