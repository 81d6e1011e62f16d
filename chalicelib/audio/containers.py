"""Sound in files: WAV as anybody may write it, and samples without a head; nothing is believed."""

import string
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from chalicelib.audio import g711
from chalicelib.audio.resample import HIGHEST_RATE, LOWEST_RATE
from chalicelib.audio.samples import FULL_SCALE, Samples, Sound, Waves, saturated
from chalicelib.errors import AudioError

LARGEST: Final = 16 * 1024 * 1024
LONGEST_SECS: Final = 300.0
_MOST_CHUNKS: Final = 64
_MOST_CHANNELS: Final = 2
_HEAD: Final = 12
_CHUNK: Final = 8
_FORMAT: Final = struct.Struct("<HHIIHH")
_TEXT: Final = 64
"""How many letters in a row are no sound."""


class Encoding(StrEnum):
    """How samples are written down."""

    PCM16 = "16-bit samples, lower byte first"
    MULAW = "μ-law codes"
    ALAW = "A-law codes"


@dataclass(frozen=True, slots=True)
class Raw:
    """Of which kind samples without a head are."""

    encoding: Encoding
    rate: int


# The registered numbers of formats: RFC 2361; 0xFFFE says that the number stands further behind.
_PCM, _FLOAT, _ALAW, _MULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
_NUMBERS: Final = {Encoding.PCM16: _PCM, Encoding.MULAW: _MULAW, Encoding.ALAW: _ALAW}
_SIZES: Final = {Encoding.PCM16: 2, Encoding.MULAW: 1, Encoding.ALAW: 1}

_OTHERS: Final[Mapping[bytes, str]] = {
    b"ID3": "MP3",
    b"\xff\xfb": "MP3",
    b"\xff\xf3": "MP3",
    b"OggS": "Ogg",
    b"fLaC": "FLAC",
    b"FORM": "AIFF",
    b"RIFX": "a WAV with its bytes the other way round",
    b".snd": "AU",
    b"\x1aE\xdf\xa3": "WebM",
}
"""What other files begin with."""


def read(content: bytes, raw: Raw | None = None) -> Sound:
    """Read a WAV; what has no head is of the kind *raw*, if that is given.

    Raises:
        AudioError: it is neither, is broken, or is more than we take.
    """
    if len(content) > LARGEST:
        message = f"{len(content)} bytes are more sound than the {LARGEST} we take"
        raise AudioError(message)
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return _checked_length(_read_wav(content))
    other = next((name for head, name in _OTHERS.items() if content.startswith(head)), "")
    if other or raw is None:
        message = f"it is {other or 'no WAV'}; we read WAV"
        raise AudioError(message)
    if not content[:_TEXT].translate(None, delete=string.printable.encode()):
        message = "it is text, not sound"
        raise AudioError(message)
    return _checked_length(Sound(_decoded_raw(content, raw.encoding), raw.rate))


def write_wav(
    pcm: Samples, rate: int, *, encoding: Encoding = Encoding.PCM16, channels: int = 1
) -> bytes:
    """Write *pcm*, the channels' samples in turn, as a WAV."""
    size = _SIZES[encoding]
    body = encoded(pcm, encoding)
    frame = size * channels
    layout = _FORMAT.pack(_NUMBERS[encoding], channels, rate, rate * frame, frame, 8 * size)
    # All but plain samples want the size of an extension, and the number of samples.
    extended = encoding is not Encoding.PCM16
    count = struct.pack("<I", len(pcm) // channels)
    chunks = (
        (b"fmt ", layout + (b"\0\0" if extended else b"")),
        *([(b"fact", count)] if extended else []),
        (b"data", body),
    )
    told = b"".join(
        name + struct.pack("<I", len(chunk)) + chunk + b"\0" * (len(chunk) % 2)
        for name, chunk in chunks
    )
    return b"RIFF" + struct.pack("<I", len(told) + 4) + b"WAVE" + told


def encoded(pcm: Samples, encoding: Encoding) -> bytes:
    """Write *pcm* down without a head."""
    match encoding:
        case Encoding.PCM16:
            return pcm.astype("<i2").tobytes()
        case Encoding.MULAW:
            return g711.encode(pcm)
        case Encoding.ALAW:
            return g711.encode_alaw(pcm)


@dataclass(frozen=True, slots=True)
class _Layout:
    number: int
    channels: int
    rate: int
    frame: int
    bits: int


def _read_wav(content: bytes) -> Sound:
    layout: _Layout | None = None
    for name, chunk in _chunks(content):
        if name == b"fmt ":
            layout = _layout(chunk)
        elif name == b"data":
            if layout is None:
                message = "its samples stand before what they are"
                raise AudioError(message)
            return Sound(_decoded(chunk, layout), layout.rate)
    message = "it is a WAV without samples"
    raise AudioError(message)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = _HEAD
    for _ in range(_MOST_CHUNKS):
        if place + _CHUNK > len(content):
            return
        name = content[place : place + 4]
        (size,) = struct.unpack_from("<I", content, place + 4)
        # Engines that stream do not know the size yet, and write the largest: then it is the rest.
        yield name, content[place + _CHUNK : place + _CHUNK + size]
        place += _CHUNK + size + size % 2


def _layout(chunk: bytes) -> _Layout:
    if len(chunk) < _FORMAT.size:
        message = "it does not say what its samples are"
        raise AudioError(message)
    number, channels, rate, _, frame, bits = _FORMAT.unpack_from(chunk)
    if number == _EXTENSIBLE and len(chunk) >= _FORMAT.size + 10:
        (number,) = struct.unpack_from("<H", chunk, _FORMAT.size + 8)
    if not 1 <= channels <= _MOST_CHANNELS:
        message = f"it has {channels} channels; we take 1 or 2"
        raise AudioError(message)
    if frame * 8 != channels * bits or (number, bits) not in _READERS:
        message = f"its samples, of format {number} with {bits} bits, are none that we read"
        raise AudioError(message)
    return _Layout(number, channels, rate, frame, bits)


def _decoded(chunk: bytes, layout: _Layout) -> Samples:
    whole = chunk[: len(chunk) // layout.frame * layout.frame]
    samples = _READERS[layout.number, layout.bits](whole)
    if layout.channels == 1:
        return samples
    return saturated(samples.reshape(-1, layout.channels).mean(axis=1))


def _decoded_raw(content: bytes, encoding: Encoding) -> Samples:
    if len(content) % _SIZES[encoding]:
        message = "it breaks off in the middle of a sample"
        raise AudioError(message)
    reader = _READERS[_NUMBERS[encoding], 8 * _SIZES[encoding]]
    return reader(content)


def _checked_length(sound: Sound) -> Sound:
    if not LOWEST_RATE <= sound.rate <= HIGHEST_RATE:
        message = f"it has {sound.rate} samples a second; we take {LOWEST_RATE} to {HIGHEST_RATE}"
        raise AudioError(message)
    if not len(sound.samples):
        message = "there is no sound in it"
        raise AudioError(message)
    if sound.seconds > LONGEST_SECS:
        message = f"it lasts {sound.seconds:.0f} s; we take {LONGEST_SECS:.0f}"
        raise AudioError(message)
    return sound


def _from_8_bits(content: bytes) -> Samples:
    return (np.frombuffer(content, np.uint8).astype(np.int16) - 128) * 256


def _from_16_bits(content: bytes) -> Samples:
    return np.frombuffer(content, "<i2").astype(np.int16)


def _from_24_bits(content: bytes) -> Samples:
    # The lowest of three bytes is less than we can say.
    upper = np.frombuffer(content, np.uint8).reshape(-1, 3)[:, 1:]
    return np.ascontiguousarray(upper).view("<i2").ravel().astype(np.int16)


def _from_32_bits(content: bytes) -> Samples:
    return (np.frombuffer(content, "<i4") >> 16).astype(np.int16)


def _from_floats(content: bytes) -> Samples:
    return _from_waves(np.frombuffer(content, "<f4"))


def _from_doubles(content: bytes) -> Samples:
    return _from_waves(np.frombuffer(content, "<f8"))


def _from_waves(waves: Waves) -> Samples:
    if not np.isfinite(waves).all():
        message = "some of its samples are no numbers"
        raise AudioError(message)
    return saturated(np.clip(waves, -1.0, 1.0) * FULL_SCALE)


_READERS: Final = {
    (_PCM, 8): _from_8_bits,
    (_PCM, 16): _from_16_bits,
    (_PCM, 24): _from_24_bits,
    (_PCM, 32): _from_32_bits,
    (_FLOAT, 32): _from_floats,
    (_FLOAT, 64): _from_doubles,
    (_MULAW, 8): g711.decode,
    (_ALAW, 8): g711.decode_alaw,
}
"""How samples are read, by the number of their format and how many bits they have."""
