"""The sweep: so much at a time, the next run goes on, and two at once do no more than one."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import log, metrics
from chalicelib.actions.sweep import LOOK_AGAIN_AFTER, MOST_PER_RUN, sweep
from chalicelib.calls.call import CallId, State
from chalicelib.errors import ProviderUnavailableError, ProviderUncertainError
from chalicelib.overriding import override
from chalicelib.providers.base import CarrierView, DialOrder
from chalicelib.store.base import Ending
from tests.builders import NOON, a_call
from tests.fake_carriers import FakeClock, FakeProvider
from tests.worlds import LEG, World

MANY = MOST_PER_RUN + 20


def swept(world: World) -> dict[str, int]:
    return sweep(
        calls=world.calls,
        timers=world.timers,
        exchange_of=lambda _: world.exchange,
        now=world.clock,
    )


def with_overdue_calls(number: int, **changes: Any) -> World:
    world = World.of(call=None)
    for place in range(number):
        call = a_call(
            account="telnyx",
            provider="telnyx",
            call_id=CallId(f"call-{place:03}"),
            started_at=NOON - timedelta(hours=2),
            deadline=NOON - timedelta(hours=1, seconds=place),
            **{"state": State.RINGING, "provider_call_id": f"v3:leg-{place}", **changes},
        )
        world.calls.create(call)
    return world


def test_a_run_settles_so_many_overdue_calls_and_the_next_run_the_others() -> None:
    world = with_overdue_calls(MANY)

    first, second, third = swept(world), swept(world), swept(world)

    assert [run["overdue"] for run in (first, second, third)] == [MOST_PER_RUN, 20, 0]
    assert sorted(set(world.provider.hung_up)) == sorted(f"v3:leg-{n}" for n in range(MANY))


def test_calls_that_should_be_over_are_counted_with_the_age_of_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setenv(metrics.STAGE, "test")
    log.set_up(stream)

    swept(with_overdue_calls(3, state=State.LISTENING))

    (told,) = [
        line for line in map(json.loads, stream.getvalue().splitlines()) if "CallsStuck" in line
    ]
    assert (told["CallsStuck"], told["OldestStuck"]) == (3, 3600)
    log.set_up(io.StringIO())


def test_a_call_that_cannot_be_ended_is_told_of_again_and_again_as_it_ages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setenv(metrics.STAGE, "test")
    log.set_up(stream)
    world = with_overdue_calls(1, state=State.LISTENING)
    exchange = replace(world.exchange, provider=FailsLate(world.clock))

    for minute in range(10):
        world.clock.time = NOON + timedelta(minutes=minute)
        sweep(
            calls=world.calls, timers=world.timers, exchange_of=lambda _: exchange, now=world.clock
        )

    lines = map(json.loads, stream.getvalue().splitlines())
    # What takes its time to fail is looked at every second minute.
    ages = [line["OldestStuck"] for line in lines if "OldestStuck" in line]
    assert ages == [3600 + 120 * look for look in range(5)]
    log.set_up(io.StringIO())


class FailsLate(FakeProvider):
    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    @override
    def look_up(self, provider_call_id: str) -> CarrierView:
        self._clock.time += timedelta(seconds=20)
        message = "it does not answer"
        raise ProviderUncertainError(message, provider=self.name)


def test_a_run_stops_the_clocks_of_so_many_ended_calls_and_the_next_run_of_the_others() -> None:
    world = with_overdue_calls(MANY)
    for call in world.calls.live():
        world.calls.finish(call.call_id, Ending(at=NOON), account="telnyx")

    runs = [swept(world)["clocks_stopped"] for _ in range(3)]

    assert runs == [MOST_PER_RUN, 20, 0]


def test_calls_that_cannot_be_settled_do_not_keep_those_behind_them_from_their_turn() -> None:
    world = with_overdue_calls(MANY)
    world.provider.broken = ProviderUnavailableError("it is down", provider="telnyx")

    first = swept(world)
    world.provider.broken = None
    second = swept(world)
    world.clock.time += LOOK_AGAIN_AFTER
    third = swept(world)

    assert (first["failed"], second["overdue"], third["failed"]) == (MOST_PER_RUN, 20, 0)
    swept(world)
    assert set(world.provider.hung_up) == {f"v3:leg-{n}" for n in range(MANY)}


def test_two_sweeps_at_once_leave_each_call_ended_once() -> None:
    world = with_overdue_calls(20)
    world.provider.gone = True

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: swept(world), range(4)))

    calls = [world.calls.get(f"call-{place:03}") for place in range(20)]
    assert {(call.state, call.error.code if call.error else "") for call in calls} == {
        (State.ERROR, "carrier_failed")
    }
    assert {call.version for call in calls} == {a_call().version + 1}
    assert world.calls.running("telnyx") == 0


class FindsIt(FakeProvider):
    @override
    def find(self, order: DialOrder) -> CarrierView | None:
        return CarrierView(provider_call_id=LEG, state=State.ANSWERED, ended=False)


def test_a_call_that_was_dialled_with_an_unknown_outcome_is_attached_when_the_carrier_has_it() -> (
    None
):
    world = with_overdue_calls(1, provider_call_id="", state=State.INITIATED)
    exchange = replace(world.exchange, provider=FindsIt())

    result = sweep(
        calls=world.calls, timers=world.timers, exchange_of=lambda _: exchange, now=world.clock
    )

    call = world.calls.get("call-000")
    assert (result["failed"], call.provider_call_id, call.state.is_final) == (0, LEG, False)
