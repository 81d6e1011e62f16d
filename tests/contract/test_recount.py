"""The number of running calls, after somebody's hand was in the table."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from chalicelib.accounts.account import OutboundLimits
from chalicelib.calls.call import CallId
from chalicelib.errors import LimitReachedError
from chalicelib.store.base import QUIET, Ending, Recount
from chalicelib.store.items import running_counter
from chalicelib.store.tables import CounterItem
from tests.builders import NOON, a_call
from tests.contract.memories import Memory, bottled_memory, dynamo_memory

ACCOUNT = "twilio"
LATER = NOON + QUIET


@pytest.fixture(params=[dynamo_memory, bottled_memory], ids=["dynamo", "bottled"])
def memory(request: pytest.FixtureRequest) -> Iterator[Memory]:
    with request.param() as there:
        yield there


def begin(memory: Memory, *names: str, limit: int = 10) -> None:
    for name in names:
        memory.calls.create(
            a_call(call_id=CallId(name)), limits=OutboundLimits(max_concurrent_calls=limit)
        )


def miscount(by: int) -> None:
    """What a hand in the table does."""
    running_counter(ACCOUNT).update([CounterItem.calls.add(by)])


@pytest.mark.parametrize("by", [-1, 3])
def test_a_wrong_number_is_mended(memory: Memory, by: int) -> None:
    begin(memory, "one", "two")
    miscount(by)

    mended = memory.calls.recount([ACCOUNT], LATER)

    assert mended == [Recount(ACCOUNT, 2 + by, 2)]
    assert memory.running(ACCOUNT) == 2
    assert memory.calls.recount([ACCOUNT], LATER + QUIET) == []


def test_a_line_that_a_wrong_number_blocked_is_free_again(memory: Memory) -> None:
    begin(memory, "one", limit=2)
    miscount(1)
    with pytest.raises(LimitReachedError):
        begin(memory, "two", limit=2)

    memory.calls.recount([ACCOUNT], LATER)

    begin(memory, "two", limit=2)
    with pytest.raises(LimitReachedError):
        begin(memory, "three", limit=2)


def test_a_number_of_before_its_changes_were_told_is_mended_too(memory: Memory) -> None:
    begin(memory, "one")
    running_counter(ACCOUNT).update(
        [CounterItem.calls.add(8), CounterItem.version.remove(), CounterItem.changed_at.remove()]
    )

    assert memory.calls.recount([ACCOUNT], NOON) == [Recount(ACCOUNT, 9, 1)]
    assert memory.running(ACCOUNT) == 1


def test_a_right_number_stays(memory: Memory) -> None:
    begin(memory, "one", "two")
    memory.calls.finish("one", Ending(at=NOON), account=ACCOUNT)

    assert memory.calls.recount([ACCOUNT, "another"], LATER) == []
    assert memory.running(ACCOUNT) == 1


@pytest.mark.parametrize("changed", ["began", "ended"])
def test_what_changed_a_moment_ago_is_not_compared_with_what_may_be_older(
    memory: Memory, changed: str
) -> None:
    begin(memory, "one")
    moment = QUIET - timedelta(seconds=1)
    if changed == "ended":
        memory.calls.finish("one", Ending(at=LATER), account=ACCOUNT)
        moment += QUIET
    miscount(5)

    assert memory.calls.recount([ACCOUNT], NOON + moment) == []


def test_while_calls_begin_and_end_it_never_makes_a_number_wrong() -> None:
    # Not over moto: its transactions are not for several threads.
    with bottled_memory() as memory, ThreadPoolExecutor(4) as pool:
        begin(memory, "stays")

        def live(name: str) -> None:
            begin(memory, name)
            memory.calls.finish(name, Ending(at=NOON), account=ACCOUNT)

        lives = [pool.submit(live, f"call-{number}") for number in range(24)]
        counts = [pool.submit(memory.calls.recount, [ACCOUNT], LATER) for _ in range(24)]
        for done in lives:
            done.result()

        assert [done.result() for done in counts] == [[]] * 24
        assert memory.running(ACCOUNT) == len(memory.calls.live()) == 1
