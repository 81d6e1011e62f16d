from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.calls.call import Call, State
from chalicelib.calls.replies import AskKeys, EndCall, SendKeys, Transfer
from chalicelib.calls.transcript import Kind, Line, Slot, Speaker, Timing
from chalicelib.store.base import CallStore, Ending
from chalicelib.store.turns import Reply
from tests.builders import NOON, a_call, a_line
from tests.contract.memories import Memory, every_memory

CALL = a_call(state=State.LISTENING, answered_at=NOON, opened_at=NOON, provider_call_id="CA1")
CALL_ID = CALL.call_id

pytestmark = every_memory


@pytest.fixture
def calls(a_memory: Callable[[], AbstractContextManager[Memory]]) -> Iterator[CallStore]:
    with a_memory() as memory:
        memory.calls.create(CALL)
        yield memory.calls


def part(number: int, text: str, *, more: bool = False, secs: int = 0) -> Line:
    at = NOON + timedelta(seconds=secs or number)
    return a_line(text, speaker=Speaker.BOT, part=number, more=more, at=at)


FIRST = part(1, "Let me look.", more=True)
SECOND = part(2, "On Friday.", more=True)
LAST = part(3, "Or on Monday.")


def seen(call: Call) -> tuple[int, int, bool, State]:
    return call.turn, call.parts, call.more, call.state


def test_a_reply_comes_part_by_part(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))
    first = calls.get(CALL_ID)
    kept = [calls.go_on(CALL_ID, 2, Reply(line=line, heard=0)) for line in (SECOND, LAST)]

    assert kept == [True, True]
    assert calls.parts(CALL_ID, 2) == [FIRST, SECOND, LAST]
    assert seen(first) == (2, 1, True, State.SPEAKING)
    assert seen(calls.get(CALL_ID)) == (2, 3, False, State.LISTENING)


def test_a_part_is_kept_once_and_in_its_order(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))

    skipped = calls.go_on(CALL_ID, 2, Reply(line=LAST, heard=0))
    kept = calls.go_on(CALL_ID, 2, Reply(line=SECOND, heard=0))
    again = calls.go_on(CALL_ID, 2, Reply(line=part(2, "On Tuesday.", secs=9), heard=0))

    assert (skipped, kept, again) == (False, True, False)
    assert calls.parts(CALL_ID, 2) == [FIRST, SECOND]


def test_nothing_goes_on_when_it_is_whole_or_heard_or_over_or_elsewhere(calls: CallStore) -> None:
    assert not calls.go_on(CALL_ID, 2, Reply(line=SECOND, heard=0))
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))
    assert not calls.go_on(CALL_ID, 3, Reply(line=SECOND, heard=0))
    assert not calls.go_on(CALL_ID, 2, Reply(line=SECOND, heard=1))
    assert not calls.go_on("nobody", 2, Reply(line=SECOND, heard=0))
    calls.finish(CALL_ID, Ending(at=NOON), account="twilio")
    assert not calls.go_on(CALL_ID, 2, Reply(line=SECOND, heard=0))
    assert calls.parts(CALL_ID, 2) == [FIRST]


def test_a_whole_reply_does_not_go_on(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=part(1, "On Friday."), heard=0))

    assert not calls.go_on(CALL_ID, 2, Reply(line=SECOND, heard=0))


def test_what_is_said_in_between_is_no_part(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))
    aside = a_line("By the way.", speaker=Speaker.BOT, at=NOON + timedelta(seconds=1.5))
    calls.add_line(CALL_ID, Slot.aside(2, aside.at), aside)
    calls.add_line(CALL_ID, Slot.keys(2), aside)
    calls.go_on(CALL_ID, 2, Reply(line=SECOND, heard=0))
    calls.hear(CALL_ID, 2, a_line("Hm."), account="twilio")

    assert calls.parts(CALL_ID, 2) == [FIRST, SECOND]
    texts = [line.text for line in calls.conversation(CALL_ID).lines]
    assert texts[1:] == ["Let me look.", "By the way.", "On Friday.", "By the way.", "Hm."]


def test_a_reply_that_was_kept_before_there_were_parts_is_one(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=part(0, "On Friday.", secs=1), heard=0))

    assert calls.parts(CALL_ID, 2) == [part(1, "On Friday.", secs=1)]


@pytest.mark.parametrize(
    "act", [EndCall(), SendKeys("1w2#"), AskKeys(4, ""), Transfer("+15551230000")], ids=repr
)
def test_what_a_reply_does_is_kept_with_it_and_with_the_call(
    calls: CallStore, act: EndCall | SendKeys | AskKeys | Transfer
) -> None:
    line = a_line("As you wish.", speaker=Speaker.BOT, act=act, part=1)
    calls.reply(CALL_ID, 1, Reply(line=line, heard=0))

    assert calls.parts(CALL_ID, 2) == [line]
    assert calls.get(CALL_ID).act == act

    calls.reply(CALL_ID, 2, Reply(line=part(1, "And then?"), heard=0))

    assert calls.get(CALL_ID).act is None


def test_the_last_part_may_end_the_call(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))
    goodbye = a_line("Goodbye.", speaker=Speaker.BOT, act=EndCall(), part=2)

    calls.go_on(CALL_ID, 2, Reply(line=goodbye, heard=0))

    call = calls.get(CALL_ID)
    assert (call.state, call.end_requested) == (State.SPEAKING, State.HANGUP_BOT)


def test_how_far_a_document_has_told_a_reply_only_grows(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))
    untold = calls.get(CALL_ID).told

    for number in (2, 1):
        calls.note_told(CALL_ID, 2, number, f"Part {number}.", NOON)
    calls.note_told(CALL_ID, 1, 7, "Too late.", NOON)
    calls.note_told("nobody", 2, 1, "Part 1.", NOON)

    assert (untold, calls.get(CALL_ID).told) == (0, 2)


def test_a_reply_that_goes_out_at_once_is_told(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=part(1, "On Friday."), heard=0, told=True))

    assert calls.get(CALL_ID).told == 1


def test_turns_without_a_reply_are_counted_until_there_is_one(calls: CallStore) -> None:
    counted = []
    for turn, failed in enumerate((True, True, None, True, False), 1):
        calls.reply(CALL_ID, turn, Reply(line=part(1, "Hm."), heard=0, failed=failed))
        counted.append(calls.get(CALL_ID).failures)

    assert counted == [1, 2, 2, 3, 0]


def test_fillers_are_counted(calls: CallStore) -> None:
    filler = a_line("One moment.", speaker=Speaker.BOT)
    for secs in range(2):
        slot = Slot.meanwhile(1, NOON + timedelta(seconds=secs))
        calls.interject(calls.get(CALL_ID), slot, filler, filler=True)
    calls.interject(calls.get(CALL_ID), Slot.aside(1, NOON), filler)

    assert calls.get(CALL_ID).fillers == 2


def test_whoever_kept_what_was_heard_gets_the_call_again_and_nobody_else(calls: CallStore) -> None:
    line = a_line()
    heard = {"delivery": "event-1", "account": "twilio"}
    first = calls.overhear(CALL_ID, line, by="one", **heard)
    others = [calls.overhear(CALL_ID, line, by=by, **heard) for by in ("another", "")]
    again = calls.overhear(CALL_ID, line, by="one", **heard)
    calls.overhear(CALL_ID, line, delivery="event-2", account="twilio", by="two")
    too_late = calls.overhear(CALL_ID, line, by="one", **heard)

    assert first is not None
    assert again is not None
    assert (again.call, again.interrupts, again.turn) == (first.call, False, 1)
    assert others == [None, None]
    assert too_late is None


def test_nobody_in_particular_gets_no_call_again(calls: CallStore) -> None:
    heard = {"delivery": "event-1", "account": "twilio"}
    calls.overhear(CALL_ID, a_line(), **heard)

    assert calls.overhear(CALL_ID, a_line(), **heard) is None


def test_how_long_a_reply_took_is_kept_with_it(calls: CallStore) -> None:
    timing = Timing(
        understood_at=None, webhook_at=NOON, asked_at=NOON, first_at=NOON, sent_at=FIRST.at
    )
    line = a_line("On Friday.", speaker=Speaker.BOT, part=1, timing=timing)

    calls.reply(CALL_ID, 1, Reply(line=line, heard=0))

    assert calls.conversation(CALL_ID).lines[-1] == line


def test_what_overtakes_is_put_with_what_is_said_again_and_is_being_said(calls: CallStore) -> None:
    aside = part(0, "One more thing.")
    again = part(0, "Shall I take it?")
    slot = Slot.aside(1, NOON, 1)

    put = calls.overtake(calls.get(CALL_ID), slot, aside, again)

    call = calls.get(CALL_ID)
    assert put
    assert [calls.line(CALL_ID, one) for one in (slot, slot.behind())] == [aside, again]
    assert (call.saying, call.said_at) == ("One more thing. Shall I take it?", aside.at)


def test_what_overtakes_is_not_put_when_the_call_went_on(calls: CallStore) -> None:
    before = calls.get(CALL_ID)
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))

    put = calls.overtake(before, Slot.aside(1, NOON, 1), part(0, "One more thing."))

    assert not put
    assert calls.line(CALL_ID, Slot.aside(1, NOON, 1)) is None


def test_keys_that_overtake_are_not_said_again(calls: CallStore) -> None:
    keys = replace(part(0, "7"), kind=Kind.DTMF)

    calls.overtake(calls.get(CALL_ID), Slot.aside(1, NOON, 1), keys)

    assert (calls.get(CALL_ID).saying, calls.get(CALL_ID).said_at) == ("", keys.at)


def test_what_was_being_said_counts_no_more_once_the_far_end_answers(calls: CallStore) -> None:
    calls.overtake(calls.get(CALL_ID), Slot.aside(1, NOON, 1), part(0, "One more thing."))
    account = calls.get(CALL_ID).account

    calls.hear(CALL_ID, 1, replace(part(0, "Yes."), speaker=Speaker.USER), account=account)

    assert (calls.get(CALL_ID).saying, calls.get(CALL_ID).said_at) == ("", None)


def test_what_of_a_reply_went_out_last_is_what_is_being_said(calls: CallStore) -> None:
    calls.reply(CALL_ID, 1, Reply(line=FIRST, heard=0))

    for number, secs in ((1, 0), (2, 5), (2, 9)):
        at = NOON + timedelta(seconds=secs)
        calls.note_told(CALL_ID, 2, number, f"Part {number}.", at)

    call = calls.get(CALL_ID)
    assert (call.saying, call.said_at) == ("Part 2.", NOON + timedelta(seconds=5))
