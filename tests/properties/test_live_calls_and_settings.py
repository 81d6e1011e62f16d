from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib import wiring
from chalicelib.calls.terms import AgentKind, AgentSettings
from tests.bottle.cloud import one_moto
from tests.bottle.scenes import hear, talking
from tests.bottle.world import CARRIERS, a_world
from tests.builders import new_settings

CHANGED = AgentSettings(kind=AgentKind.LAMBDA, function_name="somebody-else")


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


@pytest.mark.parametrize("provider", CARRIERS)
def test_a_live_call_keeps_the_agent_that_it_began_with(provider: str) -> None:
    with a_world(provider) as world:
        talking(world)
        changed = replace(wiring.accounts().get(provider), agent=CHANGED)
        wiring.accounts().save_settings(new_settings(changed, version=2, active=provider))
        wiring.forget()

        hear(world)

        assert wiring.accounts().get(provider).agent == CHANGED
        said = [line.text for line in world.memory.lines(world.calls[0])]
        assert said[-1] == "Thank you, that is confirmed. Is there anything else?"
