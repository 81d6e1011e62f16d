"""/openapi.json: valid, whole, and every example in it can be sent as it is."""

import json
import subprocess
import sys
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import app as deployed
from chalicelib.openapi.document import describe
from chalicelib.openapi.doors import DOORS
from chalicelib.openapi.examples import CALL_ID, NUMBER
from chalicelib.routes.methods import METHODS
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import PicksUp, Says
from tests.phone import Json, Phone

ROUTES = sorted(
    (method, path) for path, methods in deployed.app.routes.items() for method in methods
)
DOCUMENT = describe(
    [(method, path, "Do it.") for method, path in ROUTES],
    {name: method.takes for name, method in METHODS.items()},
)
EXAMPLES = [
    pytest.param(path, kind, example["value"], id=f"{path}-{name}")
    for path, item in DOCUMENT["paths"].items()
    for operation in item.values()
    for kind, media in operation.get("requestBody", {}).get("content", {}).items()
    for name, example in media.get("examples", {}).items()
]


def valid(schema: Json, value: Any) -> None:
    Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(value)


@pytest.fixture(scope="module")
def called(phone: Phone) -> None:
    talkative = [Says(f"Yes, {number}.") for number in range(200)]
    phone.attach(NUMBER, lambda: ScriptedFarEnd(talkative, ringing=PicksUp(0.2)))


def a_live_call(phone: Phone) -> str:
    call_id = phone.initiate(NUMBER)
    phone.until(call_id, lambda call: call["state"] == "listening")
    return call_id


def test_the_description_that_is_served_is_valid(phone: Phone) -> None:
    response = requests.get(f"{phone.gateway.url}/openapi.json", timeout=10)

    served = response.json()
    validate(served)
    assert served["paths"].keys() == DOCUMENT["paths"].keys()
    assert all(
        operation["summary"] for item in served["paths"].values() for operation in item.values()
    )


def test_every_route_is_described_and_nothing_else() -> None:
    assert sorted(DOORS) == ROUTES, "describe it in chalicelib/openapi/doors.py"


def test_every_method_of_rpc_is_described() -> None:
    requests_ = DOCUMENT["components"]["schemas"]["RpcRequest"]["anyOf"]

    assert [one["title"] for one in requests_ if "title" in one] == list(METHODS)


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [one["operationId"] for item in DOCUMENT["paths"].values() for one in item.values()]

    assert len(set(names)) == len(names)
    assert "voice_call" in names


def test_the_doors_of_agents_have_examples() -> None:
    assert {"/voice_call", "/rpc", "/mcp"} == {example.values[0] for example in EXAMPLES}


@pytest.mark.usefixtures("called")
@pytest.mark.parametrize(("path", "kind", "example"), EXAMPLES)
def test_every_example_can_be_sent_as_it_is(
    phone: Phone, path: str, kind: str, example: Any
) -> None:
    operation = DOCUMENT["paths"][path]["post"]
    valid(operation["requestBody"]["content"][kind]["schema"], example)
    text, call_id = json.dumps(example), ""
    if CALL_ID in text:
        call_id = a_live_call(phone)
        text = text.replace(CALL_ID, call_id)
    headers = {"Content-Type": kind, "Authorization": f"Bearer {phone.gateway.token}"}
    if "_meta" in text:
        headers |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": example["method"]}

    response = requests.post(f"{phone.gateway.url}{path}", data=text, headers=headers, timeout=40)

    answer = response.json()
    assert response.status_code == 200
    valid(operation["responses"]["200"]["content"]["application/json"]["schema"], answer)
    assert "error" not in answer or not answer["error"]
    for left in {call_id, answer.get("call_id"), answer.get("result", {}).get("call_id")} - {
        "",
        None,
    }:
        phone.rpc.ask("voicecall.end", call_id=left)
        phone.over(left)


def test_nobody_who_does_not_ask_for_it_loads_the_description() -> None:
    heavy = ["chalicelib.openapi.document", "jsonschema", "mcp", "moto", "numpy"]
    code = f"import app, sys; print([name for name in {heavy} if name in sys.modules])"

    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert loaded.stdout.strip() == "[]"
