import os
import random
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from chalicelib.calls.call import Call
from tests.bottle.carrier import CarrierCall, Status
from tests.bottle.cloud import one_moto
from tests.bottle.effects import Fate
from tests.bottle.laws import Watch, check_over
from tests.bottle.world import CARRIERS, FRIEND, SWEEP_SECS, World, a_world

CALLS: Final = int(os.environ.get("CALLS_OF_A_DAY", "350"))
"""At each carrier: a thousand together."""
FAILING: Final = 0.05
DAY_SECS: Final = 24 * 3600
TOLERATED: Final = frozenset({503})
MOST_SECS: Final = 300


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


def doom(world: World, chance: random.Random) -> None:
    """Let each effect from now on fail with some probability."""
    world.effects.chance = lambda: chance.choice(list(Fate)) if chance.random() < FAILING else None


def live_through(world: World, chance: random.Random, number: int) -> None:
    """One call, in which everybody does what comes to mind."""
    if chance.random() < 0.3:
        world.carrier.arrives(FRIEND, "+15551234567")
    else:
        mode = chance.choice(["notify", "conversation"])
        world.rpc(
            "voicecall.initiate",
            to=f"+1555{number:07}",
            message="This is about your appointment.",
            mode=mode,
            idempotency_key=f"order-{number}",
        )
    for _ in range(chance.randint(3, 12)):
        for call in world.carrier.live():
            happen(world, call, chance)
        while world.carrier.news:
            world.read_news(
                chance.randrange(len(world.carrier.news)),
                twice=chance.random() < FAILING,
                lost=chance.random() < FAILING,
            )
        while world.cloud.pending:
            world.run_pending(chance.randrange(len(world.cloud.pending)))


def happen(world: World, call: CarrierCall, chance: random.Random) -> None:
    carrier = world.carrier
    if call.status is Status.QUEUED:
        carrier.rings(call)
    elif call.status is Status.RINGING and not call.inbound:
        how = chance.choice(["answers", "answers", "answers", "busy", "no_answer"])
        carrier.picks_up(call) if how == "answers" else carrier.ends(call, how)
    elif chance.random() < 0.5:
        carrier.goes_on(call)
    elif chance.random() < 0.8:
        carrier.says(call, "Yes, that is fine.")
    else:
        carrier.ends(call, "completed")


@pytest.mark.parametrize("provider", CARRIERS)
def test_on_a_day_on_which_everything_fails_sometimes_no_call_is_lost(provider: str) -> None:
    chance = random.Random(provider)  # noqa: S311  # the same day again
    with a_world(provider, max_duration_secs=MOST_SECS) as world:
        watch = Watch(tolerated=TOLERATED)
        doom(world, chance)
        for number in range(CALLS):
            live_through(world, chance, number)
            watch.check(world)
            world.clock.pass_by(DAY_SECS / CALLS)
            for name in world.cloud.due():
                world.fire(name)
            world.sweep()
        world.effects.chance = lambda: None
        world.settle()

        watch.check(world)
        check_over(world)
        assert max(Counter(world.carrier.dialled).values(), default=0) <= 1
        assert len(world.calls) >= CALLS * 0.95
        a_round = DAY_SECS / CALLS + SWEEP_SECS
        assert max(map(duration, world.calls)) <= MOST_SECS + 2 * a_round


def duration(call: Call) -> float:
    assert call.ended_at is not None
    return (call.ended_at - call.started_at).total_seconds()
