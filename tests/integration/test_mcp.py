"""MCP over plain HTTP: what a client of any kind may send, and what comes back."""

import json
from typing import Any

import pytest
import requests

from tests.mcp_wire import LEGACY, MODERN
from tests.phone import Json, Phone

META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientCapabilities": {},
}
VERSIONS = ["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]


def send(phone: Phone, body: object, **headers: str | None) -> requests.Response:
    known: dict[str, str | None] = {
        "Authorization": f"Bearer {phone.gateway.token}",
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
    }
    known |= {name.replace("_", "-"): value for name, value in headers.items()}
    data = body if isinstance(body, str) else json.dumps(body)
    sent = {name: value for name, value in known.items() if value is not None}
    return requests.post(f"{phone.gateway.url}/mcp", data=data, headers=sent, timeout=40)


def ask(method: str, **params: Any) -> Json:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def modern(method: str, **params: Any) -> Json:
    return ask(method, **params, _meta=META)


def modern_headers(method: str, **more: str | None) -> dict[str, str | None]:
    return {"MCP_Protocol_Version": MODERN, "Mcp_Method": method, **more}


def error(response: requests.Response) -> Json:
    found: Json = response.json()["error"]
    return found


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_stream_to_listen_to_and_no_session_to_end(phone: Phone, method: str) -> None:
    response = requests.request(method, f"{phone.gateway.url}/mcp", timeout=10)

    assert (response.status_code, response.headers["Allow"]) == (405, "POST")


def test_without_a_good_token_nothing_is_answered(phone: Phone) -> None:
    missing = send(phone, ask("ping"), Authorization=None)
    wrong = send(phone, ask("ping"), Authorization="Bearer mp_wrong")

    assert [missing.status_code, wrong.status_code] == [401, 401]
    assert missing.headers["WWW-Authenticate"].startswith("Bearer ")
    assert 'error="invalid_token"' in wrong.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("http://localhost:6274", 200),
        ("http://127.0.0.1", 200),
        ("https://evil.example", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("http://[", 403),
    ],
)
def test_pages_of_other_sites_are_kept_out(phone: Phone, origin: str | None, status: int) -> None:
    assert send(phone, ask("ping"), Origin=origin).status_code == status


def test_a_name_that_was_rebound_to_us_is_kept_out(phone: Phone) -> None:
    response = send(phone, ask("ping"), Origin="http://evil.example", Host="evil.example")

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", -32700),
        ("[" * 100_000, -32600),
        ("[" * 60_000, -32700),
        ("7", -32600),
        ({"id": 1, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1}, -32600),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": 7}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}, -32600),
        ([], -32600),
        ([[ask("ping")]], -32600),
    ],
)
def test_what_is_no_message_is_refused(phone: Phone, body: object, code: int) -> None:
    response = send(phone, body)

    assert response.status_code in {400, 413}
    assert error(response)["code"] == code
    assert "id" not in response.json()


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_a_handshake_gives_the_revision_that_was_asked_for(phone: Phone, version: str) -> None:
    result = send(phone, ask("initialize", protocolVersion=version)).json()["result"]

    assert result["protocolVersion"] == version
    assert result["capabilities"] == {"tools": {}}


@pytest.mark.parametrize("version", ["1999-01-01", "2099-01-01", MODERN])
def test_a_handshake_about_another_revision_gives_the_newest(phone: Phone, version: str) -> None:
    response = send(phone, ask("initialize", protocolVersion=version))

    assert response.json()["result"]["protocolVersion"] == LEGACY
    assert "Mcp-Session-Id" not in response.headers


def test_a_handshake_without_a_revision_is_refused(phone: Phone) -> None:
    assert error(send(phone, ask("initialize")))["code"] == -32602


@pytest.mark.parametrize("method", ["resources/list", "logging/setLevel", "\ud83d"])
def test_a_method_that_is_not_there_is_named_with_those_that_are(phone: Phone, method: str) -> None:
    old = send(phone, ask(method), MCP_Protocol_Version=LEGACY)

    assert (old.status_code, error(old)["code"]) == (200, -32601)
    assert "tools/call" in error(old)["message"]


def test_a_modern_method_that_is_not_there_is_not_found(phone: Phone) -> None:
    response = send(phone, modern("ping"), **modern_headers("ping"))

    assert (response.status_code, error(response)["code"]) == (404, -32601)


def test_a_modern_server_says_what_it_is(phone: Phone) -> None:
    response = send(phone, modern("server/discover"), **modern_headers("server/discover"))

    result = response.json()["result"]
    assert (result["resultType"], result["supportedVersions"]) == ("complete", [MODERN])
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "moltis-phone"


def test_what_one_token_is_shown_is_not_to_be_shown_to_others(phone: Phone) -> None:
    result = send(phone, modern("tools/list"), **modern_headers("tools/list")).json()["result"]

    assert (result["cacheScope"], result["ttlMs"] > 0) == ("private", True)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Mcp_Method": "tools/call", "Mcp_Name": "voice_call"}, -32020),
        ({"MCP_Protocol_Version": LEGACY, "Mcp_Method": "tools/call"}, -32020),
        ({"MCP_Protocol_Version": MODERN, "Mcp_Name": "voice_call"}, -32020),
        (modern_headers("tools/list", Mcp_Name="voice_call"), -32020),
        (modern_headers("tools/call"), -32020),
        (modern_headers("tools/call", Mcp_Name="another"), -32020),
        (modern_headers("tools/call", Mcp_Name="=?base64?!?="), -32020),
        (modern_headers("tools/call", Mcp_Name="=?base64?//8=?="), -32020),
    ],
)
def test_headers_that_say_something_else_than_the_body_are_refused(
    phone: Phone, headers: dict[str, str | None], code: int
) -> None:
    to = phone.new_number()
    call = modern("tools/call", name="voice_call", arguments={"action": "initiate_call", "to": to})

    response = send(phone, call, **headers)

    assert (response.status_code, error(response)["code"]) == (400, code)
    assert not any(call.to_number == to for call in phone.gateway.carriers.calls)


def test_a_header_may_be_encoded(phone: Phone) -> None:
    call = modern("tools/call", name="voice_call", arguments={"action": "list_calls"})
    headers = modern_headers("tools/call", Mcp_Name="=?base64?dm9pY2VfY2FsbA==?=")

    assert send(phone, call, **headers).json()["result"]["isError"] is False


@pytest.mark.parametrize("missing", list(META))
def test_a_modern_request_says_what_its_client_speaks(phone: Phone, missing: str) -> None:
    meta = {key: value for key, value in META.items() if key != missing}

    response = send(phone, ask("tools/list", _meta=meta), **modern_headers("tools/list"))

    assert (response.status_code, error(response)["code"]) == (400, -32602)
    assert missing in error(response)["message"]


def test_a_revision_that_is_not_spoken_is_refused_with_those_that_are(phone: Phone) -> None:
    meta = {**META, "io.modelcontextprotocol/protocolVersion": "2099-01-01"}
    headers = modern_headers("tools/list", MCP_Protocol_Version="2099-01-01")

    inside = send(phone, ask("tools/list", _meta=meta), **headers)
    outside = send(phone, ask("tools/list"), MCP_Protocol_Version="1999-01-01")

    for response in (inside, outside):
        assert (response.status_code, error(response)["code"]) == (400, -32022)
        assert error(response)["data"]["supported"] == VERSIONS


def test_a_notification_is_taken_and_not_answered(phone: Phone) -> None:
    told = {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}
    unasked = {"jsonrpc": "2.0", "id": 1, "result": {}}

    for response in (send(phone, told), send(phone, unasked)):
        assert (response.status_code, response.content) == (202, b"")
    assert send(phone, told, MCP_Protocol_Version="1999-01-01").status_code == 400


def test_the_only_revision_with_batches_gets_them_answered(phone: Phone) -> None:
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    batch = [ask("ping"), told, ask("tools/list") | {"id": "b"}, ask("?") | {"id": "c"}]

    answers = send(phone, batch).json()

    assert [answer["id"] for answer in answers] == [1, "b", "c"]
    assert send(phone, [told]).status_code == 202
    assert send(phone, batch, MCP_Protocol_Version=LEGACY).status_code == 400


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"name": "fax"}, "there is voice_call"),
        ({}, "there is no tool None"),
        ({"name": "voice_call", "arguments": [1]}, "arguments must be an object"),
        ({"name": "x" * 10_000}, "there is voice_call"),
    ],
)
def test_a_call_of_no_tool_is_an_error_of_the_protocol(
    phone: Phone, params: Json, words: str
) -> None:
    found = error(send(phone, ask("tools/call", **params)))

    assert found["code"] == -32602
    assert words in found["message"]
    assert len(found["message"]) < 200


def test_a_cursor_that_was_never_given_is_refused(phone: Phone) -> None:
    assert error(send(phone, ask("tools/list", cursor="x")))["code"] == -32602


def test_whoever_takes_no_stream_gets_the_message_alone(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(), "Done.", mode="notify")
    waiting = {"action": "wait", "call_id": call_id, "until": "end"}
    call = ask("tools/call", name="voice_call", arguments=waiting, _meta={"progressToken": 7})

    response = send(phone, call, Accept="application/json")

    assert response.headers["Content-Type"] == "application/json"
    assert response.json()["result"]["structuredContent"]["end_reason"] == "completed"


def test_a_stream_ends_with_the_message(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(), "Done.", mode="notify")
    waiting = {"action": "wait", "call_id": call_id, "until": "end"}
    call = ask("tools/call", name="voice_call", arguments=waiting, _meta={"progressToken": "p"})

    response = send(phone, call)

    *told, last = [json.loads(line[6:]) for line in response.text.splitlines() if "data: " in line]
    assert response.headers["Content-Type"] == "text/event-stream"
    assert [one["params"]["progressToken"] for one in told] == ["p"] * len(told)
    assert last["result"]["structuredContent"]["end_reason"] == "completed"


def test_half_a_character_comes_back_as_it_came(phone: Phone) -> None:
    response = send(phone, '{"jsonrpc": "2.0", "id": "\\ud83d", "method": "ping"}')

    assert response.json()["id"] == "\ud83d"
