import pytest

from moltis.cost.model import WHOLE_CPU_MB
from tests.bench.page import PAGE
from tests.docs.pages import rows, sections

MEASURED = (
    *("What must hold", "Cold", "AWS calls", "Warm"),
    *("Memory", "Load", "Growth", "Sound"),
)


@pytest.mark.parametrize("part", MEASURED)
def test_everything_that_is_measured_stands_on_the_page(part: str) -> None:
    assert len(rows(sections(PAGE)[part])) > 1


def test_what_must_hold_did_hold_when_the_page_was_written() -> None:
    for name, measured, _limit in rows(sections(PAGE)["What must hold"]):
        assert "missed" not in measured, name


@pytest.mark.parametrize("function", ["API handler", "take_turn", "fire_timer", "voice_call"])
def test_a_start_is_as_short_as_the_page_on_deploying_says(function: str) -> None:
    (cpu_ms,) = (float(row[3]) for row in rows(sections(PAGE)["Cold"]) if row[0] == function)

    assert cpu_ms < 204, "docs/deploying.md says 0.15 to 0.2 s of CPU, and 0.7 s with 512 MB"
    assert cpu_ms * WHOLE_CPU_MB / 512 < 705
