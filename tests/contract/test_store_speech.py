from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.calls.call import AnsweredBy, CallId, Mode, State
from chalicelib.calls.replies import Transfer
from chalicelib.calls.transcript import Slot, Speaker
from chalicelib.store.base import CallStore, Ending
from chalicelib.store.turns import Reply
from tests.builders import NOON, a_call, a_line
from tests.contract.memories import Memory, every_memory

CALL = a_call(
    account="telnyx",
    state=State.LISTENING,
    answered_at=NOON,
    opened_at=NOON,
    provider_call_id="v3:1",
    reports_speech=True,
)
WORDS = a_line("On Friday, then.", speaker=Speaker.BOT)
FILLER = a_line("One moment, please.", speaker=Speaker.BOT)

pytestmark = every_memory


@pytest.fixture
def calls(a_memory: Callable[[], AbstractContextManager[Memory]]) -> Iterator[CallStore]:
    with a_memory() as memory:
        memory.calls.create(CALL)
        yield memory.calls


def spoken(calls: CallStore, delivery: str, *, heard: int = 0) -> bool | None:
    call = calls.note_spoken(CALL.call_id, delivery, heard=heard, account="telnyx")
    return call.has_spoken if call else None


@pytest.mark.parametrize(
    "other", [{"mode": Mode.NOTIFY}, {"answered_by": AnsweredBy.MACHINE}], ids=["notify", "machine"]
)
def test_a_call_that_does_not_converse_hears_nothing(
    calls: CallStore, other: dict[str, Any]
) -> None:
    message = replace(CALL, call_id=CallId("a-message"), **other)
    calls.create(message)

    heard = calls.overhear(message.call_id, WORDS, delivery="event-1", account="telnyx")

    assert heard is None
    assert calls.get(message.call_id) == message


def test_a_call_that_is_handed_to_a_person_hears_nothing_once_our_words_are_spoken(
    calls: CallStore,
) -> None:
    handing = replace(WORDS, act=Transfer("+15550009999"))
    calls.reply(CALL.call_id, 1, Reply(line=handing, heard=0, given=1))
    assert spoken(calls, "end-1")
    before = calls.get(CALL.call_id)

    heard = calls.overhear(CALL.call_id, a_line(), delivery="event-1", account="telnyx")

    assert heard is None
    assert calls.get(CALL.call_id) == before


def test_over_the_words_before_it_is_handed_over_a_call_is_heard(calls: CallStore) -> None:
    handing = replace(WORDS, act=Transfer("+15550009999"))
    calls.reply(CALL.call_id, 1, Reply(line=handing, heard=0, given=1))

    heard = calls.overhear(CALL.call_id, a_line(), delivery="event-1", account="telnyx")

    assert heard is not None
    assert heard.interrupts


def test_a_reply_that_is_given_to_be_spoken_is_being_spoken(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=0, given=2, quiet=1))

    expected = replace(CALL, turn=2, state=State.SPEAKING, given=2, quiet=1, parts=1, version=2)
    assert calls.get(CALL.call_id) == expected


def test_all_is_spoken_when_each_utterance_has_ended(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=0, given=2))

    assert [spoken(calls, "end-1"), spoken(calls, "end-2")] == [False, True]


def test_an_end_that_is_told_twice_is_one_end(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=0, given=2))

    assert [spoken(calls, "end-1"), spoken(calls, "end-1")] == [False, False]


def test_what_is_heard_makes_all_that_was_given_before_count_no_more(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=0, given=2))
    spoken(calls, "end-1")

    overheard = calls.overhear(CALL.call_id, a_line(), delivery="event-1", account="telnyx")

    assert overheard is not None
    assert overheard.interrupts
    assert overheard.call == calls.get(CALL.call_id)
    assert (overheard.call.given, overheard.call.spoken) == (0, frozenset())
    assert spoken(calls, "end-2") is None
    assert spoken(calls, "end-2", heard=-1) is None


def test_who_is_heard_when_all_was_spoken_interrupts_nothing(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=0, given=1))
    spoken(calls, "end-1")

    overheard = calls.overhear(CALL.call_id, a_line(), delivery="event-1", account="telnyx")

    assert overheard is not None
    assert not overheard.interrupts


def test_words_put_in_between_are_counted_with_the_others(calls: CallStore) -> None:
    overheard = calls.overhear(CALL.call_id, a_line(), delivery="event-1", account="telnyx")
    assert overheard is not None

    put = calls.interject(overheard.call, Slot.meanwhile(1, NOON), FILLER, given=1)
    calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=1, given=1))

    assert put
    assert calls.get(CALL.call_id).given == 2
    assert [spoken(calls, "end-1", heard=1), spoken(calls, "end-2", heard=1)] == [False, True]


def test_a_call_that_thinks_goes_on_thinking_and_one_that_listened_speaks(
    calls: CallStore,
) -> None:
    calls.interject(CALL, Slot.aside(1, NOON), FILLER, given=1)
    asked = calls.get(CALL.call_id)
    overheard = calls.overhear(CALL.call_id, a_line(), delivery="event-1", account="telnyx")
    assert overheard is not None
    calls.interject(overheard.call, Slot.meanwhile(1, NOON), FILLER, given=1)

    assert (asked.state, calls.get(CALL.call_id).state) == (State.SPEAKING, State.ACTIVE)


def test_keys_that_are_sent_leave_a_call_that_listens_listening(calls: CallStore) -> None:
    calls.interject(CALL, Slot.aside(1, NOON), FILLER, given=0)

    assert calls.get(CALL.call_id) == replace(CALL, version=2)


def test_nothing_is_put_in_between_when_the_call_has_gone_on(calls: CallStore) -> None:
    calls.overhear(CALL.call_id, a_line(), delivery="event-1", account="telnyx")
    slot = Slot.meanwhile(1, NOON)

    assert not calls.interject(CALL, slot, FILLER, given=1)
    assert calls.line(CALL.call_id, slot) is None
    assert calls.get(CALL.call_id).given == 0


def test_a_slot_that_is_filled_takes_no_other_words(calls: CallStore) -> None:
    slot = Slot.aside(1, NOON)
    calls.interject(CALL, slot, FILLER, given=1)

    assert not calls.interject(calls.get(CALL.call_id), slot, WORDS, given=1)
    assert calls.get(CALL.call_id).given == 1


def test_of_a_call_that_is_over_or_anothers_no_end_is_noted(calls: CallStore) -> None:
    assert calls.note_spoken(CALL.call_id, "end-1", heard=0, account="plivo") is None
    assert calls.note_spoken("nobody", "end-1", heard=0, account="telnyx") is None

    calls.finish(CALL.call_id, Ending(at=NOON), account="telnyx")

    assert spoken(calls, "end-1") is None
    assert not calls.interject(CALL, Slot.aside(1, NOON), FILLER, given=1)
