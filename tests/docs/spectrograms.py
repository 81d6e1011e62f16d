"""`make docs`: draws docs/images/resampling.svg, a sweep that was brought from 24 to 8 kHz."""

import struct
import zlib
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np

from chalicelib.audio.resample import resample
from chalicelib.audio.samples import FULL_SCALE, Samples
from tests.sound import Resampling, nearest

PICTURE: Final = Path(__file__).parents[2] / "docs" / "images" / "resampling.svg"
WIDTH: Final = 360
HEIGHT: Final = 240
FROM_RATE: Final = 24_000
TO_RATE: Final = 8_000
SECS: Final = 3.0
QUIETEST_DB: Final = -90.0
WINDOW: Final = 2 * (HEIGHT - 1)
_LEFT, _TOP, _GAP = 54, 44, 24
_COLOURS: Final = np.array(
    [(5, 5, 20), (60, 15, 110), (170, 45, 110), (250, 140, 60), (255, 250, 190)], float
)

PANELS: Final[Mapping[str, Resampling]] = {
    "nearest neighbour": nearest,
    "this project": resample,
}


def sweep() -> Samples:
    """A tone that rises from nothing to 12 kHz."""
    at = np.arange(int(SECS * FROM_RATE)) / FROM_RATE
    rising = np.sin(np.pi * at * at * (FROM_RATE / 2) / SECS)
    return np.rint(rising * FULL_SCALE / 2).astype(np.int16)


def levels(by: Resampling) -> np.ndarray:
    """How loud, in dB below full scale, each frequency is when; the highest is the first row."""
    there = by(sweep(), FROM_RATE, TO_RATE) / FULL_SCALE
    starts = np.linspace(0, len(there) - WINDOW, WIDTH).astype(int)
    window = np.kaiser(WINDOW, 12)
    cut = np.stack([there[start : start + WINDOW] * window for start in starts])
    heights = np.abs(np.fft.rfft(cut, axis=1)) * 2 / window.sum()
    return np.asarray(20 * np.log10(np.maximum(heights, 1e-9)).T[::-1])


def picture() -> str:
    """The whole picture."""
    panels = "".join(
        _panel(title, by, _LEFT + place * (WIDTH + _GAP))
        for place, (title, by) in enumerate(PANELS.items())
    )
    width = _LEFT + len(PANELS) * (WIDTH + _GAP)
    height = _TOP + HEIGHT + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">'
        f'<rect width="{width}" height="{height}" fill="#fff"/>{_axis()}{panels}</svg>\n'
    )


def _axis() -> str:
    return "".join(
        f'<text x="{_LEFT - 8}" y="{_TOP + HEIGHT * (1 - khz / 4) + 5:.0f}" '
        f'text-anchor="end" fill="#333">{khz} kHz</text>'
        for khz in range(5)
    )


def _panel(title: str, by: Resampling, left: int) -> str:
    image = b64encode(_png(_coloured(levels(by)))).decode()
    return (
        f'<text x="{left}" y="{_TOP - 16}" fill="#111" font-weight="bold">{title}</text>'
        f'<image x="{left}" y="{_TOP}" width="{WIDTH}" height="{HEIGHT}"'
        f' href="data:image/png;base64,{image}"/>'
        f'<text x="{left}" y="{_TOP + HEIGHT + 22}" fill="#333">'
        f"0 to {SECS:.0f} s: the tone rises from 0 to 12 kHz</text>"
    )


def _coloured(heights: np.ndarray) -> np.ndarray:
    along = np.clip(1 - heights / QUIETEST_DB, 0, 1) * (len(_COLOURS) - 1)
    stops = np.arange(len(_COLOURS))
    channels = [np.interp(along, stops, _COLOURS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).astype(np.uint8)


def _png(pixels: np.ndarray) -> bytes:
    height, width, _ = pixels.shape
    # Each row begins with how it is filtered: not at all.
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture(), "utf-8")
