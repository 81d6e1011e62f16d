"""The cursor: nothing that happens in a call is missed by whoever follows it."""

from dataclasses import replace

import pytest

from chalicelib.calls.call import State
from chalicelib.calls.transcript import Conversation, Kind, Line, Speaker
from chalicelib.parameters import PARAMETERS
from chalicelib.tool.seen import Seen
from tests.builders import NOON, a_call, a_line

LINES = tuple(a_line(f"Line {number}.") for number in range(6))
PRESSED = Line(speaker=Speaker.USER, text="4", kind=Kind.DTMF, at=NOON)


def conversation(*lines: Line, state: State = State.LISTENING) -> Conversation:
    return Conversation(a_call(state=state), lines)


def news(seen: Seen, now: Conversation) -> list[str]:
    return [line.text for line in now.lines[seen.lines_after(now) :]]


def test_a_cursor_survives_being_written_down() -> None:
    seen = Seen.of(conversation(*LINES))

    assert Seen.parse(str(seen)) == seen
    assert PARAMETERS["since"].fault(str(seen)) == ""


@pytest.mark.parametrize("text", ["", "3", "3-xyz-12345678", "3-12345678-12345678-1"])
def test_what_is_no_cursor_is_not_read_as_one(text: str) -> None:
    assert Seen.parse(text) is None
    assert PARAMETERS["since"].fault(text)


def test_only_what_was_said_after_it_is_new() -> None:
    seen = Seen.of(conversation(*LINES[:4]))

    assert news(seen, conversation(*LINES)) == ["Line 4.", "Line 5."]


def test_nothing_is_new_while_nothing_happens() -> None:
    seen = Seen.of(conversation(*LINES))

    assert seen.is_all_of(conversation(*LINES))
    assert news(seen, conversation(*LINES)) == []


def test_another_state_is_news_without_a_line() -> None:
    seen = Seen.of(conversation(*LINES))

    assert not seen.is_all_of(conversation(*LINES, state=State.ACTIVE))


def test_a_line_that_comes_in_between_is_not_missed() -> None:
    seen = Seen.of(conversation(LINES[0], LINES[2]))
    now = conversation(*LINES[:3])

    assert not seen.is_all_of(now)
    assert "Line 1." in news(seen, now)


def test_keys_that_are_pressed_one_by_one_are_not_missed() -> None:
    seen = Seen.of(conversation(LINES[0], PRESSED))
    now = conversation(LINES[0], replace(PRESSED, text="42"))

    assert not seen.is_all_of(now)
    assert news(seen, now) == ["42"]


def test_the_cursor_of_another_call_gives_everything() -> None:
    seen = Seen.of(conversation(a_line("Elsewhere."), a_line("Said.")))

    assert news(seen, conversation(*LINES)) == [line.text for line in LINES]


def test_whoever_has_seen_a_part_has_not_seen_all() -> None:
    now = conversation(*LINES)
    seen = Seen.of(now, LINES[:2])

    assert not seen.is_all_of(now)
    assert news(seen, now) == [line.text for line in LINES[2:]]
