"""What is logged while calls live, and things fail: each line says which call it is about."""

from collections.abc import Iterator

import pytest

from tests.bottle.cloud import one_moto
from tests.bottle.effects import Fate
from tests.bottle.scenes import arrive, hang_up, hear, press, talking
from tests.bottle.world import CARRIERS, a_world


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


OF_SEVERAL = frozenset({"calls should be over"})
"""Lines that are about no single call."""


@pytest.mark.parametrize("fate", [None, *Fate])
@pytest.mark.parametrize("provider", CARRIERS)
def test_each_line_says_which_call_it_is_about(
    provider: str, fate: Fate | None, caplog: pytest.LogCaptureFixture
) -> None:
    with a_world(provider, max_duration_secs=60) as world:
        talking(world)
        arrive(world)
        for place in range(12):
            world.effects.doomed = len(world.effects.names) + place
            world.effects.fate = fate or Fate.FAILS
            world.effects.watched = fate is not None
            hear(world)
        world.effects.doomed = None
        if world.carrier.talking():
            press(world)
        hang_up(world)
        world.settle()

    lines = [
        (record.getMessage(), getattr(record, "moltis_facts", {})) for record in caplog.records
    ]
    assert lines
    calls = {call.call_id for call in world.calls}
    about_one = [line for line in lines if line[0] not in OF_SEVERAL]
    assert [line for line in about_one if line[1].get("call_id") not in calls] == []
