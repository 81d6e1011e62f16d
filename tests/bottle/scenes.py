"""What our gateway does, one thing at a time: how it comes to it, and what it is asked to do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tests.bottle.carrier import CarrierCall
from tests.bottle.world import FRIEND, World

CALLED: Final = "+15559870001"
OPENING: Final = "This is about your appointment. Can you confirm it?"


@dataclass(frozen=True, slots=True)
class Scene:
    """`prepare` leads up to it, undisturbed; `act` is what is disturbed."""

    name: str
    told: str
    prepare: Callable[[World], object]
    act: Callable[[World], object]


def order(world: World) -> None:
    """Have us call somebody; asked again if no answer came, as agents do."""
    for _ in range(2):
        answer = world.rpc(
            "voicecall.initiate", to=CALLED, message=OPENING, idempotency_key="the only order"
        )
        if answer.get("error", {}).get("code") != 0:
            return


def a_call(world: World) -> CarrierCall:
    return next(iter(world.carrier.calls.values()))


def go_on(world: World) -> None:
    """Let the call go on until somebody has to speak."""
    for _ in range(5):
        world.drain()
        for call in world.carrier.talking():
            world.carrier.goes_on(call)
    world.drain()


def ringing(world: World) -> None:
    order(world)
    world.carrier.rings(a_call(world))
    world.drain()


def talking(world: World) -> None:
    ringing(world)
    world.carrier.picks_up(a_call(world))
    go_on(world)


def answer(world: World) -> None:
    world.carrier.picks_up(a_call(world))
    go_on(world)


def arrive(world: World) -> None:
    world.carrier.arrives(FRIEND, "+15551234567")
    go_on(world)


def hear(world: World) -> None:
    world.carrier.says(a_call(world), "Yes, I can.")
    go_on(world)


def press(world: World) -> None:
    world.rpc("voicecall.dtmf", call_id=world.calls[0].call_id, digits="7")
    go_on(world)


def hang_up(world: World) -> None:
    world.rpc("voicecall.end", call_id=world.calls[0].call_id)
    go_on(world)


def run_out(world: World) -> None:
    (name,) = (name for name in world.cloud.timers if name.endswith("max_duration"))
    world.fire(name)
    go_on(world)


def overdue(world: World) -> None:
    talking(world)
    world.clock.pass_by(700)


def look_after(world: World) -> None:
    world.sweep()
    go_on(world)


def hang_up_there(world: World) -> None:
    world.carrier.ends(a_call(world), "completed")
    world.drain()


SCENES: Final = (
    Scene("dial", "we are asked to call somebody", lambda _: None, order),
    Scene("answer", "the call that we placed is answered", ringing, answer),
    Scene("arrival", "somebody calls us", lambda _: None, arrive),
    Scene("turn", "the far end says something", talking, hear),
    Scene("digits", "we are asked to press keys", talking, press),
    Scene("end", "we are asked to hang up", talking, hang_up),
    Scene("timer", "the maximum duration is over", talking, run_out),
    Scene("sweep", "the sweep finds a call that is overdue", overdue, look_after),
    Scene("far end", "the far end hangs up", talking, hang_up_there),
)
