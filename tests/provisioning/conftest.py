from collections.abc import Iterator

import pytest

from moltis.carriers.server import SimulatedCarriers
from tests.provisioning.consoles import NAMES, Stage


@pytest.fixture
def carriers() -> Iterator[SimulatedCarriers]:
    with SimulatedCarriers(speed=40) as carriers:
        yield carriers


@pytest.fixture(params=NAMES)
def stage(request: pytest.FixtureRequest, carriers: SimulatedCarriers) -> Stage:
    return Stage.blank(request.param, carriers)
