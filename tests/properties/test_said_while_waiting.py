"""What the far end says over a filler, where the carrier hears it."""

from collections.abc import Iterator

import pytest

from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.call import State
from chalicelib.calls.transcript import Speaker
from chalicelib.providers.base import Feature
from chalicelib.providers.registry import PROVIDERS
from tests.bottle.cloud import one_moto
from tests.bottle.laws import Watch, check_over
from tests.bottle.scenes import a_call, go_on, talking
from tests.bottle.world import CARRIERS, World, a_world

hearing = pytest.mark.parametrize(
    "provider",
    [
        name
        for name in CARRIERS
        if Feature.HEAR_WAITING in PROVIDERS[name].features and not PROVIDERS[name].takes_commands
    ],
)
FIRST, SECOND = "Can you hear me?", "Who are you?"


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


def ask_and_wait(world: World, said: str = FIRST) -> int:
    """Ask something that takes long, and hear a filler; gives how much had been said before."""
    talking(world)
    before = len(a_call(world).words)
    world.cloud.is_slow = True
    world.carrier.says(a_call(world), said)
    world.carrier.goes_on(a_call(world))
    return before


def hear_out(world: World) -> None:
    """Hear the filler and all that follows, and say nothing."""
    go_on(world)
    world.carrier.stays_silent(a_call(world))
    go_on(world)


def written(world: World) -> list[tuple[str, str]]:
    (call,) = world.calls
    return [(line.speaker.value, line.text) for line in world.memory.lines(call)]


@hearing
def test_what_is_said_over_a_filler_is_answered_with_what_came_before(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        before = ask_and_wait(world)

        assert world.carrier.says(a_call(world), SECOND)
        hear_out(world)

        heard = a_call(world).words[before:]
        assert [speaker for speaker, _ in heard] == ["user", "bot", "user", "bot", "bot"]
        assert "robot" in heard[-1][1]
        assert written(world)[-5:] == heard
        Watch().check(world)


@hearing
def test_a_reply_that_nobody_heard_yet_is_dropped(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        before = ask_and_wait(world)
        world.clock.pass_by(2)
        world.drain()
        dropped = written(world)[-1][1]

        assert world.carrier.says(a_call(world), SECOND)
        hear_out(world)

        heard = a_call(world).words[before:]
        assert ("bot", dropped) not in heard
        assert written(world)[-len(heard) :] == heard
        assert heard.count(("user", SECOND)) == 1
        assert "robot" in heard[-1][1]
        Watch().check(world)


@hearing
def test_a_silence_some_time_after_that_is_asked_about_and_ends_nothing(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        ask_and_wait(world)
        assert world.carrier.says(a_call(world), SECOND)
        hear_out(world)
        watch = Watch()
        watch.check(world)

        world.carrier.stays_silent(a_call(world))
        go_on(world)

        watch.check(world)
        assert a_call(world).words[-1] == ("bot", ENGLISH.reprompts[0])
        assert not a_call(world).is_over


@hearing
def test_a_goodbye_is_said_though_something_was_said_meanwhile(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        ask_and_wait(world, "Goodbye.")
        world.drain()
        goodbye = written(world)[-1]

        assert world.carrier.says(a_call(world), "And thank you.")
        go_on(world)

        assert a_call(world).words[-2:] == [("user", "And thank you."), goodbye]
        assert ("user", "And thank you.") in written(world)
        assert [call.state for call in world.calls] == [State.HANGUP_BOT]
        check_over(world)


@hearing
def test_what_is_said_over_a_filler_is_kept_once_however_often_it_comes(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        ask_and_wait(world)
        world.carrier.delivers_twice = True  # type: ignore[attr-defined]  # one of documents

        world.carrier.says(a_call(world), SECOND)
        hear_out(world)

        (call,) = world.calls
        theirs = [line.text for line in world.memory.lines(call) if line.speaker is Speaker.USER]
        assert theirs == [FIRST, SECOND]
        assert sum("robot" in text for who, text in a_call(world).words if who == "bot") == 1
        Watch().check(world)
