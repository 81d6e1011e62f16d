"""The stage of every test here; time runs forty times as fast."""

from collections.abc import Iterator

import pytest

from moltis.carriers.server import SimulatedCarriers
from tests.carriers.gateway import Gateway
from tests.carriers.plivo_stage import PlivoStage
from tests.carriers.stage import OURS, SID, TOKEN, Stage
from tests.carriers.telnyx_stage import TelnyxStage


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def carriers(gateway: Gateway) -> Iterator[SimulatedCarriers]:
    with SimulatedCarriers(speed=40) as carriers:
        carriers.add_twilio_account(
            account_id="twilio",
            number=OURS,
            account_sid=SID,
            auth_token=TOKEN,
            voice_url=f"{gateway.url}/answer",
            status_url=f"{gateway.url}/status",
        )
        yield carriers


@pytest.fixture
def stage(gateway: Gateway, carriers: SimulatedCarriers) -> Stage:
    return Stage(gateway, carriers)


@pytest.fixture
def telnyx(gateway: Gateway, carriers: SimulatedCarriers) -> TelnyxStage:
    stage = TelnyxStage(gateway, carriers)
    stage.set_up()
    return stage


@pytest.fixture
def plivo(gateway: Gateway, carriers: SimulatedCarriers) -> PlivoStage:
    stage = PlivoStage(gateway, carriers)
    stage.set_up()
    return stage
