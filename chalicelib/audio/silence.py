"""Takes away the silence before and behind speech: each would make an agent seem slow."""

from typing import Final

import numpy as np

from chalicelib.audio.samples import TELEPHONE_RATE, Samples, checked, decibels, frames

_FRAME: Final = TELEPHONE_RATE // 100
_LOWEST_DB: Final = -60.0
"""What is never louder than this is silence, however quiet the rest is."""
_BELOW_DB: Final = -45.0
"""How far below the loudest frame a frame is silent."""
KEPT_BEFORE: Final = 3
KEPT_BEHIND: Final = 8
"""How many frames of 10 ms are kept: a consonant begins, and a vowel ends, below the threshold."""


def trimmed(pcm: Samples) -> Samples:
    """Give *pcm*, of a telephone's rate, without silence around it; empty if it is all silence."""
    if not len(pcm):
        return checked(pcm)
    loudness = np.sqrt((frames(checked(pcm), _FRAME) ** 2).mean(axis=1))
    threshold = max(decibels(_LOWEST_DB), loudness.max() * decibels(_BELOW_DB))
    (loud,) = np.nonzero(loudness > threshold)
    if not len(loud):
        return pcm[:0]
    first = max(0, int(loud[0]) - KEPT_BEFORE)
    return pcm[first * _FRAME : (int(loud[-1]) + 1 + KEPT_BEHIND) * _FRAME]
