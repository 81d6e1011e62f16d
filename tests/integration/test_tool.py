"""The Lambda function `voice_call`, with plain events."""

from typing import Any

import pytest

from chalicelib.functions.tool import voice_call
from moltis.carriers.line import Says
from tests.phone import Json, Phone, words


def tool(**event: Any) -> Json:
    result: Json = voice_call(event, None)
    return result


def test_an_agent_can_make_a_whole_call(phone: Phone) -> None:
    to = phone.far_end(*(Says(f"Yes, {n}.") for n in range(200)))

    placed = tool(action="initiate_call", to=to, message="Hello.", mode="conversation")
    call_id = placed["call_id"]
    phone.until(call_id, lambda call: call["state"] == "listening")
    spoken = tool(action="speak", call_id=call_id, message="One moment.")
    keyed = tool(action="send_dtmf", call_id=call_id, digits="1ww2#")
    ended = tool(action="end_call", call_id=call_id)
    phone.over(call_id)
    status = tool(action="get_status", call_id=call_id)

    results = (placed, spoken, keyed, ended, status)
    assert [result["status"] for result in results] == ["initiated", "ok", "sent", "ended", "ok"]
    assert status["end_reason"] == "hangup_bot"
    assert ("bot", "1ww2#") in words(status)


def test_a_notify_needs_nothing_more_than_the_documented_event(phone: Phone) -> None:
    event = {
        "action": "initiate_call",
        "to": phone.far_end(),
        "message": "Hello, this is a reminder about your appointment.",
        "mode": "notify",
    }

    placed = tool(**event)

    assert phone.over(placed["call_id"])["end_reason"] == "completed"


@pytest.mark.parametrize(
    ("event", "code", "words_of_message"),
    [
        (None, "invalid_params", "action"),
        ([], "invalid_params", "action"),
        ({}, "invalid_params", "action: must be one of initiate_call"),
        ({"action": "explode"}, "invalid_params", "must be one of"),
        ({"action": "initiate_call"}, "invalid_params", "to: is missing"),
        ({"action": "initiate_call", "to": "911"}, "invalid_params", "international form"),
        ({"action": "get_status"}, "invalid_params", "initiate_call gave it"),
        ({"action": "get_status", "call_id": "x"}, "unknown_call", "no call 'x'"),
        ({"action": "end_call", "call_id": 7}, "invalid_params", "call_id: must be text"),
        ({"action": "send_dtmf", "call_id": "x"}, "invalid_params", "digits: is missing"),
    ],
)
def test_what_cannot_be_done_is_told_and_never_raised(
    phone: Phone, event: object, code: str, words_of_message: str
) -> None:
    assert phone.account

    result = voice_call(event, None)

    assert (result["status"], result["error"]["code"]) == ("error", code)
    assert words_of_message in result["error"]["message"]
