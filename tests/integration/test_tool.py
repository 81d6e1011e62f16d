"""The Lambda function `voice_call`, with plain events."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chalicelib.functions.tool import voice_call
from chalicelib.tool.schemas import output_schema
from moltis.carriers.line import NeverPicksUp, Says
from tests.phone import Json, Phone, words

# A result holds nothing that is not published.
RESULT = Draft202012Validator({**output_schema(), "additionalProperties": False})


def tool(**event: Any) -> Json:
    result: Json = voice_call(event, None)
    RESULT.validate(result)
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


def follow(call_id: str, since: str, **params: Any) -> tuple[list[str], list[str], Json]:
    """Wait again and again, as an agent would; gives the lines, the states, and the last result."""
    lines, states = [], []
    while True:
        news = tool(action="wait", call_id=call_id, since=since, **params)
        lines += [line["text"] for line in news["transcript"]]
        states.append(news["state"])
        since = news["cursor"]
        if news["end_reason"]:
            return lines, states, news


def test_an_agent_follows_a_call_to_its_end_and_misses_nothing(phone: Phone) -> None:
    to = phone.far_end(Says("Yes, please."), Says("Goodbye!"))
    placed = tool(action="initiate_call", to=to, message="Shall I book a table?")

    lines, states, last = follow(placed["call_id"], placed["cursor"])

    assert lines == [line["text"] for line in phone.status(placed["call_id"])["transcript"]]
    assert len(set(states)) > 1
    assert last["end_reason"] in last["next"]


def test_an_agent_can_wait_for_the_end_alone(phone: Phone) -> None:
    placed = tool(action="initiate_call", to=phone.far_end(), message="Done.", mode="notify")

    ended = tool(action="wait", call_id=placed["call_id"], until="end")

    assert (ended["changed"], ended["end_reason"]) == (True, "completed")
    assert [line["text"] for line in ended["transcript"]] == ["Done."]


def test_waiting_for_nothing_ends_when_the_time_is_up(phone: Phone) -> None:
    placed = tool(action="initiate_call", to=phone.far_end(ringing=NeverPicksUp()))
    phone.until(placed["call_id"], lambda call: call["state"] == "ringing")
    seen = tool(action="get_status", call_id=placed["call_id"])

    waited = tool(action="wait", call_id=placed["call_id"], since=seen["cursor"], timeout_secs=1)

    assert (waited["status"], waited["changed"]) == ("ok", False)
    assert waited["cursor"] == seen["cursor"]
    tool(action="end_call", call_id=placed["call_id"])
    phone.over(placed["call_id"])


def test_only_the_lines_since_a_cursor_are_shown(phone: Phone) -> None:
    placed = tool(action="initiate_call", to=phone.far_end(), message="Done.", mode="notify")
    phone.over(placed["call_id"])
    whole = tool(action="get_status", call_id=placed["call_id"])

    again = tool(action="get_status", call_id=placed["call_id"], since=whole["cursor"])

    assert len(whole["transcript"]) == 1
    assert again == whole | {"transcript": []}


def test_a_call_is_found_again_in_the_list(phone: Phone) -> None:
    to = phone.far_end()
    placed = tool(action="initiate_call", to=to, message="Done.", mode="notify")
    phone.over(placed["call_id"])

    newest = tool(action="list_calls", limit=1)["calls"]
    found = tool(action="list_calls", search=to)["calls"]

    assert [(call["call_id"], call["to"]) for call in newest] == [(placed["call_id"], to)]
    assert found == newest
    assert "transcript" not in newest[0]


def test_the_same_key_gives_the_same_call_and_rings_once(phone: Phone) -> None:
    order = {"to": phone.far_end(), "message": "Done.", "mode": "notify", "idempotency_key": "x-1"}

    first = tool(action="initiate_call", **order)
    phone.over(first["call_id"])
    second = tool(action="initiate_call", **order)

    assert second["call_id"] == first["call_id"]
    assert "is over (completed)" in second["next"]
    assert sum(call.to_number == order["to"] for call in phone.gateway.carriers.calls) == 1


@pytest.mark.parametrize(
    ("event", "code", "words_of_message"),
    [
        (None, "invalid_params", "action"),
        ([], "invalid_params", "action"),
        ({}, "invalid_params", "action: must be one of initiate_call"),
        ({"action": "explode"}, "invalid_params", "must be one of"),
        ({"action": "initiate_call"}, "invalid_params", "to: is missing"),
        ({"action": "initiate_call", "to": "911"}, "invalid_params", "international form"),
        ({"action": "get_status"}, "invalid_params", "call_id: is missing"),
        ({"action": "get_status", "call_id": "x"}, "unknown_call", "no call 'x'"),
        ({"action": "end_call", "call_id": 7}, "invalid_params", "call_id: must be text"),
        ({"action": "send_dtmf", "call_id": "x"}, "invalid_params", "digits: is missing"),
        ({"action": "wait", "call_id": "x", "since": "?"}, "invalid_params", "since: must be"),
        ({"action": "wait", "call_id": "x", "to": "y"}, "invalid_params", "to: unknown"),
        ({"action": "list_calls", "account": "nobody"}, "unknown_account", "no account"),
    ],
)
def test_what_cannot_be_done_is_told_and_never_raised(
    phone: Phone, event: object, code: str, words_of_message: str
) -> None:
    assert phone.account

    result = voice_call(event, None)

    assert (result["status"], result["error"]["code"]) == ("error", code)
    assert words_of_message in result["error"]["message"]
    assert result["error"]["field"] in result["error"]["message"] or code != "invalid_params"
    assert result["next"]
    RESULT.validate(result)
