"""Makes speech as loud as other speech on a telephone: no whisper, and nothing clipped."""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from chalicelib.audio.samples import (
    FULL_SCALE,
    TELEPHONE_RATE,
    Samples,
    Waves,
    checked,
    decibels,
    frames,
    saturated,
)

WANTED_DB: Final = -20.0
"""How loud speech is while somebody speaks, below full scale: pauses do not count."""
HIGHEST_PEAK_DB: Final = -1.0
MOST_GAIN_DB: Final = 36.0
_NOTHING_DB: Final = -66.0
"""What is never louder than this is no speech, and stays as it is."""
_PAUSE_DB: Final = -25.0
"""How far below its loud frames a frame is a pause."""
_LOUD: Final = 95
"""How many of a hundred frames are not louder than what counts as loud."""
_FRAME: Final = TELEPHONE_RATE // 50
_LIMITER: Final = TELEPHONE_RATE // 200
"""How early the limiter turns down before a peak, and how late up again."""


def levelled(pcm: Samples) -> Samples:
    """Give *pcm*, of a telephone's rate, as loud as speech should be."""
    speech = active_level(pcm)
    if speech < decibels(_NOTHING_DB):
        return checked(pcm)
    gain = min(decibels(WANTED_DB) / speech, decibels(MOST_GAIN_DB))
    return saturated(_limited(pcm * gain, FULL_SCALE * decibels(HIGHEST_PEAK_DB)))


def active_level(pcm: Samples) -> float:
    """How loud *pcm* is while there is speech in it, as a part of full scale."""
    if not len(pcm):
        return 0.0
    power = (frames(checked(pcm), _FRAME) ** 2).mean(axis=1)
    loud = np.percentile(power, _LOUD)
    # A click may be in any frame; it says nothing about the rest.
    spoken = np.minimum(power[power >= loud * decibels(_PAUSE_DB) ** 2], loud)
    return float(np.sqrt(spoken.mean()))


def _limited(waves: Waves, ceiling: float) -> Waves:
    """Turn down around peaks above *ceiling*, smoothly and before they come.

    The gain is an average of lowest gains, each over a window that holds the peak: so it is never
    higher than the peak allows.
    """
    heights = np.abs(waves)
    if heights.max() <= ceiling:
        return waves
    allowed = np.minimum(1.0, ceiling / np.maximum(heights, ceiling))
    size = 2 * _LIMITER + 1
    lowest = sliding_window_view(np.pad(allowed, 2 * _LIMITER, mode="edge"), size).min(axis=1)
    smooth = np.convolve(lowest, np.full(size, 1 / size), mode="valid")
    return waves * np.minimum(smooth, allowed)
