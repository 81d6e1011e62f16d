from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.terms import AgentKind, AgentSettings
from tests.bottle.cloud import one_moto
from tests.bottle.scenes import a_call, hear, talking
from tests.bottle.world import CARRIERS, a_world
from tests.builders import new_settings

CHANGED = AgentSettings(kind=AgentKind.LAMBDA, function_name="somebody-else")


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


def change_settings(provider: str, agent: AgentSettings) -> None:
    changed = replace(wiring.accounts().get(provider), agent=agent)
    wiring.accounts().save_settings(new_settings(changed, version=2, active=provider))
    wiring.forget()


@pytest.mark.parametrize("provider", CARRIERS)
def test_a_live_call_keeps_the_agent_that_it_began_with(provider: str) -> None:
    with a_world(provider) as world:
        talking(world)
        change_settings(provider, CHANGED)

        hear(world)

        assert wiring.accounts().get(provider).agent == CHANGED
        said = [line.text for line in world.memory.lines(world.calls[0])]
        assert said[-1] == "Thank you, that is confirmed. Is there anything else?"


@pytest.mark.parametrize("provider", ["twilio", "plivo"])
def test_a_late_reply_is_waited_for_as_long_as_the_call_began_with(provider: str) -> None:
    with a_world(provider) as world:
        talking(world)
        call = a_call(world)
        world.cloud.is_slow = True
        world.carrier.says(call, "Yes, I can.")
        change_settings(provider, AgentSettings(timeout_secs=1))

        world.clock.pass_by(30)
        world.carrier.goes_on(call)
        world.run_pending()
        world.carrier.stays_silent(call)
        for _ in range(4):
            world.carrier.goes_on(call)

    assert call.words[-1] == ("bot", "Thank you, that is confirmed. Is there anything else?")
    assert ("bot", ENGLISH.apology) not in call.words
