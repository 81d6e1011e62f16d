"""How fast sound is made ready, and how well, with others doing the same in the same rounds."""

import audioop
import os
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, Final

# One core, as on Lambda; and BLAS reads it when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import click
import numpy as np
import soxr

from chalicelib.audio import g711
from chalicelib.audio.resample import resample
from chalicelib.audio.samples import Samples
from tests import sound

SECONDS: Final = 60
ROUNDS: Final = 15
RATES: Final = (48_000, 44_100, 24_000, 22_050, 16_000)

Row = dict[str, Any]


def measure() -> dict[str, Any]:
    """Measure and print everything about sound."""
    codes, rates, path = _codes(), _rates(), _path()
    floors = [
        _floor(
            "μ-law is encoded 5 times as fast as by audioop", codes, "encode, audioop", "encode", 5
        ),
        _floor(
            "μ-law is decoded 0.3 times as fast as by audioop",
            codes,
            "decode, audioop",
            "decode",
            0.3,
        ),
        _floor("24 kHz becomes 8 kHz as fast as by soxr HQ", rates["24000"], "soxr HQ", "ours", 1),
    ]
    return {"audio": {"g711": codes, "resample": rates, "path": path, "floors": floors}}


def _codes() -> list[Row]:
    pcm = sound.noise(SECONDS * 8_000)
    told, codes = pcm.tobytes(), g711.encode(pcm)
    return _table(
        "G.711, a minute",
        _timed(
            {
                "encode": lambda: g711.encode(pcm),
                "encode, audioop": lambda: audioop.lin2ulaw(told, 2),
                "decode": lambda: g711.decode(codes),
                "decode, audioop": lambda: audioop.ulaw2lin(codes, 2),
                "encode A-law": lambda: g711.encode_alaw(pcm),
                "encode A-law, audioop": lambda: audioop.lin2alaw(told, 2),
            }
        ),
    )


def _rates() -> dict[str, list[Row]]:
    return {str(rate): _rate(rate) for rate in RATES}


def _rate(rate: int) -> list[Row]:
    pcm = sound.noise(SECONDS * rate)
    rows = _timed({name: _bound(by, pcm, rate) for name, by in METHODS.items()})
    for row in rows:
        by = METHODS[row["name"]]
        row["signal_to_noise_db"] = round(sound.signal_to_noise(1_000, rate, 8_000, by), 1)
        row["folded_back_db"] = round(sound.folded_back(rate, by), 1)
        row["ripple_db"] = round(sound.ripple(rate, 8_000, by), 2)
    return _table(f"{rate} Hz to 8000 Hz, a minute", rows)


def _path() -> list[Row]:
    pcm = sound.noise(SECONDS * 24_000)
    return _table(
        "24 kHz to μ-law, a minute",
        _timed(
            {
                "ours": lambda: g711.encode(resample(pcm, 24_000, 8_000)),
                "soxr HQ, then audioop": lambda: audioop.lin2ulaw(
                    _soxr(pcm, 24_000, 8_000).tobytes(), 2
                ),
                "audioop": lambda: audioop.lin2ulaw(_ratecv(pcm, 24_000, 8_000).tobytes(), 2),
            }
        ),
    )


def _soxr(pcm: Samples, from_rate: int, to_rate: int) -> Samples:
    return np.asarray(soxr.resample(pcm, from_rate, to_rate, quality="HQ"))


def _ratecv(pcm: Samples, from_rate: int, to_rate: int) -> Samples:
    there, _ = audioop.ratecv(pcm.tobytes(), 2, 1, from_rate, to_rate, None)
    return np.frombuffer(there, np.int16)


METHODS: Final[Mapping[str, sound.Resampling]] = {
    "ours": resample,
    "soxr HQ": _soxr,
    "audioop.ratecv": _ratecv,
    "nearest neighbour": sound.nearest,
}


def _bound(by: sound.Resampling, pcm: Samples, rate: int) -> Callable[[], object]:
    return lambda: by(pcm, rate, 8_000)


def _timed(what: Mapping[str, Callable[[], object]]) -> list[Row]:
    """Do all of *what* in turn, so that whatever else the machine does slows all of it."""
    took: dict[str, list[float]] = {name: [] for name in what}
    for _ in range(ROUNDS):
        for name, do in what.items():
            began = time.perf_counter()
            do()
            took[name].append(time.perf_counter() - began)
    return [
        {
            "name": name,
            "milliseconds": round(1000 * median(times), 3),
            "times_real_time": round(SECONDS / median(times)),
            "rounds": times,
        }
        for name, times in took.items()
    ]


def _floor(name: str, rows: list[Row], other: str, ours: str, at_least: float) -> Row:
    rounds = {row["name"]: row["rounds"] for row in rows}
    ratio = median(theirs / own for theirs, own in zip(rounds[other], rounds[ours], strict=True))
    click.echo(f"{'ok ' if ratio >= at_least else 'NOT'} {name}: {ratio:.2f}")
    return {"name": name, "ratio": round(ratio, 2), "at_least": at_least, "ok": ratio >= at_least}


def _table(title: str, rows: list[Row]) -> list[Row]:
    click.echo(f"{title:<32} {'ms':>8} {'x real time':>12}  quality")
    for row in rows:
        quality = (
            f"{row['signal_to_noise_db']} dB, {row['folded_back_db']} dB, {row['ripple_db']} dB"
            if "ripple_db" in row
            else ""
        )
        click.echo(
            f"  {row['name']:<30} {row['milliseconds']:>8} {row['times_real_time']:>12}  {quality}"
        )
    return rows
