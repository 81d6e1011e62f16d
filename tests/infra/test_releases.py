"""Back to what was deployed before."""

from pathlib import Path

import pytest

from chalicelib.errors import ConfigurationError
from moltis.deployment import deploying, smoke
from moltis.deployment.bucket import Bucket
from moltis.deployment.cloud import Cloud
from moltis.deployment.deploying import Deployment
from moltis.deployment.releases import Releases
from moltis.deployment.stages import Address
from tests.infra.test_stages import STACK, URL, a_bucket, a_package, a_template, cloud

__all__ = ["cloud"]


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def deployment(cloud: Cloud, told: list[str], monkeypatch: pytest.MonkeyPatch) -> Deployment:
    # moto's stacks have no outputs after a change, and no phone answers there.
    monkeypatch.setattr(deploying, "address_of", lambda *_: Address("dev", URL, "arn:of-a-secret"))
    monkeypatch.setattr(smoke, "check", lambda *_: None)
    a_bucket(cloud)
    return Deployment(cloud, "dev", told.append)


def queues_of(cloud: Cloud) -> int:
    found = cloud.client("cloudformation").list_stack_resources(StackName=STACK)
    return len(found["StackResourceSummaries"])


def test_one_step_back_and_one_more(
    cloud: Cloud, deployment: Deployment, told: list[str], tmp_path: Path
) -> None:
    for queues in (1, 2, 3):
        deployment.deploy(a_package(tmp_path, a_template(queues=queues)), {})

    deployment.rollback()
    once = queues_of(cloud)
    deployment.rollback()

    assert (once, queues_of(cloud)) == (2, 1)
    assert sum("back to what was deployed 20" in line for line in told) == 2
    with pytest.raises(ConfigurationError, match="nothing was deployed as dev before what runs"):
        deployment.rollback()


def test_what_is_deployed_twice_is_one_release(deployment: Deployment, tmp_path: Path) -> None:
    for _ in range(2):
        deployment.deploy(a_package(tmp_path, a_template(queues=1)), {})

    with pytest.raises(ConfigurationError, match="nothing was deployed"):
        deployment.rollback()


def test_what_was_chosen_stays_chosen_on_the_way_back(
    deployment: Deployment, tmp_path: Path
) -> None:
    deployment.deploy(a_package(tmp_path, a_template(queues=1, Color="red")), {"Color": "blue"})
    deployment.deploy(a_package(tmp_path, a_template(queues=2, Color="red", Size="s")), {})

    deployment.rollback()

    state = deployment.stack.state()
    assert state is not None
    chosen = {one["ParameterKey"]: one["ParameterValue"] for one in state["Parameters"]}
    assert chosen["Color"] == "blue"


def test_the_way_back_loses_no_data_unasked(
    cloud: Cloud, deployment: Deployment, tmp_path: Path
) -> None:
    deployment.deploy(a_package(tmp_path, a_template(queues=1)), {})
    deployment.deploy(a_package(tmp_path, a_template(queues=1, table=True)), {})

    with pytest.raises(ConfigurationError, match="lose what Table remembers"):
        deployment.rollback()

    assert len(cloud.client("dynamodb").list_tables()["TableNames"]) == 1
    assert Releases(Bucket(cloud), "dev").former()


def test_a_release_that_could_not_be_made_is_none(
    cloud: Cloud, deployment: Deployment, tmp_path: Path
) -> None:
    deployment.deploy(a_package(tmp_path, a_template(queues=1, table=True)), {})
    with pytest.raises(ConfigurationError):
        deployment.deploy(a_package(tmp_path, a_template(queues=1)), {})

    with pytest.raises(ConfigurationError, match="nothing was deployed"):
        Releases(Bucket(cloud), "dev").former()


def test_each_stage_has_releases_of_its_own(cloud: Cloud) -> None:
    bucket = a_bucket(cloud)
    for stage, template in (("dev", "a"), ("prod", "b"), ("dev", "c")):
        Releases(bucket, stage).note(template)

    assert Releases(bucket, "dev").former()[0] == "a"
    with pytest.raises(ConfigurationError):
        Releases(bucket, "prod").former()


def test_a_stack_that_is_not_there_cannot_be_rolled_back(cloud: Cloud) -> None:
    with pytest.raises(ConfigurationError, match="there is no moltis-phone-dev"):
        Deployment(cloud, "dev", print).rollback()
