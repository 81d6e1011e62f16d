from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.calls.transcript import Conversation, Kind, Slot, Speaker
from tests.builders import NOON, a_call, a_line

turns = st.integers(1, 999_999)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # made aware by the strategy
parts = st.one_of(
    turns.map(Slot.bot),
    turns.map(Slot.user),
    st.builds(Slot.aside, turns, moments),
    st.builds(Slot.meanwhile, turns, moments),
    st.builds(Slot.overheard, turns, moments),
)


def test_slots_sort_as_the_conversation_went() -> None:
    later = NOON + timedelta(seconds=1)
    conversation = [
        Slot.bot(1),
        Slot.aside(1, NOON),
        Slot.aside(1, later),
        Slot.user(1),
        Slot.overheard(1, NOON),
        Slot.overheard(1, later),
        Slot.meanwhile(1, NOON),
        Slot.meanwhile(1, later),
        Slot.bot(2),
        Slot.user(2),
        Slot.bot(10),
        Slot.user(10),
    ]

    assert sorted([*conversation[5:], *conversation[:5]], key=str) == conversation


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
