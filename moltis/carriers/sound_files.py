"""How long a sound file lasts, read from its bytes."""

import struct
from typing import Final

TELEPHONE_RATE: Final = 8000
WAV_HEAD: Final = 44
MP3_BYTES_PER_SECOND: Final = 16_000
"""At 128 kbit/s; a guess is enough to wait for."""

WAV_TYPES: Final = frozenset({"audio/wav", "audio/wave", "audio/x-wav"})
OTHER_TYPES: Final = {
    "audio/ulaw": TELEPHONE_RATE,
    "audio/mpeg": MP3_BYTES_PER_SECOND,
}
"""Of the other formats that carriers take, those that can be met here → bytes in a second."""


class SoundError(Exception):
    """It is no sound file, or none that a carrier would play."""


def seconds_of(content: bytes, content_type: str) -> float:
    """Give the length of *content*, which was served as *content_type*.

    Raises:
        SoundError: it cannot be played.
    """
    if content_type in OTHER_TYPES:
        return len(content) / OTHER_TYPES[content_type]
    if content_type not in WAV_TYPES:
        message = f"{content_type!r} is not a type of sound that is played"
        raise SoundError(message)
    if len(content) < WAV_HEAD or content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        message = "it was served as WAV and is none"
        raise SoundError(message)
    (bytes_per_second,) = struct.unpack_from("<I", content, 28)
    if not bytes_per_second:
        message = "it is a WAV file without a rate"
        raise SoundError(message)
    return float(len(content) - WAV_HEAD) / float(bytes_per_second)
