from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.calls.call import CallFailure, CallId, Mode, State
from chalicelib.calls.search import Period
from chalicelib.errors import InvalidParamsError
from chalicelib.store.base import CallStore, EndedNote, Ending, Page
from tests.builders import NOON, a_call
from tests.contract.memories import Memory, every_memory

SOON = NOON + timedelta(seconds=30)
FAILURE = CallFailure(code="13224", message="the number does not exist")

pytestmark = every_memory


@pytest.fixture
def memory(a_memory: Callable[[], AbstractContextManager[Memory]]) -> Iterator[Memory]:
    with a_memory() as opened:
        yield opened


@pytest.fixture
def calls(memory: Memory) -> CallStore:
    return memory.calls


def create_some(calls: CallStore, *names: str) -> list[CallId]:
    # Each a minute after the one before, in time and in deadline.
    for minute, name in enumerate(names):
        later = timedelta(minutes=minute)
        call = a_call(call_id=CallId(name), started_at=NOON + later, deadline=SOON + later)
        calls.create(call)
    return [CallId(name) for name in names]


def test_a_call_is_finished_once(memory: Memory) -> None:
    call = a_call()
    memory.calls.create(call)
    ending = Ending(at=SOON, reason=State.NO_ANSWER, provider_call_id="CA1")

    finished = [memory.calls.finish(call.call_id, ending, account="twilio") for _ in range(3)]

    ended = replace(call.ended(State.NO_ANSWER, at=SOON), provider_call_id="CA1")
    assert finished == [True, False, False]
    assert memory.calls.get(call.call_id) == ended
    assert memory.running("twilio") == 0


def test_a_final_state_is_never_left(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)
    calls.finish(call.call_id, Ending(at=SOON, reason=State.BUSY), account="twilio")

    calls.finish(call.call_id, Ending(at=SOON, reason=State.COMPLETED), account="twilio")
    calls.request_end(call.call_id, State.HANGUP_BOT, at=NOON, retry_at=SOON)
    calls.postpone(call.call_id, SOON)

    assert calls.get(call.call_id) == call.ended(State.BUSY, at=SOON)


def test_what_we_asked_for_goes_before_what_the_carrier_says(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)
    calls.request_end(call.call_id, State.TIMEOUT, at=NOON, retry_at=SOON)

    ending = Ending(at=SOON, reason=State.ERROR, error=FAILURE)
    calls.finish(call.call_id, ending, account="twilio")

    ended = calls.get(call.call_id)
    assert (ended.state, ended.error) == (State.TIMEOUT, None)


@pytest.mark.parametrize(
    ("mode", "state"), [(Mode.CONVERSATION, State.HANGUP_USER), (Mode.NOTIFY, State.COMPLETED)]
)
def test_a_call_that_is_just_over_ended_naturally(
    calls: CallStore, mode: Mode, state: State
) -> None:
    call = a_call(mode=mode)
    calls.create(call)

    calls.finish(call.call_id, Ending(at=SOON), account="twilio")

    assert calls.get(call.call_id) == call.ended(state, at=SOON)


def test_a_failed_call_keeps_why(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)

    ending = Ending(at=SOON, reason=State.ERROR, error=FAILURE)
    calls.finish(call.call_id, ending, account="twilio")

    assert calls.get(call.call_id) == call.ended(State.ERROR, at=SOON, error=FAILURE)


def test_the_first_reason_to_end_a_call_stays(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)

    first = calls.request_end(call.call_id, State.HANGUP_BOT, at=NOON, retry_at=SOON)
    again = calls.request_end(call.call_id, State.TIMEOUT, at=NOON, retry_at=SOON)

    assert (
        first
        == again
        == replace(call, end_requested=State.HANGUP_BOT, end_requested_at=NOON, deadline=SOON)
    )
    assert calls.get(call.call_id) == first


def test_asking_for_the_end_never_lets_the_sweep_come_later(calls: CallStore) -> None:
    call = a_call(deadline=NOON)
    calls.create(call)

    asked = calls.request_end(call.call_id, State.HANGUP_BOT, at=NOON, retry_at=SOON)

    assert asked == replace(call, end_requested=State.HANGUP_BOT, end_requested_at=NOON)


def test_asking_for_the_end_of_a_call_that_is_over_gives_it_as_it_is(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)
    calls.finish(call.call_id, Ending(at=SOON, reason=State.BUSY), account="twilio")

    asked = calls.request_end(call.call_id, State.HANGUP_BOT, at=NOON, retry_at=SOON)

    assert asked == call.ended(State.BUSY, at=SOON)


def test_live_calls_come_with_the_oldest_deadline_first(calls: CallStore) -> None:
    names = create_some(calls, "a", "b", "c", "d")
    calls.postpone("a", NOON + timedelta(hours=9))

    calls.finish("c", Ending(at=SOON), account="twilio")

    assert [call.call_id for call in calls.live()] == [names[1], names[3], names[0]]


def test_only_live_calls_whose_deadline_has_passed_are_overdue(calls: CallStore) -> None:
    names = create_some(calls, "a", "b", "c", "d", "e")
    calls.finish("a", Ending(at=SOON), account="twilio")
    calls.postpone("b", NOON + timedelta(hours=9))
    calls.request_end("e", State.HANGUP_BOT, at=NOON, retry_at=SOON)

    overdue = calls.overdue(SOON + timedelta(minutes=2), limit=10)

    assert [call.call_id for call in overdue] == [names[4], names[2]]


def test_no_more_overdue_calls_come_than_were_asked_for(calls: CallStore) -> None:
    names = create_some(calls, *"abcdefghijkl")

    overdue = calls.overdue(NOON + timedelta(hours=1), limit=2)

    assert [call.call_id for call in overdue] == names[:2]


def test_history_begins_with_the_newest_call_and_goes_on_page_by_page(calls: CallStore) -> None:
    names = create_some(calls, "a", "b", "c", "d", "e")
    calls.create(a_call(call_id=CallId("other"), account="plivo"))
    calls.finish("d", Ending(at=SOON), account="twilio")

    first = calls.history("twilio", limit=2)
    second = calls.history("twilio", limit=2, cursor=first.cursor)
    third = calls.history("twilio", limit=2, cursor=second.cursor)

    pages = [[call.call_id for call in page.calls] for page in (first, second, third)]
    assert pages == [[names[4], names[3]], [names[2], names[1]], [names[0]]]
    assert third.cursor == ""


def test_history_ends_where_the_last_page_is_full(calls: CallStore) -> None:
    create_some(calls, "a", "b")

    page = calls.history("twilio", limit=2)

    assert (len(page.calls), page.cursor) == (2, "")
    assert calls.history("plivo", limit=2) == Page((), "")


def test_history_goes_on_behind_any_call(calls: CallStore) -> None:
    names = create_some(calls, "a", "b", "c")

    page = calls.history("twilio", limit=2, cursor=calls.cursor_after(calls.get("b")))

    assert [call.call_id for call in page.calls] == names[:1]


def test_calls_that_began_at_the_same_time_are_all_in_the_history(calls: CallStore) -> None:
    for name in "abcde":
        calls.create(a_call(call_id=CallId(name)))
    seen, cursor = [], "begin"

    while cursor:
        page = calls.history("twilio", limit=2, cursor=cursor.removeprefix("begin"))
        seen += [call.call_id for call in page.calls]
        cursor = page.cursor

    assert sorted(seen) == list("abcde")


@pytest.mark.parametrize(
    "cursor", ["nonsense", "ä", "bm9uc2Vuc2U=", "YQpiCmM=", "dHdpbGlvCmIKYw=="]
)
def test_a_cursor_that_we_did_not_give_is_refused(calls: CallStore, cursor: str) -> None:
    create_some(calls, "a", "b")

    with pytest.raises(InvalidParamsError) as caught:
        calls.history("twilio", limit=1, cursor=cursor)

    assert [fault.field for fault in caught.value.faults] == ["cursor"]


def test_a_cursor_of_another_account_begins_at_its_time(calls: CallStore) -> None:
    for minute, account in enumerate(["twilio", "plivo", "twilio"]):
        at = NOON + timedelta(minutes=minute)
        calls.create(a_call(call_id=CallId(f"{minute}"), account=account, started_at=at))

    page = calls.history("twilio", limit=5, cursor=calls.cursor_after(calls.get("1")))

    assert [call.call_id for call in page.calls] == ["0"]


def test_history_of_a_period_has_what_began_in_it(calls: CallStore) -> None:
    names = create_some(calls, *"abcdef")
    first, last = calls.get("b").started_at, calls.get("e").started_at
    period = Period(first=first, last=last)

    page = calls.history("twilio", limit=2, period=period)
    rest = calls.history("twilio", limit=2, period=period, cursor=page.cursor)
    since = calls.history("twilio", limit=9, period=Period(first=first))
    before = calls.history("twilio", limit=9, period=Period(last=last))

    assert [call.call_id for call in page.calls + rest.calls] == names[3:0:-1]
    assert rest.cursor == ""
    assert [call.call_id for call in since.calls] == names[:0:-1]
    assert [call.call_id for call in before.calls] == names[3::-1]


def test_a_cursor_outside_of_the_period_goes_on_inside_of_it(calls: CallStore) -> None:
    names = create_some(calls, *"abcdef")
    period = Period(first=calls.get("b").started_at, last=calls.get("e").started_at)
    newest, oldest = (calls.cursor_after(calls.get(name)) for name in ("f", "a"))

    above = calls.history("twilio", limit=9, period=period, cursor=newest)
    below = calls.history("twilio", limit=9, period=period, cursor=oldest)

    assert [call.call_id for call in above.calls] == names[3:0:-1]
    assert below == Page((), "")


def test_an_ended_call_leaves_a_note_until_it_is_dropped(calls: CallStore) -> None:
    names = create_some(calls, "a", "b", "c")
    for minute, name in enumerate(names[:2]):
        ending = Ending(at=SOON + timedelta(minutes=minute))
        calls.finish(name, ending, account="twilio")
        calls.finish(name, ending, account="twilio")

    notes = calls.ended_notes(limit=10)
    calls.drop_ended_note(notes[0])
    calls.drop_ended_note(notes[0])

    assert [note.call_id for note in notes] == names[:2]
    assert calls.ended_notes(limit=10) == notes[1:]


def test_no_more_notes_come_than_were_asked_for(calls: CallStore) -> None:
    for name in create_some(calls, *"abcdefgh"):
        calls.finish(name, Ending(at=SOON), account="twilio")

    notes = calls.ended_notes(limit=3)

    assert len(notes) == 3


def test_dropping_a_note_that_never_was_is_harmless(calls: CallStore) -> None:
    calls.drop_ended_note(EndedNote("ENDED#0/never", CallId("nobody")))

    assert calls.ended_notes(limit=1) == []
