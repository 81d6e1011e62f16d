from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.calls.call import State
from chalicelib.calls.replies import EndCall
from chalicelib.calls.transcript import Conversation, Kind, Line, Slot, Speaker
from chalicelib.store.base import CallStore, Ending
from chalicelib.store.turns import Heard, Reply
from tests.builders import NOON, a_call, a_line
from tests.contract.memories import Memory, every_memory

CALL = a_call(state=State.LISTENING, answered_at=NOON, opened_at=NOON, provider_call_id="CA1")

pytestmark = every_memory


@pytest.fixture
def calls(a_memory: Callable[[], AbstractContextManager[Memory]]) -> Iterator[CallStore]:
    with a_memory() as memory:
        memory.calls.create(CALL)
        yield memory.calls


def bot_line(text: str, *, ends_call: bool = False) -> Line:
    return a_line(text, speaker=Speaker.BOT, ends_call=ends_call)


def test_what_was_heard_is_kept_and_the_agent_is_thinking(calls: CallStore) -> None:
    line = a_line("12#", kind=Kind.DTMF)

    heard = calls.hear(CALL.call_id, 1, line, account="twilio")

    assert heard is Heard.FRESH
    assert calls.line(CALL.call_id, Slot.user(1)) == line
    assert calls.get(CALL.call_id) == replace(CALL, state=State.ACTIVE, version=2)


def test_a_turn_that_is_delivered_twice_is_heard_once(calls: CallStore) -> None:
    line = a_line()
    calls.hear(CALL.call_id, 1, line, account="twilio")

    again = calls.hear(CALL.call_id, 1, a_line("Something else."), account="twilio")

    assert again is Heard.REPEATED
    assert calls.line(CALL.call_id, Slot.user(1)) == line


def test_a_turn_that_was_answered_is_not_heard_again(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=bot_line("Nobody spoke, so I go on."), heard=0))

    heard = calls.hear(CALL.call_id, 1, a_line(), account="twilio")

    assert heard is Heard.REPEATED
    assert calls.line(CALL.call_id, Slot.user(1)) is None


def test_nothing_is_heard_in_a_call_that_is_over(calls: CallStore) -> None:
    calls.finish(CALL.call_id, Ending(at=NOON), account="twilio")

    heard = calls.hear(CALL.call_id, 1, a_line(), account="twilio")

    assert heard is Heard.OVER
    assert calls.line(CALL.call_id, Slot.user(1)) is None


def test_a_turn_repeated_after_the_end_is_over(calls: CallStore) -> None:
    calls.hear(CALL.call_id, 1, a_line(), account="twilio")
    calls.finish(CALL.call_id, Ending(at=NOON), account="twilio")

    heard = calls.hear(CALL.call_id, 1, a_line(), account="twilio")

    assert heard is Heard.OVER


def test_another_account_and_an_unknown_call_hear_nothing(calls: CallStore) -> None:
    heard = [
        calls.hear(CALL.call_id, 1, a_line(), account="plivo"),
        calls.hear("nobody", 1, a_line(), account="twilio"),
    ]

    assert heard == [Heard.OVER, Heard.OVER]
    assert calls.get(CALL.call_id) == CALL


def test_a_reply_opens_the_next_turn(calls: CallStore) -> None:
    line = bot_line("For how many?")

    counted = calls.reply(CALL.call_id, 1, Reply(line=line, heard=0))

    assert counted == line
    assert calls.line(CALL.call_id, Slot.bot(2)) == line
    assert calls.get(CALL.call_id) == replace(CALL, turn=2, parts=1, version=2)


def test_the_first_reply_to_a_turn_counts(calls: CallStore) -> None:
    first = bot_line("For how many?")
    calls.reply(CALL.call_id, 1, Reply(line=first, heard=0))

    counted = calls.reply(CALL.call_id, 1, Reply(line=bot_line("Sorry, I was thinking."), heard=0))

    assert counted == first
    assert calls.get(CALL.call_id).turn == 2


def test_a_reply_to_a_turn_that_has_not_come_is_none(calls: CallStore) -> None:
    counted = calls.reply(CALL.call_id, 5, Reply(line=bot_line("For how many?"), heard=0))

    assert counted is None
    assert calls.line(CALL.call_id, Slot.bot(6)) is None


def test_nothing_is_replied_once_the_call_is_over(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=bot_line("For how many?"), heard=0))
    calls.finish(CALL.call_id, Ending(at=NOON), account="twilio")

    late = Reply(line=bot_line("Anything else?"), heard=0)
    counted = [calls.reply(CALL.call_id, turn, late) for turn in (1, 2)]

    assert counted == [None, None]
    assert calls.reply("nobody", 1, Reply(line=bot_line("Hello?"), heard=0)) is None


def test_a_reply_that_ends_the_call_says_that_we_wanted_it(calls: CallStore) -> None:
    line = bot_line("Goodbye.", ends_call=True)

    counted = calls.reply(CALL.call_id, 1, Reply(line=line, heard=0))

    wanted = replace(
        CALL,
        turn=2,
        parts=1,
        act=EndCall(),
        state=State.SPEAKING,
        end_requested=State.HANGUP_BOT,
        end_requested_at=line.at,
        version=2,
    )
    assert counted == line
    assert calls.get(CALL.call_id) == wanted


def test_a_farewell_does_not_change_why_the_call_was_to_end(calls: CallStore) -> None:
    calls.request_end(CALL.call_id, State.TIMEOUT, at=NOON, retry_at=CALL.deadline)

    calls.reply(CALL.call_id, 1, Reply(line=bot_line("Goodbye.", ends_call=True), heard=0))

    call = calls.get(CALL.call_id)
    assert (call.end_requested, call.end_requested_at) == (State.TIMEOUT, NOON)


def test_a_slot_is_filled_once(calls: CallStore) -> None:
    slot = Slot.meanwhile(1, NOON)
    line = bot_line("One moment, please.")

    put = [
        calls.add_line(CALL.call_id, slot, line),
        calls.add_line(CALL.call_id, slot, line),
        calls.add_line(CALL.call_id, slot, bot_line("Let me see.")),
    ]

    assert put == [True, False, False]
    assert calls.line(CALL.call_id, slot) == line


def test_an_empty_slot_has_no_line(calls: CallStore) -> None:
    assert calls.line(CALL.call_id, Slot.user(1)) is None


def test_a_conversation_is_told_in_the_order_in_which_it_went(calls: CallStore) -> None:
    call_id = CALL.call_id
    told = [bot_line(f"words {number}") for number in range(4)]
    calls.hear(call_id, 1, a_line("first answer"), account="twilio")
    calls.reply(call_id, 1, Reply(line=told[2], heard=0))
    calls.add_line(call_id, Slot.meanwhile(1, NOON), told[1])
    calls.add_line(call_id, Slot.aside(1, NOON), told[0])
    calls.hear(call_id, 2, a_line("second answer"), account="twilio")
    calls.add_line(call_id, Slot.aside(2, NOON + timedelta(seconds=1)), told[3])

    conversation = calls.conversation(call_id)

    texts = [line.text for line in conversation.lines]
    assert conversation.call == calls.get(call_id)
    assert texts == [
        CALL.opening,
        "words 0",
        "first answer",
        "words 1",
        "words 2",
        "words 3",
        "second answer",
    ]


def test_turns_are_told_by_number_and_not_by_digit(calls: CallStore) -> None:
    for turn in range(1, 12):
        calls.reply(CALL.call_id, turn, Reply(line=bot_line(f"reply {turn}"), heard=0))

    conversation = calls.conversation(CALL.call_id)

    replies = [bot_line(f"reply {turn}") for turn in range(1, 12)]
    assert conversation == Conversation.of(calls.get(CALL.call_id), replies)


def test_a_delivery_that_is_named_is_heard_once_whatever_turn_it_is_for(calls: CallStore) -> None:
    call_id = calls.create(a_call()).call.call_id
    first = calls.hear(call_id, 1, a_line("Hello."), account="twilio", delivery="nonce-1")
    calls.reply(call_id, 1, Reply(line=a_line("Yes?", speaker=Speaker.BOT), heard=0))

    replayed = calls.hear(call_id, 2, a_line("Hello."), account="twilio", delivery="nonce-1")
    next_one = calls.hear(call_id, 2, a_line("Well."), account="twilio", delivery="nonce-2")

    assert [first, replayed, next_one] == [Heard.FRESH, Heard.REPEATED, Heard.FRESH]
    lines = calls.conversation(call_id).lines
    assert [line.text for line in lines][-3:] == ["Hello.", "Yes?", "Well."]
