"""A carrier that could not be given a document asks for the first one again."""

from collections.abc import Iterator

import pytest

from chalicelib.calls.transcript import Speaker
from tests.bottle.cloud import one_moto
from tests.bottle.documents import DocumentCarrier
from tests.bottle.laws import Watch
from tests.bottle.scenes import a_call, arrive, go_on, hear, talking
from tests.bottle.world import World, a_world

both = pytest.mark.parametrize("begin", [talking, arrive], ids=["outbound", "inbound"])
every_document_carrier = pytest.mark.parametrize("provider", ["twilio", "plivo"])


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


def fall_back(world: World) -> None:
    assert isinstance(world.carrier, DocumentCarrier)
    world.carrier.falls_back(a_call(world))
    go_on(world)


def spoken(world: World) -> list[str]:
    return [text for speaker, text in a_call(world).words if speaker == "bot"]


def written(world: World) -> list[str]:
    (call,) = world.calls
    return [line.text for line in world.memory.lines(call) if line.speaker is Speaker.BOT]


@every_document_carrier
@both
def test_before_the_first_answer_the_first_words_are_said_again(
    provider: str, begin: object
) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        assert callable(begin)
        begin(world)

        fall_back(world)

        first, again = spoken(world)
        assert first == again
        assert written(world) == [first]


@every_document_carrier
@both
def test_later_what_was_said_last_is_said_again_and_listened_to(
    provider: str, begin: object
) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        assert callable(begin)
        begin(world)
        hear(world)
        reply = spoken(world)[-1]

        fall_back(world)
        assert spoken(world)[-2:] == [reply, reply]
        hear(world)

        assert len(written(world)) == 3
        assert written(world)[1] == reply
        assert written(world)[2] == spoken(world)[-1]
        assert world.calls[0].turn == 3


@every_document_carrier
def test_while_the_agent_thinks_its_reply_is_waited_for(provider: str) -> None:
    with a_world(provider, max_duration_secs=3600) as world:
        talking(world)
        world.cloud.is_slow = True
        world.carrier.says(a_call(world), "Yes, I can.")

        fall_back(world)
        world.carrier.stays_silent(a_call(world))
        go_on(world)

        assert spoken(world)[-1] == written(world)[-1]
        assert spoken(world).count(written(world)[-1]) == 1
        Watch().check(world)
