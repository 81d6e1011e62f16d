import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import InvalidParamsError
from chalicelib.parameters import PARAMETERS, Takes

TAKES = Takes(required=("to",), optional=("mode", "limit"))


def faults(**params: object) -> dict[str, str]:
    try:
        TAKES.check(params)
    except InvalidParamsError as error:
        return {fault.field: fault.reason for fault in error.faults}
    return {}


def test_what_is_as_it_should_be_has_no_faults() -> None:
    assert faults(to="+1 (555) 987-6543", mode="notify", limit=1) == {}


def test_every_fault_is_named_at_once() -> None:
    assert faults(mode=7, limit=True, volume=11) == {
        "to": "is missing; ask the user which number to call",
        "mode": "must be text",
        "limit": "must be a whole number",
        "volume": "unknown; known are limit, mode, to",
    }


@pytest.mark.parametrize("nothing", [None, [], {}, 1.5])
def test_no_value_of_another_kind_will_do(nothing: object) -> None:
    assert set(faults(to=nothing, mode=nothing, limit=nothing)) == {"to", "mode", "limit"}


@pytest.mark.parametrize(
    "number",
    ["911", "5559876543", "+1911", "+15559876543;ext=7", "tel:+15559876543", "+", "", "+1" * 200],
)
def test_a_number_that_cannot_be_dialled_is_refused(number: str) -> None:
    assert set(faults(to=number)) == {"to"}


def test_half_a_character_is_refused_and_can_be_told() -> None:
    found = faults(to="+15559876543", mode="\ud83d", **{"\ud83d": 1})

    assert found["mode"] == "must be text that UTF-8 can hold"
    assert "\n".join(found).encode()


def test_a_long_name_is_told_in_short() -> None:
    (name,) = set(faults(to="+15559876543", **{"n" * 10_000: 1}))

    assert len(name) < 100


def test_everything_that_can_be_given_is_described() -> None:
    assert all(len(param.words) > 20 for param in PARAMETERS.values())
    assert all(param.schema()["description"] == param.words for param in PARAMETERS.values())


@given(st.sampled_from(sorted(PARAMETERS)), st.text())
def test_a_text_that_is_refused_is_refused_for_a_reason(name: str, text: str) -> None:
    reason = PARAMETERS[name].fault(text)

    assert reason == "" or re.match("must|is not", reason)
