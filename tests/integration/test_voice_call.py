"""The tool over plain HTTP."""

from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator

from chalicelib import wiring
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from chalicelib.tool.schemas import output_schema
from tests.phone import Json, Phone

RESULT = Draft202012Validator({**output_schema(), "additionalProperties": False})


def use(phone: Phone, token: str = "", **asked: Any) -> tuple[int, Json]:
    headers = {"Authorization": f"Bearer {token or phone.gateway.token}"}
    url = f"{phone.gateway.url}/voice_call"
    response = requests.post(url, json=asked, headers=headers, timeout=40)
    result: Json = response.json()
    RESULT.validate(result)
    return response.status_code, result


def test_a_whole_call_by_plain_requests(phone: Phone) -> None:
    order = {"to": phone.far_end(), "message": "Done.", "mode": "notify"}

    _, placed = use(phone, action="initiate_call", **order)
    status, ended = use(phone, action="wait", call_id=placed["call_id"], until="end")

    assert (status, ended["end_reason"]) == (200, "completed")


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"action": "initiate_call"}, 400, "invalid_params"),
        ({"action": "list_calls", "account": "nobody"}, 400, "unknown_account"),
        ({"action": "get_status", "call_id": "x"}, 404, "unknown_call"),
    ],
)
def test_the_status_tells_what_the_result_tells(
    phone: Phone, asked: Json, status: int, code: str
) -> None:
    found, result = use(phone, **asked)

    assert (found, result["error"]["code"]) == (status, code)


def test_nothing_can_be_said_in_a_call_that_is_over(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(), "Done.", mode="notify")
    phone.over(call_id)

    status, result = use(phone, action="speak", call_id=call_id, message="Hi")

    assert (status, result["error"]["code"]) == (409, "call_over")


def test_without_a_good_token_nothing_is_done(phone: Phone) -> None:
    status, result = use(phone, token="mp_wrong", action="list_calls")

    assert (status, result["error"]["code"]) == (401, "unauthorized")


def test_a_read_token_can_look_and_not_dial(phone: Phone) -> None:
    token = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)

    looked, _ = use(phone, token=token.text, action="list_calls")
    dialled, refused = use(phone, token=token.text, action="initiate_call", to=phone.new_number())

    assert (looked, dialled) == (200, 403)
    assert refused["error"]["code"] == "scope_too_small"


@pytest.mark.parametrize("body", [b"{", b"[" * 60_000, b"[" * 70_000, b"\xff", b""])
def test_a_body_that_is_no_json_is_refused(phone: Phone, body: bytes) -> None:
    headers = {
        "Authorization": f"Bearer {phone.gateway.token}",
        "Content-Type": "application/json",
    }

    response = requests.post(
        f"{phone.gateway.url}/voice_call", data=body, headers=headers, timeout=10
    )

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "invalid_params"
