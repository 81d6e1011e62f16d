from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.calls.call import State
from chalicelib.calls.replies import EndCall, Transfer
from chalicelib.calls.transcript import Speaker
from chalicelib.store.base import CallStore
from chalicelib.store.turns import Heard, Interposed, Reply
from tests.builders import NOON, a_call, a_line
from tests.contract.memories import Memory, every_memory

LATER = NOON + timedelta(seconds=3)
CALL = a_call(state=State.LISTENING, answered_at=NOON, opened_at=NOON, provider_call_id="CA1")
ASKED, MORE = a_line("Is there a table?"), replace(a_line("For four."), at=LATER)
WORDS = replace(a_line("There is.", speaker=Speaker.BOT), part=1)

pytestmark = every_memory


@pytest.fixture
def calls(a_memory: Callable[[], AbstractContextManager[Memory]]) -> Iterator[CallStore]:
    with a_memory() as memory:
        memory.calls.create(CALL)
        memory.calls.hear(CALL.call_id, 1, ASKED, account=CALL.account)
        yield memory.calls


def interpose(calls: CallStore, *, account: str = CALL.account) -> Interposed | None:
    return calls.interpose(CALL.call_id, 1, MORE, delivery="wait-1-0", account=account)


def said(calls: CallStore) -> list[str]:
    return [line.text for line in calls.conversation(CALL.call_id).lines][1:]


def test_while_the_agent_thinks_it_is_answered_in_the_same_turn(calls: CallStore) -> None:
    assert interpose(calls) == Interposed(Heard.FRESH, 1)

    call = calls.get(CALL.call_id)
    assert (call.turn, call.heard, call.state) == (1, 1, State.ACTIVE)
    assert said(calls) == [ASKED.text, MORE.text]


def test_the_reply_to_what_came_before_is_not_kept_then(calls: CallStore) -> None:
    interpose(calls)

    assert calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=0)) is None
    assert calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=1)) == WORDS


def test_a_reply_that_was_not_told_is_as_if_it_had_never_been(calls: CallStore) -> None:
    first, rest = replace(WORDS, more=True), replace(WORDS, text="Or two.", part=2, at=LATER)
    calls.reply(CALL.call_id, 1, Reply(line=first, heard=0))
    calls.go_on(CALL.call_id, 2, Reply(line=replace(rest, more=True), heard=0))

    assert interpose(calls) == Interposed(Heard.FRESH, 2)

    call = calls.get(CALL.call_id)
    assert (call.turn, call.heard, call.state, call.more) == (2, 1, State.ACTIVE, False)
    assert said(calls) == [ASKED.text, MORE.text]
    assert not calls.go_on(CALL.call_id, 2, Reply(line=replace(rest, part=3), heard=0))


def test_a_transfer_that_was_not_told_is_not_made(calls: CallStore) -> None:
    calls.reply(CALL.call_id, 1, Reply(line=replace(WORDS, act=Transfer("+15550009999")), heard=0))

    assert interpose(calls) == Interposed(Heard.FRESH, 2)

    call = calls.get(CALL.call_id)
    assert (call.act, call.is_with_person, call.state) == (None, False, State.ACTIVE)


@pytest.mark.parametrize("reply", ["told", "a goodbye"])
def test_beside_a_reply_that_counts_it_is_only_kept(calls: CallStore, reply: str) -> None:
    act = EndCall() if reply == "a goodbye" else None
    calls.reply(CALL.call_id, 1, Reply(line=replace(WORDS, act=act), heard=0, told=reply == "told"))
    before = calls.get(CALL.call_id)

    assert interpose(calls) == Interposed(Heard.REPEATED, 1)

    assert calls.get(CALL.call_id) == before
    assert said(calls) == [ASKED.text, MORE.text, WORDS.text]


@pytest.mark.parametrize("replied", [False, True])
def test_delivered_twice_it_is_kept_once(calls: CallStore, *, replied: bool) -> None:
    if replied:
        calls.reply(CALL.call_id, 1, Reply(line=WORDS, heard=0))
    first = interpose(calls)
    assert first is not None

    assert interpose(calls) == Interposed(Heard.REPEATED, first.turn)
    assert said(calls) == [ASKED.text, MORE.text]
    assert calls.get(CALL.call_id).heard == 1


def test_what_belongs_to_nobody_is_not_kept(calls: CallStore) -> None:
    assert interpose(calls, account="another") is None
    assert said(calls) == [ASKED.text]
