import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cfnlint.api import lint_file
from moto import mock_aws

import app
from chalicelib import aws
from chalicelib.errors import InvalidParamsError
from chalicelib.phone_config import parse_config
from chalicelib.settings import settings
from chalicelib.store import tables
from moltis.deployment.packaging import CONFIG, describe
from moltis.deployment.template import INFRA, functions, template_for
from tests.infra.test_call_timer import MACHINE
from tests.infra.transforming import transformed

Template = dict[str, Any]


def of_type(template: Template, kind: str) -> dict[str, Any]:
    return {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def test_cfn_lint_finds_nothing(written: Path) -> None:
    assert lint_file(written) == []


def test_sam_makes_plain_cloudformation_of_it(cloudformation: Template) -> None:
    kinds = {resource["Type"] for resource in cloudformation["Resources"].values()}

    assert not [kind for kind in kinds if kind.startswith("AWS::Serverless")]
    assert ".Alias" not in json.dumps(cloudformation)


def test_take_turn_may_run_for_longer_than_any_agent_may_be_waited_for(dev: Template) -> None:
    longest = dev["Resources"]["TakeTurn"]["Properties"]["Timeout"]
    almost = {"phone": {"provider": "twilio", "agent": {"timeout_secs": longest - 30}}}

    with pytest.raises(InvalidParamsError, match="timeout_secs"):
        parse_config(almost)


def test_the_table_is_the_one_that_the_store_makes_on_a_laptop(dev: Template) -> None:
    with mock_aws():
        aws.client.cache_clear()
        tables.use_table("compared")
        tables.create_table()
        made = aws.client("dynamodb").describe_table(TableName="compared")["Table"]
    aws.client.cache_clear()
    written = dev["Resources"]["Table"]["Properties"]

    def shape(table: Template) -> Any:
        indexes = {
            index["IndexName"]: (_sorted(index["KeySchema"]), index["Projection"])
            for index in table["GlobalSecondaryIndexes"]
        }
        return _sorted(table["AttributeDefinitions"]), _sorted(table["KeySchema"]), indexes

    assert shape(written) == shape(made)
    assert written["TimeToLiveSpecification"]["AttributeName"] == tables.Item.expires_at.attr_name


def _sorted(attributes: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(attributes, key=lambda attribute: attribute["AttributeName"])


def test_the_table_can_be_brought_back_and_is_encrypted(sam: Template) -> None:
    table = sam["Resources"]["Table"]["Properties"]

    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEEnabled"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_what_is_remembered_in_prod_outlives_the_stack(dev: Template, prod: Template) -> None:
    kept, temporary = prod["Resources"]["Table"], dev["Resources"]["Table"]

    assert kept["DeletionPolicy"] == "RetainExceptOnCreate"
    assert kept["UpdateReplacePolicy"] == "Retain"
    assert kept["Properties"]["DeletionProtectionEnabled"]
    assert temporary["DeletionPolicy"] == "Delete"


def test_every_function_of_the_app_is_there_under_its_name(sam: Template) -> None:
    names = {
        function["Properties"]["FunctionName"]["Fn::Sub"].removeprefix("moltis-phone-${Stage}")
        for _, function in functions(sam)
    }

    doors = [door.name for door in app.app.pure_lambda_functions]
    doors += [door.name for door in app.app.event_sources]
    assert names == {"", *(f"-{door}" for door in doors)}


def test_every_function_has_a_role_of_its_own_and_versions(sam: Template) -> None:
    roles = [function["Properties"]["Role"] for _, function in functions(sam)]

    assert all(isinstance(role, dict) for role in roles), "write its role in infra/stack/roles.yaml"
    assert len({json.dumps(role) for role in roles}) == len(roles)
    assert all(
        function["Properties"]["AutoPublishAliasAllProperties"] for _, function in functions(sam)
    )
    assert sam["Globals"]["Function"]["AutoPublishAlias"] == "live"


def test_nothing_calls_a_function_but_through_its_alias(cloudformation: Template) -> None:
    permissions = of_type(cloudformation, "AWS::Lambda::Permission").values()
    called = {json.dumps(one["Properties"]["FunctionName"]) for one in permissions}
    api = json.dumps(of_type(cloudformation, "AWS::ApiGateway::RestApi"))

    assert all("Aliaslive" in name for name in called)
    assert "APIHandler.Arn" not in api
    assert "APIHandlerAliaslive" in api


def test_every_function_writes_into_a_group_that_forgets_in_time(sam: Template) -> None:
    groups = of_type(sam, "AWS::Logs::LogGroup")
    by_name = {
        group["Properties"]["LogGroupName"]["Fn::Sub"]: name for name, group in groups.items()
    }

    for _, function in functions(sam):
        group = by_name[f"/aws/lambda/{function['Properties']['FunctionName']['Fn::Sub']}"]
        assert function["DependsOn"] == group
        assert groups[group]["Properties"]["RetentionInDays"] > 0


def test_the_functions_are_told_all_that_they_ask_their_environment_for(
    dev: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = dev["Globals"]["Function"]["Environment"]["Variables"]
    for name, value in variables.items():
        monkeypatch.setenv(name, json.dumps(value))
    settings.cache_clear()

    told = settings()

    settings.cache_clear()
    assert told.table_name == json.dumps(variables["MOLTIS_TABLE"])


def test_the_clock_is_the_state_machine_of_the_laptop(dev: Template) -> None:
    machines = of_type(dev, "AWS::StepFunctions::StateMachine")
    names = set(re.findall(r"\$\{(\w+)\}", json.dumps(MACHINE)))

    assert {name: one["Properties"]["StateMachineType"] for name, one in machines.items()} == {
        "CallTimer": "STANDARD",
        "ShortTimer": "EXPRESS",
    }
    for machine in machines.values():
        assert machine["Properties"]["Definition"] == MACHINE
        assert set(machine["Properties"]["DefinitionSubstitutions"]) == names


def test_what_fails_out_of_sight_is_kept(cloudformation: Template) -> None:
    asynchronous = of_type(cloudformation, "AWS::Lambda::EventInvokeConfig").values()

    assert {one["Properties"]["FunctionName"]["Ref"] for one in asynchronous} == {
        "TakeTurn",
        "VoiceCall",
        "Sweep",
    }
    assert all("OnFailure" in one["Properties"]["DestinationConfig"] for one in asynchronous)


def test_the_stack_says_where_it_is_and_where_its_first_token_is(sam: Template) -> None:
    assert set(sam["Outputs"]) >= {"EndpointURL", "AdminTokenSecret"}
    assert sam["Outputs"]["AdminTokenSecret"]["Value"] == {"Fn::GetAtt": ["AdminTokenSecret", "Id"]}


def test_tracing_is_one_switch_and_off(dev: Template) -> None:
    traced = template_for("dev", traced=True)["Resources"]

    assert not json.loads(CONFIG.read_text())["xray"]
    assert "TracingPolicy" not in dev["Resources"]
    assert traced["RestAPI"]["Properties"]["TracingEnabled"]
    for machine in ("CallTimer", "ShortTimer"):
        assert traced[machine]["Properties"]["TracingConfiguration"] == {"Enabled": True}
    roles = {role["Ref"] for role in traced["TracingPolicy"]["Properties"]["Roles"]}
    assert roles == {name for name in traced if name.endswith("Role")} - {"FirstTokenRole"}


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("ProvisionedConcurrencyConfig", "AWS::Lambda::Alias"),
        ("SnapStart", "AWS::Lambda::Function"),
    ],
)
def test_what_is_commented_out_works_when_it_is_not(dev: Template, option: str, kind: str) -> None:
    doors = (INFRA / "stack" / "doors.yaml").read_text()
    (value,) = re.findall(rf"# {option}: (.*)", doors)
    template = json.loads(json.dumps(dev))
    template["Globals"]["Function"][option] = yaml.safe_load(value)

    made = of_type(transformed(template), kind).values()

    assert made
    assert all(option in one["Properties"] for one in made)


def test_every_stage_says_what_becomes_of_its_table() -> None:
    stages = json.loads(CONFIG.read_text())["stages"]

    assert {path.stem for path in (INFRA / "stages").glob("*.yaml")} == set(stages)


def test_a_stage_is_described_alike_each_time(dev: Template) -> None:
    assert describe("dev") == dev


def test_the_description_holds_no_address_and_no_account_of_anybody(sam: Template) -> None:
    text = json.dumps(sam)

    assert not re.search(r"\b\d{12}\b", text)
    assert str(Path.home()) not in text
