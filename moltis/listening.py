"""What can be heard in a recording of a call, as whoever has only the file would find out."""

import io
import wave
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from chalicelib.audio.dtmf import detect
from chalicelib.audio.loudness import active_level
from chalicelib.audio.samples import TELEPHONE_RATE, Samples, decibels, frames

SIDES: Final = 2
_FRAME: Final = TELEPHONE_RATE // 50
_SILENT_DB: Final = -50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is heard of one side."""

    level_db: float
    """How loud it is while it can be heard, below full scale."""
    keys: str
    """Which keys were pressed, by their tones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is heard of a call."""

    seconds: float
    silent: float
    """For which part of it neither side can be heard."""
    far_end: Side
    agent: Side


def listen(content: bytes) -> Heard:
    """Listen to a recording.

    Raises:
        ValueError: it is not of two sides, or not of a telephone's rate.
    """
    with wave.open(io.BytesIO(content)) as file:
        if (file.getnchannels(), file.getframerate()) != (SIDES, TELEPHONE_RATE):
            message = f"{file.getnchannels()} channels of {file.getframerate()} Hz are no call"
            raise ValueError(message)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, SIDES)
    left, right = (np.ascontiguousarray(side.astype(np.int16)) for side in both.T)
    return Heard(
        seconds=len(both) / TELEPHONE_RATE,
        silent=_silent(left, right),
        far_end=_side(left),
        agent=_side(right),
    )


def _side(samples: Samples) -> Side:
    # Who says one word in a long call is not quiet for that.
    level = 20 * np.log10(max(active_level(samples[_audible(samples)]), 1e-6))
    return Side(level_db=round(float(level), 1), keys="".join(key.digit for key in detect(samples)))


def _silent(*sides: Samples) -> float:
    if not len(sides[0]):
        return 1.0
    return float(1 - np.any([_audible(side) for side in sides], axis=0).mean())


def _audible(samples: Samples) -> NDArray[np.bool_]:
    """Of which samples something can be heard, by frames."""
    loudest = np.abs(frames(samples, _FRAME)).max(axis=1)
    return np.repeat(loudest >= decibels(_SILENT_DB), _FRAME)[: len(samples)]
