import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.bottle.cloud import one_moto
from tests.bottle.world import CARRIERS
from tests.properties.machine import AnyOrder

SEQUENCES = int(os.environ.get("SEQUENCES", "668"))
"""For each carrier: two thousand together."""
PARTS = 4
"""The work is parted, so that several processes can share it."""


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("provider", CARRIERS)
def test_in_any_order_of_events_the_laws_hold(provider: str, part: int) -> None:
    machine = type(f"AnyOrderOf{provider.title()}{part}", (AnyOrder,), {"provider": provider})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SEQUENCES // PARTS,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
