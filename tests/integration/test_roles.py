"""Every function may do what it does, and nothing else: its role against what it asks of AWS."""

import fnmatch
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any, Final

import pytest

import app
from chalicelib import aws, settings, wiring
from chalicelib.calls.call import Call, CallId, inbound_call_id
from chalicelib.errors import UnknownCallError
from chalicelib.phone_config import parse_config
from chalicelib.providers.registry import PROVIDERS
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import StaysSilent
from moltis.demo.scenes import ALLOWED_CALLER, cut_short, play
from moltis.demo.stage import Stage
from moltis.deployment.template import template_for
from moltis.gateway import SCHEDULED, Gateway, running
from moltis.rpc_client import GatewayAddress, RpcClient
from tests.infra.recording import Asked, recorded

PHONE: Final = {
    "provider": "twilio",
    "inbound_policy": "allowlist",
    "allowlist": [ALLOWED_CALLER],
    "notify_hangup_delay_secs": 1,
    **{name: {} for name in PROVIDERS},
}
ROLES: Final = {
    "api_handler": "ApiHandlerRole",
    "take_turn": "TakeTurnRole",
    "fire_timer": "FireTimerRole",
    "voice_call": "VoiceCallRole",
    "sweep": "SweepRole",
}
TABLE: Final = "table/moltis-phone-local"
SECRETS: Final = "moltis-phone/local/*"
BY_LAMBDA_ITSELF: Final = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}
NOT_PLAYED: Final = {
    ("api_handler", "secretsmanager:CreateSecret", SECRETS): "credentials entered in the settings",
    (
        "api_handler",
        "secretsmanager:PutSecretValue",
        SECRETS,
    ): "credentials entered in the settings",
    ("api_handler", "dynamodb:DeleteItem", TABLE): "a token or a session taken away",
    ("sweep", "dynamodb:GetItem", TABLE): "an overdue call settled",
    ("sweep", "dynamodb:PutItem", TABLE): "an overdue call settled: its note",
    ("sweep", "dynamodb:UpdateItem", TABLE): "an overdue call settled",
    ("sweep", "secretsmanager:GetSecretValue", SECRETS): "an overdue call's carrier asked",
    ("fire_timer", "dynamodb:PutItem", TABLE): "silence broken: what is said is kept",
    ("fire_timer", "secretsmanager:GetSecretValue", SECRETS): "a container that is not warm",
    ("take_turn", "secretsmanager:GetSecretValue", SECRETS): "a container that is not warm",
    ("voice_call", "secretsmanager:GetSecretValue", SECRETS): "a container that is not warm",
}
"""What is allowed for what these calls do not do, each with what does it."""


@pytest.fixture(scope="module")
def asked() -> Iterator[Asked]:
    """Play calls on every carrier, and each of the doors that are not HTTP."""
    with recorded() as seen:
        for settings, scenes in (({}, play), ({"max_duration_secs": 3}, cut_short)):
            config = parse_config({"phone": {**PHONE, **settings}})
            with (
                running(config, speed=10) as gateway,
                closing(RpcClient(GatewayAddress(gateway.url, gateway.token))) as rpc,
                ThreadPoolExecutor(len(PROVIDERS)) as pool,
            ):
                stages = [Stage(gateway, rpc, carrier) for carrier in PROVIDERS]
                assert all(pool.map(lambda stage, scenes=scenes: list(scenes(stage)), stages))
                rpc.ask("voicecall.status")
                _lose_a_timer()
                assert rpc.ask("voicecall.redrive")["fired"] == 1
                _forget_somebody(rpc)
                _knock_elsewhere()
                _come_late(gateway)
        yield seen


def _lose_a_timer() -> None:
    url, lost = settings.settings().lost_timers_queue, {"call_id": "x", "kind": "max_duration"}
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(lost))


def _forget_somebody(rpc: RpcClient) -> None:
    every = rpc.ask("voicecall.history")["calls"]
    number = next(one["to"] for one in every if one["direction"] == "outbound")
    for method in ("data.export", "data.erase"):
        cursor: Any = ""
        while cursor is not None:
            cursor = rpc.ask(method, number=number, cursor=cursor)["cursor"]


def _knock_elsewhere() -> None:
    doors = app.app.handler_map
    order = {"action": "initiate_call", "to": "+15550001111", "message": "Hi", "mode": "notify"}
    call_id = doors["voice_call"](order, None)["call_id"]
    doors["voice_call"]({"action": "get_status", "call_id": call_id}, None)
    doors["voice_call"]({"action": "wait", "call_id": call_id, "timeout_secs": 1}, None)
    doors["voice_call"]({"action": "list_calls"}, None)
    doors["voice_call"]({"action": "end_call", "call_id": call_id}, None)
    doors["sweep"](SCHEDULED, None)


def _come_late(gateway: Gateway) -> None:
    """Have the clock look after a message that is being spoken, and the sweep after a caller."""
    doors = app.app.handler_map
    quiet = ScriptedFarEnd([StaysSilent()])
    gateway.carriers.network.attach("+15550002222", lambda: quiet)
    message = "This takes its time. " * 20
    order = {"action": "initiate_call", "to": "+15550002222", "message": message, "mode": "notify"}
    told = CallId(doors["voice_call"](order, None)["call_id"])
    _until(lambda: wiring.calls().get(told).opened_at is not None)
    doors["fire_timer"]({"call_id": told, "kind": "ring_timeout", "at": ""}, None)
    number = gateway.seeded[0].account.from_number
    placed = gateway.carriers.dial_in(ALLOWED_CALLER, number, ScriptedFarEnd([StaysSilent()] * 9))
    caller = inbound_call_id(gateway.seeded[0].account.account_id, placed.sid)
    _until(lambda: bool(_found(caller)))
    wiring.calls().postpone(caller, wiring.now() - timedelta(minutes=1))
    doors["sweep"](SCHEDULED, None)
    for call_id in (told, caller):
        doors["voice_call"]({"action": "end_call", "call_id": call_id}, None)


def _found(call_id: CallId) -> Call | None:
    try:
        return wiring.calls().get(call_id)
    except UnknownCallError:
        return None


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def allowed(function: str) -> set[tuple[str, str]]:
    """Every action and resource of the role of *function*, in the names of the local cloud."""
    role = template_for("dev", traced=False)["Resources"][ROLES[function]]["Properties"]
    found = set()
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
        actions, resources = statement["Action"], statement["Resource"]
        for action in actions if isinstance(actions, list) else [actions]:
            for resource in resources if isinstance(resources, list) else [resources]:
                if action not in BY_LAMBDA_ITSELF:
                    found.add((action, _local(resource)))
    return found


def _local(resource: Any) -> str:
    name = resource["Fn::Sub"].replace("${Stage}", "local").removesuffix(":live")
    return str(name).rpartition("${AWS::AccountId}:")[2].removeprefix("secret:")


def _matches(resource: str, pattern: str) -> bool:
    short = resource.rpartition("123456789012:")[2]
    if pattern.startswith("function:"):
        return pattern.endswith(f"-{short}")
    return fnmatch.fnmatchcase(short, pattern)


@pytest.mark.parametrize("function", ROLES)
def test_what_a_function_asks_of_aws_is_allowed(asked: Asked, function: str) -> None:
    may = allowed(function)

    refused = {
        (action, resource)
        for door, action, resource in asked
        if door == function
        and not any(action == known and _matches(resource, where) for known, where in may)
    }

    assert refused == set()
    assert any(door == function for door, _, _ in asked)


@pytest.mark.parametrize("function", ROLES)
def test_what_a_function_is_allowed_it_does(asked: Asked, function: str) -> None:
    done = {(action, resource) for door, action, resource in asked if door == function}

    needless = {
        (function, action, where)
        for action, where in allowed(function)
        if not any(action == known and _matches(resource, where) for known, resource in done)
    }

    assert needless - NOT_PLAYED.keys() == set()


def test_no_role_has_a_wildcard_but_for_names_that_are_made_at_run_time() -> None:
    for function in ROLES:
        for action, resource in allowed(function):
            assert "*" not in action
            assert resource.count("*") == resource.endswith("*")
