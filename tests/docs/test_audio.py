"""docs/audio.md says what is measured, and its picture shows it."""

import re

import numpy as np
import pytest

from tests.bench.audio import METHODS
from tests.bench.page import PAGE as FLOORS
from tests.bench.page import with_speeds
from tests.docs.pages import DOCS, rows, sections
from tests.docs.spectrograms import HEIGHT, PANELS, PICTURE, WIDTH, levels
from tests.sound import folded_back, ripple, signal_to_noise

PAGE = DOCS / "audio.md"
CODES = ("encode", "decode")


def number(cell: str) -> float:
    return float(cell.removesuffix(" dB").replace("\N{MINUS SIGN}", "-"))


def told() -> list[tuple[int, str, list[float]]]:
    found, rate = [], 0
    for khz, method, _, *qualities in rows(sections(PAGE)["Rates"]):
        rate = int(1000 * float(khz.removesuffix(" kHz"))) if khz else rate
        found.append((rate, method, [number(cell) for cell in qualities]))
    return found


@pytest.mark.parametrize(("rate", "method", "qualities"), told())
def test_each_quality_in_the_table_is_what_is_measured(
    rate: int, method: str, qualities: list[float]
) -> None:
    by = METHODS[method]
    measured = [
        signal_to_noise(1_000, rate, 8_000, by),
        folded_back(rate, by),
        ripple(rate, 8_000, by),
    ]

    assert measured == pytest.approx(qualities, abs=0.25)


def test_the_speeds_are_those_that_the_bench_has_held_against_their_limits() -> None:
    floors = {name: float(got) for name, got, _ in rows(sections(FLOORS)["What must hold"])}
    speeds = {code: float(speed) for code, _, speed in rows(sections(PAGE)["Codes"])}
    rates = {(khz, method): speed for khz, method, speed, *_ in rows(sections(PAGE)["Rates"])}

    assert {
        "μ-law is encoded 5 times as fast as by audioop": speeds["encode"],
        "μ-law is decoded 0.3 times as fast as by audioop": speeds["decode"],
        "24 kHz becomes 8 kHz as fast as by soxr HQ": float(rates["24 kHz", "ours"]),
    } == {name: pytest.approx(got, abs=0.011) for name, got in floors.items() if "fast" in name}


def test_the_bench_writes_the_speeds_and_nothing_else() -> None:
    fast, slow = [1.0, 1.0], [2.0, 2.0]
    codes = [*(("encode", fast), ("decode", slow)), *((f"{one}, audioop", fast) for one in CODES)]
    audio = {
        "g711": [{"name": name, "rounds": took} for name, took in codes],
        "resample": {
            str(rate): [{"name": name, "rounds": fast} for name in METHODS] for rate, *_ in told()
        },
    }
    written = with_speeds(PAGE.read_text("utf-8"), audio)

    assert "| encode | 60000 | 1.00 |\n| decode | 120000 | 0.50 |\n" in written
    assert written.count("| ours | 1.00 | 9") == len(audio["resample"])
    number = re.compile(r"[\d.]+")
    assert number.sub("", written) == number.sub("", PAGE.read_text("utf-8"))


def test_the_table_has_every_rate_and_every_method() -> None:
    assert {(rate, method) for rate, method, _ in told()} == {
        (rate, method) for rate in (48_000, 44_100, 24_000, 22_050, 16_000) for method in METHODS
    }


def test_the_picture_has_a_panel_for_each_method_it_compares() -> None:
    drawn = PICTURE.read_text("utf-8")

    assert [title for title in PANELS if f">{title}<" in drawn] == list(PANELS)
    assert len(re.findall("data:image/png;base64,", drawn)) == len(PANELS)


def test_what_is_drawn_folds_back_only_where_the_nearest_sample_is_taken() -> None:
    # The tone passes 4 kHz after a third of the time, and would be back at 2 kHz after a half.
    then = slice(WIDTH // 2 - 5, WIDTH // 2 + 5)
    middle = slice(HEIGHT // 2 - 40, HEIGHT // 2 + 40)

    loudest = {title: float(np.max(levels(by)[middle, then])) for title, by in PANELS.items()}

    assert loudest["nearest neighbour"] > -10
    assert loudest["this project"] < -60
