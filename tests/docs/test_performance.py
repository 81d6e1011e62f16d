import pytest

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
