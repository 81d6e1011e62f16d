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
every_document_carrier = pytest.mark.parametrize("provider", ["twilio", "plivo"])


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

        said = ("It is five past two.", "It is ten past two.")
        for message in said:
            world.rpc("voicecall.speak", call_id=call.call_id, message=message)
            go_on(world)

        assert world.clock() == moment
        words = [text for speaker, text in a_call(world).words if speaker == "bot"]
        assert [word for word in words if word in said] == list(said)
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


LONG = "It is about Friday. There are two tables. Which one do you want?"


@every_document_carrier
@pytest.mark.parametrize(
    ("secs", "again"),
    [
        (0.0, LONG),
        (2.0, "There are two tables. Which one do you want?"),
        (3.0, "Which one do you want?"),
        (9.0, ""),
    ],
)
def test_what_is_overtaken_before_it_was_heard_is_said_again(
    provider: str, secs: float, again: str
) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        call_up(world, LONG)
        world.clock.pass_by(secs)
        (call,) = world.calls

        world.rpc("voicecall.speak", call_id=call.call_id, message="A word from outside.")
        go_on(world)

        spoken = [*filter(None, ("A word from outside.", again))]
        assert [line.text for line in world.memory.lines(call)] == [LONG, *spoken]
        words = [text for speaker, text in a_call(world).words if speaker == "bot"]
        assert words[-len(spoken) :] == spoken


@every_document_carrier
def test_what_overtakes_is_said_again_when_it_is_overtaken_itself(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        call_up(world, LONG)
        world.clock.pass_by(9)
        (call,) = world.calls
        world.rpc("voicecall.speak", call_id=call.call_id, message="The first word.")

        world.rpc("voicecall.dtmf", call_id=call.call_id, digits="7")
        go_on(world)

        said = [LONG, "The first word.", "7", "The first word."]
        assert [line.text for line in world.memory.lines(call)] == said
        assert [text for _, text in a_call(world).words][-2:] == ["7", "The first word."]
        Watch().check(world)


@every_document_carrier
def test_a_message_that_keys_overtake_is_heard_to_its_end(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        call_up(world, LONG, mode="notify")
        world.clock.pass_by(2)
        (call,) = world.calls

        world.rpc("voicecall.dtmf", call_id=call.call_id, digits="7")
        go_on(world)

        rest = "There are two tables. Which one do you want?"
        assert [text for _, text in a_call(world).words][-2:] == ["7", rest]
        assert world.calls[0].state is State.COMPLETED
        Watch().check(world)


def call_up(world: World, message: str, mode: str = "conversation") -> None:
    """Call somebody, who answers."""
    world.rpc("voicecall.initiate", to="+15559870001", message=message, mode=mode)
    world.carrier.rings(a_call(world))
    world.carrier.picks_up(a_call(world))
    world.drain()


@every_carrier
def test_what_is_said_while_an_interruption_is_on_its_way_is_kept(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        talking(world)
        (call,) = world.calls
        world.rpc("voicecall.speak", call_id=call.call_id, message="It is five past two.")

        world.carrier.says(a_call(world), "Yes, I can.")
        go_on(world)

        lines = [line.text for line in world.memory.lines(call)]
        assert lines.count("It is five past two.") == lines.count("Yes, I can.") == 1
        assert ("bot", "It is five past two.") in a_call(world).words
        Watch().check(world)


@every_document_carrier
def test_who_waits_long_is_told_so_in_turn_and_each_is_kept(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        talking(world)
        (call,) = world.calls
        before = len(a_call(world).words)
        world.cloud.is_slow = True
        world.carrier.says(a_call(world), "Is there a table?")

        world.carrier.goes_on(a_call(world))
        world.clock.pass_by(11)
        world.carrier.stays_silent(a_call(world))
        for _ in range(3):
            world.carrier.goes_on(a_call(world))

        first, second = (text for who, text in a_call(world).words[before:] if who == "bot")
        assert first != second
        assert [line.text for line in world.memory.lines(call)][-2:] == [first, second]
        Watch().check(world)
