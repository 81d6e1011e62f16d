import os
from collections.abc import Iterator
from itertools import islice
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import wiring
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from tests.bottle.cloud import one_moto
from tests.bottle.world import CARRIERS, World, a_world
from tests.hostile.requests import Hostile, asked, mutated, webhooks

REQUESTS: Final = int(os.environ.get("HOSTILE_REQUESTS", "600"))
"""At each door; `make fuzz` asks for 200,000."""
FUZZED: Final = settings(
    max_examples=REQUESTS,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
INTERNAL_ERROR: Final = 500
UNDERSTOOD: Final = {200, 202, 204, 400, 401, 403, 404, 405, 406, 413, 415}
every_carrier = pytest.mark.parametrize("provider", CARRIERS)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with one_moto(), a_world("twilio") as world:
        yield world


@pytest.fixture(scope="module")
def read_token(world: World) -> str:
    token = make_token("looks", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)
    world.effects.names.clear()
    return token.text


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == []


def knock(world: World, request: Hostile) -> int:
    status, _ = world.knock(request.method, request.url, dict(request.headers), request.body)
    assert status in UNDERSTOOD
    assert world.effects.names == []
    return status


@every_carrier
def test_whatever_nobody_signed_changes_nothing(provider: str) -> None:
    with one_moto(), a_world(provider) as world:

        @FUZZED
        @given(request=webhooks(provider))
        def fuzz(request: Hostile) -> None:
            assert knock(world, request) in {403, 404, 413, 415}

        fuzz()


@every_carrier
def test_a_signed_webhook_with_bytes_changed_changes_nothing(provider: str) -> None:
    with one_moto(), a_world(provider) as world:
        for request in islice(mutated(provider, seed=7), REQUESTS):
            assert knock(world, request) in {403, 415}


@pytest.mark.parametrize("path", ["/rpc", "/mcp", "/session"])
def test_whoever_may_only_look_changes_nothing(world: World, read_token: str, path: str) -> None:
    @FUZZED
    @given(request=st.data())
    def fuzz(request: st.DataObject) -> None:
        knock(world, request.draw(asked(path, read_token)))

    fuzz()
