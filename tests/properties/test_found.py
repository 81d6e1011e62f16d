"""What was found by breaking things and by disorder, each by its name."""

from collections.abc import Iterator

import pytest

from chalicelib.calls.call import State
from chalicelib.calls.events import Input, InputOverheard
from chalicelib.calls.transcript import Speaker
from chalicelib.turns.aws_lambda import write_event
from tests.bottle.cloud import Invocation, one_moto
from tests.bottle.effects import Fate
from tests.bottle.laws import Watch, check_over
from tests.bottle.scenes import a_call, go_on, hang_up_there, order, talking
from tests.bottle.world import CARRIERS, World, a_world

every_carrier = pytest.mark.parametrize("provider", CARRIERS)


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


def break_next(world: World, fate: Fate, *, after: int = 0) -> None:
    world.effects.doomed, world.effects.fate = len(world.effects.names) + after, fate


def test_an_event_that_cannot_be_kept_is_delivered_again() -> None:
    with a_world("telnyx") as world:
        talking(world)
        break_next(world, Fate.FAILS)
        before = len(world.answers)

        hang_up_there(world)

        assert world.answers[before:][:2] == [503, 200]
        check_over(world)


@every_carrier
def test_a_call_that_was_never_dialled_takes_no_place_for_long(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        break_next(world, Fate.DIES_BEFORE, after=1)
        order(world)
        assert [call.state for call in world.calls] == [State.INITIATED]

        world.sweep()
        assert world.memory.running == 1
        world.sweep()

        assert world.memory.running == 0
        assert [call.state for call in world.calls] == [State.ERROR]
        assert world.carrier.dialled == []


@every_carrier
def test_the_sweep_lets_a_call_go_on_that_was_answered(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        talking(world)

        for _ in range(12):
            world.sweep()

        (call,) = world.calls
        assert not call.state.is_final
        assert world.carrier.talking()


@every_carrier
def test_the_sweep_finds_a_call_whose_end_nobody_reported(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        talking(world)
        world.carrier.ends(a_call(world), "completed")
        world.carrier.news.clear()

        for _ in range(7):
            world.sweep()

        check_over(world)
        assert world.clock() < world.calls[0].must_end_at


@every_carrier
def test_what_is_said_twice_at_one_moment_is_kept_twice(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        talking(world)
        (call,) = world.calls
        moment = world.clock()

        for said in ("It is five past two.", "It is ten past two."):
            world.rpc("voicecall.speak", call_id=call.call_id, message=said)
            go_on(world)

        assert world.clock() == moment
        words = [text for speaker, text in a_call(world).words if speaker == "bot"]
        assert words[-2:] == ["It is five past two.", "It is ten past two."]
        assert [line.text for line in world.memory.lines(call)] == words
        Watch().check(world)


def test_what_is_heard_twice_at_one_moment_is_kept_twice() -> None:
    with a_world("telnyx", max_duration_secs=3600) as world:
        talking(world)
        (call,) = world.calls
        for said in ("Yes.", "No, wait."):
            heard = InputOverheard(
                provider_call_id=call.provider_call_id,
                call_id=call.call_id,
                delivery=f"event-{said}",
                at=world.clock(),
                input=Input.SPEECH,
                text=said,
            )
            world.cloud.pending.append(
                Invocation("take_turn", {"account": "telnyx", "event": write_event(heard)})
            )

        world.drain()

        theirs = [line.text for line in world.memory.lines(call) if line.speaker is Speaker.USER]
        assert theirs == ["Yes.", "No, wait."]
