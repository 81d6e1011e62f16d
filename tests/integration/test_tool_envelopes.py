"""The Lambda function `voice_call`, invoked by everybody who can: in their shape and back."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from jsonschema import Draft202012Validator

from chalicelib.functions.tool import voice_call
from chalicelib.tool.schemas import output_schema
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import PicksUp
from tests.invocations import CALLED, documented, recorded
from tests.phone import Json, Phone

RESULT = Draft202012Validator(output_schema())
RUNTIME = botocore.session.get_session().get_service_model("bedrock-agent-runtime")
INITIATING = [
    "bedrock_agents/function-initiate",
    "bedrock_agents/api-initiate",
    "bedrock_agents/api-tool",
    "agentcore/initiate",
    "agentcore/tool",
    "connect/initiate",
    "plain/initiate",
]


def check(name: str, answer: Any) -> Json:
    """Hold *answer* against what AWS documents; gives the result that is in it."""
    match name.partition("/"):
        case ("bedrock_agents", _, kind) if kind.startswith("function"):
            Draft202012Validator(documented("bedrock-agents-function")).validate(answer)
            response = dict(answer["response"])
            told = response.pop("functionResponse")
            is_known_to_aws("FunctionResult", {**response, **told})
            result = json.loads(told["responseBody"]["TEXT"]["body"])
        case ("bedrock_agents", _, _):
            Draft202012Validator(documented("bedrock-agents-api")).validate(answer)
            is_known_to_aws("ApiResult", answer["response"])
            result = json.loads(answer["response"]["responseBody"]["application/json"]["body"])
        case ("connect", _, _):
            Draft202012Validator(documented("connect")).validate(answer)
            return dict(answer)
        case _:
            Draft202012Validator(documented("agentcore")).validate(answer)
            result = answer
    RESULT.validate(result)
    return dict(result)


def is_known_to_aws(shape: str, answer: Json) -> None:
    report = ParamValidator().validate(answer, RUNTIME.shape_for(shape))
    assert not report.has_errors(), report.generate_report()


def invoke(name: str, **facts: str) -> Json:
    event, context = recorded(name, **facts)
    return check(name, voice_call(event, context))


pytestmark = pytest.mark.usefixtures("called")


@pytest.fixture(scope="module")
def called(phone: Phone) -> None:
    phone.attach(CALLED, lambda: ScriptedFarEnd((), ringing=PicksUp(0.2)))


@pytest.mark.parametrize("name", INITIATING)
def test_everybody_can_call_somebody(phone: Phone, name: str) -> None:
    placed = invoke(name)

    assert placed["status"] == "initiated"
    assert phone.over(placed["call_id"])["end_reason"] == "completed"


def test_an_agent_of_bedrock_waits_and_reads_what_was_said(phone: Phone) -> None:
    call_id = phone.initiate(CALLED, "Your table is ready.", mode="notify")

    ended = invoke("bedrock_agents/function-wait", call_id=call_id)

    assert ended["end_reason"] == "completed"
    assert [line["text"] for line in ended["transcript"]] == ["Your table is ready."]


def test_a_session_of_bedrock_remembers_its_last_call(phone: Phone) -> None:
    event, context = recorded("bedrock_agents/function-initiate")
    attributes = voice_call(event, context)["sessionAttributes"]
    phone.over(attributes["voice_call_id"])

    found = invoke("bedrock_agents/function-status-of-session", call_id=attributes["voice_call_id"])

    assert attributes == {"tenant": "inn", "voice_call_id": found["call_id"]}
    assert found["state"] == "completed"


def test_attributes_of_a_prompt_come_back_as_they_were() -> None:
    event, context = recorded("bedrock_agents/function-bad-number")

    answer = voice_call(event, context)

    assert answer["promptSessionAttributes"] == {"mood": "calm"}
    assert answer["sessionAttributes"] == {"tenant": "inn"}


def test_a_model_of_bedrock_is_asked_again_for_what_it_can_put_right() -> None:
    event, context = recorded("bedrock_agents/function-bad-number")

    answer = voice_call(event, context)

    assert answer["response"]["functionResponse"]["responseState"] == "REPROMPT"
    assert check("bedrock_agents/function", answer)["error"]["field"] == "to"


def test_an_api_schema_gets_the_status_of_http() -> None:
    event, context = recorded("bedrock_agents/api-unknown-call")

    answer = voice_call(event, context)

    assert answer["response"]["httpStatusCode"] == 404
    assert check("bedrock_agents/api", answer)["error"]["code"] == "unknown_call"


def test_a_gateway_that_names_no_action_of_ours_is_told() -> None:
    refused = invoke("agentcore/unknown-tool")

    assert refused["error"]["field"] == "action"


def test_a_flow_of_connect_gets_everything_as_text(phone: Phone) -> None:
    call_id = phone.initiate(CALLED, "Your table is ready.", mode="notify")
    phone.over(call_id)

    ended = invoke("connect/wait", call_id=call_id)
    listed = invoke("connect/list")
    refused = invoke("connect/bad-action")

    assert ended["transcript"] == "bot: Your table is ready."
    assert (ended["end_reason"], ended["changed"]) == ("completed", "false")
    assert listed["calls"].splitlines()[0].startswith(f"{call_id} completed")
    assert (refused["status"], refused["error_field"]) == ("error", "action")


def test_an_invocation_that_is_delivered_twice_rings_once(phone: Phone) -> None:
    first = invoke("plain/initiate", request="c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
    again = invoke("plain/initiate", request="c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
    other = invoke("plain/initiate", request="d7af9ac6-7b61-11e6-9a41-93e8deadbeef")

    assert again["call_id"] == first["call_id"] != other["call_id"]
    for call_id in (first["call_id"], other["call_id"]):
        phone.over(call_id)
