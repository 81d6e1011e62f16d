from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.calls.replies import AskKeys, SendKeys, StaySilent
from chalicelib.calls.transcript import Conversation, Kind, Line, Slot, Speaker
from tests.builders import NOON, a_call, a_line

turns = st.integers(1, 999_999)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # made aware by the strategy
parts = st.one_of(
    turns.map(Slot.bot),
    turns.map(Slot.user),
    st.builds(Slot.aside, turns, moments),
    st.builds(Slot.meanwhile, turns, moments),
    st.builds(Slot.overheard, turns, moments),
    turns.map(Slot.keys),
    st.builds(lambda turn, at: Slot.rest(turn, a_line(at=at, part=2)), turns, moments),
)


def test_slots_sort_as_the_conversation_went() -> None:
    later = NOON + timedelta(seconds=1)
    conversation = [
        Slot.bot(1),
        Slot.aside(1, NOON),
        Slot.rest(1, a_line(at=NOON, part=2)),
        Slot.aside(1, later),
        Slot.keys(1),
        Slot.user(1),
        Slot.overheard(1, NOON),
        Slot.meanwhile(1, NOON),
        Slot.overheard(1, later),
        Slot.meanwhile(1, later),
        Slot.bot(2),
        Slot.user(2),
        Slot.bot(10),
        Slot.user(10),
    ]

    assert sorted([*conversation[7:], *conversation[:7]], key=str) == conversation


@settings(deadline=None, derandomize=True)
@given(turn=turns, first=moments, second=moments)
def test_what_is_added_to_a_turn_stands_in_order_of_time(
    turn: int, first: datetime, second: datetime
) -> None:
    earlier, later = sorted((first, second))

    for slot in (Slot.aside, Slot.overheard, Slot.meanwhile):
        assert str(slot(turn, earlier)) <= str(slot(turn, later))


@settings(deadline=None, derandomize=True)
@given(slot=parts)
def test_a_slot_is_read_as_it_was_written_and_may_stand_in_an_address(slot: Slot) -> None:
    assert Slot.parse(str(slot)) == slot
    assert str(slot) in callback_url("https://x", "twilio", Route.GATHER, resume=str(slot))


@settings(deadline=None, derandomize=True)
@given(earlier=turns, later=turns, which=parts)
def test_every_slot_of_a_turn_stands_before_the_next_turn(
    earlier: int, later: int, which: Slot
) -> None:
    if earlier == later:
        return

    first, second = sorted((earlier, later))

    assert str(Slot(first, which.part)) < str(Slot.bot(second))


def test_a_conversation_begins_with_the_first_words_once_they_were_spoken() -> None:
    call = a_call(opening="Hello!", opened_at=NOON)
    line = a_line("Hi.")

    conversation = Conversation.of(call, [line])

    assert conversation.lines == (a_line("Hello!", speaker=Speaker.BOT), line)


def test_words_that_nobody_heard_are_not_part_of_a_conversation() -> None:
    unopened, wordless = a_call(opening="Hello!"), a_call(opening="", opened_at=NOON)

    assert Conversation.of(unopened, []).lines == ()
    assert Conversation.of(wordless, [a_line("Hi.")]).lines == (a_line("Hi."),)


def test_keys_that_were_reported_one_by_one_were_pressed_together() -> None:
    one, two, three = (a_line(key, kind=Kind.DTMF) for key in "123")
    said, ours = a_line("Hm."), a_line("4", kind=Kind.DTMF, speaker=Speaker.BOT)

    conversation = Conversation.of(a_call(), [one, two, said, three, ours, one])

    assert conversation.lines == (a_line("12", kind=Kind.DTMF), said, three, ours, one)


def test_a_reply_in_parts_is_one_line_and_what_stands_between_them_parts_it() -> None:
    def part(number: int, text: str) -> Line:
        return a_line(text, speaker=Speaker.BOT, part=number, more=True)

    aside = a_line("By the way.", speaker=Speaker.BOT)
    lines = [
        part(1, "One."),
        part(2, "Two."),
        part(3, ""),
        aside,
        part(4, "Four."),
        part(1, "New."),
    ]

    conversation = Conversation.of(a_call(), lines)

    texts = [line.text for line in conversation.lines]
    assert texts == ["One. Two.", "By the way.", "Four.", "New."]


def test_what_has_no_words_is_not_told() -> None:
    silent = a_line("", speaker=Speaker.BOT, act=StaySilent(), part=1)

    assert Conversation.of(a_call(), [a_line("Hm."), silent]).lines == (a_line("Hm."),)


def test_keys_that_a_document_sends_follow_its_words() -> None:
    words = a_line("I dial.", speaker=Speaker.BOT, act=SendKeys("1w2"), part=1)
    keys = replace(words, text="1w2", kind=Kind.DTMF, act=None, part=0)

    by_document = Conversation.of(a_call(), [words])
    by_command = Conversation.of(a_call(reports_speech=True), [words])

    assert by_document.lines == (words, keys)
    assert by_command.lines == (words,)


@pytest.mark.parametrize(("finish", "told"), [("#", "42"), ("*", "42#"), ("", "42#")])
def test_the_key_that_ends_the_keys_is_none_of_them(finish: str, told: str) -> None:
    asked = a_line("Your number?", speaker=Speaker.BOT, act=AskKeys(4, finish), part=1)
    pressed = [a_line(key, kind=Kind.DTMF) for key in "42#"]

    conversation = Conversation.of(a_call(), [asked, *pressed])

    assert [line.text for line in conversation.lines] == ["Your number?", told]


def test_nobody_who_presses_nothing_but_the_key_that_ends_has_pressed_anything() -> None:
    asked = a_line("Your number?", speaker=Speaker.BOT, act=AskKeys(4), part=1)
    later = a_line("And now?", speaker=Speaker.BOT, part=1)
    pound = a_line("#", kind=Kind.DTMF)

    assert Conversation.of(a_call(), [asked, pound]).lines == (asked,)
    assert Conversation.of(a_call(), [asked, later, pound]).lines == (asked, later, pound)
