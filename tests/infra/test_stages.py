import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from chalicelib.errors import ConfigurationError
from moltis.commands.root import run
from moltis.deployment.bucket import Bucket
from moltis.deployment.cloud import Cloud, open_cloud
from moltis.deployment.deploying import Deployment
from moltis.deployment.packaging import Package
from moltis.deployment.stack import Stack
from moltis.deployment.stages import Address, address_of, first_token, reachable
from moltis.rpc_client import GatewayAddress, NoGatewayError, choose_stage, find_gateway
from moltis.state_file import note_stage, write_state

TOKEN = "48-characters-that-nobody-knows"
URL = "https://abc123.execute-api.us-east-1.amazonaws.com/api/"
STACK = "moltis-phone-dev"


@pytest.fixture(autouse=True)
def no_stage() -> Iterator[None]:
    yield
    choose_stage("")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        yield open_cloud()


def a_template(*, queues: int = 1, table: bool = False, **parameters: str) -> dict[str, Any]:
    """A stack that says what ours say, and holds little."""
    resources: dict[str, Any] = {
        f"Queue{number}": {"Type": "AWS::SQS::Queue"} for number in range(queues)
    }
    if table:
        resources["Table"] = {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            },
        }
    return {
        "Parameters": {
            name: {"Type": "String", "Default": value} for name, value in parameters.items()
        },
        "Resources": resources,
    }


def a_bucket(cloud: Cloud) -> Bucket:
    bucket = Bucket(cloud)
    if bucket.make():
        # moto takes what a policy denies for denied always, whatever its condition.
        cloud.client("s3").delete_bucket_policy(Bucket=bucket.name)
    return bucket


def a_package(folder: Path, template: dict[str, Any]) -> Package:
    package = Package("dev", folder / "sam.json", folder / "deployment.zip")
    package.template.write_text(json.dumps(template))
    package.archive.write_bytes(b"code")
    return package


def deployed(cloud: Cloud, template: dict[str, Any]) -> str:
    """Where *template* was uploaded to."""
    bucket = a_bucket(cloud)
    cloud.client("s3").put_object(Bucket=bucket.name, Key="t.json", Body=json.dumps(template))
    return bucket.address("t.json")


def apply(cloud: Cloud, template: dict[str, Any], **parameters: str) -> None:
    stack = Stack(cloud, STACK)
    change_set = stack.propose(deployed(cloud, template), parameters)
    assert change_set is not None
    list(stack.apply(change_set))


def a_phone(cloud: Cloud) -> str:
    """A stack with the outputs of ours; gives the ARN of its token."""
    secret = cloud.client("secretsmanager").create_secret(Name="first", SecretString=TOKEN)["ARN"]
    outputs = {"EndpointURL": URL, "AdminTokenSecret": secret}
    template = a_template()
    template["Outputs"] = {name: {"Value": value} for name, value in outputs.items()}
    cloud.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    return str(secret)


def test_a_stage_is_found_by_the_outputs_of_its_stack(cloud: Cloud) -> None:
    secret = a_phone(cloud)

    address = address_of(cloud, "dev")

    assert address == Address("dev", URL.rstrip("/"), secret)
    assert first_token(cloud, address) == TOKEN


def test_a_stage_that_is_not_deployed_is_told_with_where_we_looked(cloud: Cloud) -> None:
    with pytest.raises(ConfigurationError, match=r"no moltis-phone-prod in account 123456789012"):
        address_of(cloud, "prod")


def test_an_emulated_aws_serves_its_apis_below_its_own_address() -> None:
    emulator = "http://127.0.0.1:4566"

    assert reachable({"EndpointURL": URL}, "") == URL
    assert reachable({"EndpointURL": "https://phone.example.com/"}, emulator).endswith(".com/")
    assert reachable({"EndpointURL": URL}, emulator) == (
        "http://127.0.0.1:4566/restapis/abc123/api/_user_request_"
    )


def test_the_command_line_speaks_to_the_stage_that_it_is_told(cloud: Cloud) -> None:
    a_phone(cloud)
    choose_stage("dev")

    found = find_gateway()

    assert found == GatewayAddress(URL.rstrip("/"), TOKEN)
    assert TOKEN not in repr(found)


def test_a_token_of_ones_own_goes_before_the_first_one(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_phone(cloud)
    choose_stage("dev")
    monkeypatch.setenv("MOLTIS_TOKEN", "of my own")

    assert find_gateway().token == "of my own"


def test_a_stage_that_is_not_there_is_no_gateway(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud.account == "123456789012"

    assert run(["voice-call", "status", "--stage", "dev"]) == 3
    assert "make deploy STAGE=dev" in capsys.readouterr().err


def test_the_stage_may_stand_in_the_environment(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud.region == "us-east-1"
    monkeypatch.setenv("MOLTIS_STAGE", "blue")

    assert run(["voice-call", "history"]) == 3
    assert "moltis-phone-blue" in capsys.readouterr().err


def test_a_choice_of_stage_is_good_for_one_command(cloud: Cloud, tmp_path: Path) -> None:
    assert cloud.account
    run(["voice-call", "status", "--stage", "dev"])
    run(["voice-call", "status"])

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOLTIS_STATE_DIR", str(tmp_path))
        with pytest.raises(NoGatewayError, match="no gateway is running here"):
            find_gateway()


@pytest.fixture
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path))


@pytest.mark.usefixtures("cloud", "state_dir")
def test_smoke_tries_the_stage_that_was_set_up_last(capsys: pytest.CaptureFixture[str]) -> None:
    note_stage("blue")

    assert run(["voice-call", "smoke"]) == 3
    told = capsys.readouterr()
    assert told.out == "trying blue, which was set up last\n"
    assert "make deploy STAGE=blue" in told.err


@pytest.mark.usefixtures("cloud", "state_dir")
def test_no_other_command_takes_a_stage_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    note_stage("blue")

    assert run(["voice-call", "status"]) == 3
    assert "no gateway is running here" in capsys.readouterr().err


@pytest.mark.usefixtures("cloud", "state_dir")
def test_a_gateway_that_runs_here_goes_before_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    note_stage("blue")
    write_state({"url": "http://127.0.0.1:9", "token": "t"})

    assert run(["voice-call", "smoke"]) == 3
    assert "blue" not in "".join(capsys.readouterr())


def test_no_region_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")

    with pytest.raises(ConfigurationError, match="no AWS region is set"):
        open_cloud()


def test_a_profile_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="nobodys"):
        open_cloud(profile="nobodys")


def test_the_bucket_is_made_once_private_and_for_encrypted_connections(cloud: Cloud) -> None:
    bucket, s3 = Bucket(cloud), cloud.client("s3")

    assert [bucket.make(), bucket.make()] == [True, False]
    assert bucket.name == "moltis-phone-123456789012-us-east-1"
    private = s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"]
    assert all(private.values())
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket.name)["Policy"])
    assert policy["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_bucket_in_another_region_is_made_there() -> None:
    with mock_aws():
        cloud = open_cloud(region="eu-central-1")
        bucket = Bucket(cloud)
        bucket.make()
        where = boto3.client("s3").get_bucket_location(Bucket=bucket.name)

    assert where["LocationConstraint"] == "eu-central-1"


def test_the_same_bytes_are_uploaded_once(cloud: Cloud, tmp_path: Path) -> None:
    bucket = a_bucket(cloud)
    archive = tmp_path / "deployment.zip"
    archive.write_bytes(b"code")

    keys = {bucket.upload(archive, "code") for _ in range(2)}

    assert len(keys) == 1
    assert cloud.client("s3").list_objects_v2(Bucket=bucket.name)["KeyCount"] == 1


def test_a_change_is_shown_before_it_is_made(cloud: Cloud) -> None:
    stack = Stack(cloud, STACK)

    change_set = stack.propose(deployed(cloud, a_template(queues=2)), {})

    assert change_set is not None
    assert [(one.action, one.name) for one in change_set.changes] == [
        ("Add", "Queue0"),
        ("Add", "Queue1"),
    ]
    assert not stack.exists


def test_what_is_withdrawn_leaves_nothing(cloud: Cloud) -> None:
    stack = Stack(cloud, STACK)
    change_set = stack.propose(deployed(cloud, a_template()), {})
    assert change_set is not None

    stack.withdraw(change_set)

    assert stack.state() is None


def test_a_parameter_that_the_stack_does_not_have_is_refused(cloud: Cloud) -> None:
    template = deployed(cloud, a_template(DomainName=""))

    with pytest.raises(ConfigurationError, match="no parameter Domain; DomainName"):
        Stack(cloud, STACK).propose(template, {"Domain": "x"})


def test_what_was_chosen_once_stays_chosen(cloud: Cloud) -> None:
    apply(cloud, a_template(Color="red"), Color="blue")

    apply(cloud, a_template(Color="red", queues=2))

    state = Stack(cloud, STACK).state()
    assert state is not None
    assert state["Parameters"][0]["ParameterValue"] == "blue"


def test_a_change_that_would_lose_what_is_remembered_is_not_made(
    cloud: Cloud, tmp_path: Path
) -> None:
    apply(cloud, a_template(table=True))
    told: list[str] = []
    package = a_package(tmp_path, a_template())

    with pytest.raises(ConfigurationError, match=r"lose what Table remembers"):
        Deployment(cloud, "dev", told.append).deploy(package, {})

    assert any("- Table" in line for line in told)
    assert len(cloud.client("dynamodb").list_tables()["TableNames"]) == 1


def test_a_difference_is_shown_and_not_made(cloud: Cloud, tmp_path: Path) -> None:
    a_bucket(cloud)
    told: list[str] = []
    package = a_package(tmp_path, a_template())

    assert Deployment(cloud, "dev", told.append).diff(package, {})

    assert any("+ Queue0" in line for line in told)
    assert Stack(cloud, STACK).state() is None


def test_a_stack_that_is_not_there_cannot_be_destroyed(cloud: Cloud) -> None:
    with pytest.raises(ConfigurationError, match="there is no moltis-phone-dev"):
        Deployment(cloud, "dev", print).destroy()


def test_a_stack_is_deleted_to_its_end(cloud: Cloud) -> None:
    apply(cloud, a_template())

    Deployment(cloud, "dev", print).destroy()

    assert not Stack(cloud, STACK).exists


def test_a_bucket_that_holds_sounds_is_emptied_before_it_is_deleted(cloud: Cloud) -> None:
    template = a_template()
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "sounds-of-dev"}}
    template["Resources"]["Sounds"] = bucket
    apply(cloud, template)
    cloud.client("s3").put_object(Bucket="sounds-of-dev", Key="speech/a.wav", Body=b"RIFF")

    Deployment(cloud, "dev", print).destroy()

    names = {one["Name"] for one in cloud.client("s3").list_buckets()["Buckets"]}
    assert "sounds-of-dev" not in names
