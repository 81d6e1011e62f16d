"""One deployed phone for all of these tests, which follow one another as a phone's days do."""

from collections.abc import Iterator

import pytest

from moltis.demo import stage
from tests.deployment import emulator
from tests.deployment.phone import PATIENCE_SECS, DeployedPhone, deployed, furnished


@pytest.fixture(scope="session")
def new_phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPhone]:
    if not emulator.PROGRAM:
        pytest.skip("run it by `make test-deploy`")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SESSION_TOKEN", "")
        patch.setenv("MOLTIS_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        # Each function is a process of its own here, and there are two processors for all.
        patch.setattr(stage, "PATIENCE_SECS", PATIENCE_SECS)
        with deployed(tmp_path_factory.mktemp("ministack")) as running:
            yield running


@pytest.fixture(scope="session")
def phone(new_phone: DeployedPhone) -> DeployedPhone:
    return furnished(new_phone)
