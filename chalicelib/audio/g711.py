"""ITU-T G.711: samples as the 8-bit codes of the telephone network, μ-law and A-law."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chalicelib.audio.samples import Samples, checked

_EVERY_SAMPLE: Final = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
_EVERY_CODE: Final = np.arange(256, dtype=np.int32)
_SEGMENT_ENDS: Final = 2 ** np.arange(5, 13)
"""From where, in 13 bits, A-law's segments but the first begin; μ-law's do twice as far up."""

_MU_BIAS: Final = 33
_MU_LOUDEST: Final = 8158
_A_TOGGLED: Final = 0x55
"""A-law turns every other bit over, so that silence has edges to keep a line in step with."""


def encode(pcm: Samples) -> bytes:
    """The μ-law codes of *pcm*, one byte for each sample."""
    return _MU_CODES.take(checked(pcm).view(np.uint16)).tobytes()


def decode(ulaw: bytes) -> Samples:
    """The samples that μ-law codes stand for."""
    return _decoded(ulaw, _MU_SAMPLES, _MU_PAIRS)


def encode_alaw(pcm: Samples) -> bytes:
    """The A-law codes of *pcm*, one byte for each sample."""
    return _A_CODES.take(checked(pcm).view(np.uint16)).tobytes()


def decode_alaw(alaw: bytes) -> Samples:
    """The samples that A-law codes stand for."""
    return _decoded(alaw, _A_SAMPLES, _A_PAIRS)


def _decoded(codes: bytes, samples: Samples, pairs: NDArray[np.uint32]) -> Samples:
    # Looked up by twos: half the look-ups take half the time. None can lie outside: not to look
    # whether one does ("wrap") is what saves a fifth.
    twos = np.frombuffer(codes, np.uint16, len(codes) // 2)
    even = pairs.take(twos, mode="wrap").view(np.int16)
    return np.append(even, samples[codes[-1]]) if len(codes) % 2 else even


def _pairs(samples: Samples) -> NDArray[np.uint32]:
    """What every two codes side by side stand for, in the order of this machine's bytes."""
    return samples.take(_EVERY_SAMPLE.astype(np.uint16).view(np.uint8)).view(np.uint32)


def _mu_codes() -> NDArray[np.uint8]:
    level = _EVERY_SAMPLE >> 2
    height = np.minimum(np.abs(level), _MU_LOUDEST) + _MU_BIAS
    segment = np.searchsorted(2 * _SEGMENT_ENDS, height, side="right")
    code = segment << 4 | height >> segment + 1 & 0xF
    # On the line all bits are turned over, so that silence is not a row of zeros.
    return np.asarray(code ^ np.where(level < 0, 0x7F, 0xFF), np.uint8)


def _mu_samples() -> Samples:
    code = ~_EVERY_CODE & 0xFF
    segment = code >> 4 & 7
    height = ((code & 0xF) * 2 + _MU_BIAS << segment) - _MU_BIAS
    return np.asarray(np.where(code & 0x80, -height, height) * 4, np.int16)


def _a_codes() -> NDArray[np.uint8]:
    level = _EVERY_SAMPLE >> 3
    height = np.where(level < 0, ~level, level)
    segment = np.searchsorted(_SEGMENT_ENDS, height, side="right")
    code = segment << 4 | height >> np.maximum(segment, 1) & 0xF
    return np.asarray(code ^ _A_TOGGLED ^ np.where(level < 0, 0, 0x80), np.uint8)


def _a_samples() -> Samples:
    code = _EVERY_CODE ^ _A_TOGGLED
    segment = code >> 4 & 7
    # The middle of the step; the two lowest segments have steps of the same size.
    middle = (code & 0xF) * 2 + np.where(segment, _MU_BIAS, 1)
    height = middle << np.maximum(segment - 1, 0)
    return np.asarray(np.where(code & 0x80, height, -height) * 8, np.int16)


_MU_CODES: Final = _mu_codes()
_MU_SAMPLES: Final = _mu_samples()
_A_CODES: Final = _a_codes()
_A_SAMPLES: Final = _a_samples()
_MU_PAIRS: Final = _pairs(_MU_SAMPLES)
_A_PAIRS: Final = _pairs(_A_SAMPLES)
