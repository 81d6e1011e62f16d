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
from tests.hostile.requests import GOOD, Hostile, asked, garbled, mutated, webhooks

REQUESTS: Final = int(os.environ.get("HOSTILE_REQUESTS", "1200"))
"""At each door; `make fuzz` asks for 200,000."""
INVENTED: Final = max(600, REQUESTS // 50)
"""Of these, those that Hypothesis makes up, which takes it ten times as long as to change bytes."""
GARBLED: Final = REQUESTS - INVENTED
AT_ONCE: Final = 1000
"""After so many, what was logged is looked at and forgotten."""
FUZZED: Final = settings(
    max_examples=INVENTED,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
INTERNAL_ERROR: Final = 500
UNDERSTOOD: Final = {200, 202, 204, 400, 401, 403, 404, 405, 406, 413, 415, 429}
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
    check_quiet(caplog)


def check_quiet(caplog: pytest.LogCaptureFixture) -> None:
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == []
    caplog.clear()


def in_turn(requests: Iterator[Hostile], caplog: pytest.LogCaptureFixture) -> Iterator[Hostile]:
    """Some of *requests*, and a look at the log now and then."""
    for number, request in enumerate(islice(requests, GARBLED)):
        if number % AT_ONCE == 0:
            check_quiet(caplog)
        yield request


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
def test_a_signed_webhook_with_bytes_changed_changes_nothing(
    provider: str, caplog: pytest.LogCaptureFixture
) -> None:
    with one_moto(), a_world(provider) as world:
        for request in in_turn(mutated(provider, seed=7), caplog):
            assert knock(world, request) in {403, 415}


@pytest.mark.parametrize("path", ["/rpc", "/mcp", "/session"])
def test_whoever_may_only_look_changes_nothing(world: World, read_token: str, path: str) -> None:
    @FUZZED
    @given(request=st.data())
    def fuzz(request: st.DataObject) -> None:
        knock(world, request.draw(asked(path, read_token)))

    fuzz()


@pytest.mark.parametrize("path", sorted(GOOD))
def test_a_reader_whose_bytes_are_changed_changes_nothing(
    world: World, read_token: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    for request in in_turn(garbled(path, read_token, seed=7), caplog):
        knock(world, request)
