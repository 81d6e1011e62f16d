"""Five hundred wrong questions at each door: the field is named, and nobody rings."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import switchboard
from chalicelib.functions.tool import voice_call
from chalicelib.routes import methods
from moltis.commands.root import run
from moltis.state_file import write_state
from tests.invocations import Invocation
from tests.malformed import JSON, Malformed, is_wrong_as_text, params_of, questions
from tests.phone import Json, Phone

ACTION_GROUP = {"messageVersion": "1.0", "actionGroup": "telephone", "function": "voice_call"}
METHODS = [
    ("voicecall.status", switchboard.status),
    ("voicecall.initiate", switchboard.initiate),
    ("voicecall.end", switchboard.end),
    ("voicecall.speak", switchboard.say),
    ("voicecall.dtmf", switchboard.key),
    ("voicecall.history", switchboard.history),
    ("voicecall.wait", methods.wait),
]
GATEWAY = Invocation(custom={"bedrockAgentCoreToolName": "telephone___voice_call"})

five_hundred = settings(
    max_examples=500,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@pytest.fixture(autouse=True)
def nobody_rings(phone: Phone) -> Iterator[None]:
    before = len(phone.gateway.carriers.calls)
    yield
    assert len(phone.gateway.carriers.calls) == before
    assert phone.rpc.ask("voicecall.history")["calls"] == []


def check(result: Json, wrong: Malformed) -> None:
    error = result["error"]
    assert (result["status"], error["code"]) == ("error", "invalid_params")
    assert wrong.shown in error["field"]
    assert error["field"] in error["message"]
    assert len(error["message"]) < 1_000


def post(phone: Phone, path: str, body: object) -> requests.Response:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {phone.gateway.token}"}
    data = json.dumps(body)
    return requests.post(f"{phone.gateway.url}{path}", data=data, headers=headers, timeout=20)


@five_hundred
@given(wrong=questions())
def test_the_lambda_function(wrong: Malformed) -> None:
    check(voice_call(wrong.asked, None), wrong)
    check(voice_call(wrong.asked, GATEWAY), wrong)


@five_hundred
@given(wrong=questions().filter(is_wrong_as_text))
def test_the_lambda_function_in_envelopes_of_text(wrong: Malformed) -> None:
    pairs = [{"name": name, "type": "string", "value": it} for name, it in wrong.asked.items()]
    agent = voice_call({**ACTION_GROUP, "parameters": pairs}, None)
    flow = voice_call({"Name": "ContactFlowEvent", "Details": {"Parameters": wrong.asked}}, None)

    told = agent["response"]["functionResponse"]["responseBody"]["TEXT"]["body"]
    check(json.loads(told), wrong)
    assert flow["error_code"] == "invalid_params"
    assert wrong.shown in flow["error_field"]


@five_hundred
@given(event=JSON, part=JSON)
def test_the_lambda_function_with_anything_at_all(event: Any, part: Any) -> None:
    pieces = ({"function": part}, {"parameters": part}, {"sessionAttributes": part})
    paths = ({"apiPath": part}, {"apiPath": "/end_call", "requestBody": part})
    for wrong in (event, *({**ACTION_GROUP, **piece} for piece in (*pieces, *paths))):
        assert json.dumps(voice_call(wrong, None))
    flow = voice_call({"Name": "ContactFlowEvent", "Details": part}, None)

    assert flow["status"] == "error"


@five_hundred
@given(wrong=questions())
def test_mcp(phone: Phone, wrong: Malformed) -> None:
    params = {"name": "voice_call", "arguments": wrong.asked}

    answer = post(
        phone, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    )

    result = answer.json()["result"]
    assert result["isError"]
    check(result["structuredContent"], wrong)


@five_hundred
@given(
    body=JSON
    | st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0"), "id": JSON, "method": st.just("tools/call") | JSON},
        optional={"params": JSON | st.fixed_dictionaries({"name": JSON, "_meta": JSON})},
    )
)
def test_mcp_with_anything_at_all(phone: Phone, body: Any) -> None:
    response = post(phone, "/mcp", body)

    assert response.status_code < 500
    answers = response.json()
    assert all(
        "error" in answer for answer in (answers if isinstance(answers, list) else [answers])
    )


@five_hundred
@given(data=st.data())
def test_rpc(phone: Phone, data: st.DataObject) -> None:
    name, verb = data.draw(st.sampled_from(METHODS))
    wrong = data.draw(params_of(verb.takes))

    body = {"jsonrpc": "2.0", "id": 1, "method": name, "params": wrong.asked}
    error = post(phone, "/rpc", body).json()["error"]

    assert error["code"] == -32602
    assert wrong.shown in error["data"]["field"]


@five_hundred
@given(wrong=questions())
def test_plain_http(phone: Phone, wrong: Malformed) -> None:
    response = post(phone, "/voice_call", wrong.asked)

    assert response.status_code == 400
    check(response.json(), wrong)


@five_hundred
@given(wrong=questions())
def test_the_command_line(
    phone: Phone,
    wrong: Malformed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path))
    write_state(phone.gateway.ready)

    code = run(["voice-call", "tool", json.dumps(wrong.asked)])

    assert code == 2
    check(json.loads(capsys.readouterr().out), wrong)
