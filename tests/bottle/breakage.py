"""Breaks each effect of each scene, in every way, and says what became of the call."""

from dataclasses import dataclass
from typing import Final

from tests.bottle.effects import Fate
from tests.bottle.laws import Watch, check_harmless_timers, check_over
from tests.bottle.scenes import Scene
from tests.bottle.world import World, a_world

ASKED_AGAIN: Final = frozenset({503})
"""What a carrier may be answered while something is broken: it delivers again."""
NOT_THERE: Final = "no call"


@dataclass(frozen=True, slots=True)
class Point:
    """One effect of a scene."""

    scene: Scene
    provider: str
    place: int
    effect: str


def points(scene: Scene, provider: str) -> list[Point]:
    """Everything that *scene* does to the world when nothing is broken."""
    with a_world(provider) as world:
        _come_to(scene, world)
        scene.act(world)
        names = list(world.effects.names)
    return [Point(scene, provider, place, name) for place, name in enumerate(names)]


def break_at(point: Point, fate: Fate) -> str:
    """Let the effect at *point* meet *fate*, and everything else go on; the laws must hold.

    Says what became of the call before anybody came to help, and how it ended.
    """
    with a_world(point.provider) as world:
        watch = Watch(tolerated=ASKED_AGAIN)
        _come_to(point.scene, world)
        world.effects.doomed, world.effects.fate = point.place, fate
        point.scene.act(world)
        assert len(world.effects.names) > point.place
        world.effects.doomed = None
        watch.check(world)
        outcome = _outcome(world)
        world.settle()
        watch.check(world)
        check_over(world)
        check_harmless_timers(world)
        return outcome


def _come_to(scene: Scene, world: World) -> None:
    world.effects.watched = False
    scene.prepare(world)
    world.effects.watched = True
    world.effects.names.clear()


def _outcome(world: World) -> str:
    """How the call stands here."""
    calls = world.calls
    if not calls:
        return NOT_THERE
    call = calls[0]
    is_live = bool(world.carrier.live())
    if not call.state.is_final:
        return "goes on" if is_live else "is settled by its timer or the sweep"
    return f"is over: {call.state}"
