"""Authentic webhooks that come again: at once, late, and after the end; nothing changes."""

from collections.abc import Callable, Iterator

import pytest
import requests

from chalicelib.calls.callbacks import Route
from moltis.carriers.line import HangsUp, NeverPicksUp, Says
from moltis.commands.root import run
from moltis.state_file import write_state
from tests.integration.test_audit import by_function
from tests.integration.test_limits import headers, question
from tests.phone import Json, Phone, a_phone

RINGING = {
    "plivo": {"Event": "Ring", "CallStatus": "ringing"},
    "twilio": {"CallStatus": "ringing", "SequenceNumber": "1"},
}
ANSWERED = {
    "plivo": {"Event": "StartApp", "CallStatus": "in-progress"},
    "twilio": {"CallStatus": "in-progress"},
}
OVER = {
    "plivo": {"Event": "Hangup", "CallStatus": "completed", "HangupCauseCode": "4000"},
    "twilio": {"CallStatus": "completed", "SequenceNumber": "3"},
}
ID = {"plivo": "CallUUID", "twilio": "CallSid"}


@pytest.fixture(scope="module", params=["plivo", "twilio"])
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param, max_duration_secs=1200) as running:
        yield running


def send(phone: Phone, call: Json, route: Route, events: dict[str, Json]) -> int:
    """Send a webhook with the very signature, and nonce, that it always has."""
    form = {ID[phone.account]: call["provider_call_id"], **events[phone.account]}
    return phone.post(phone.url(route, call=call["call_id"]), form).status_code


def test_a_status_that_is_delivered_twice_late_or_after_the_end_changes_nothing(
    phone: Phone,
) -> None:
    to = phone.far_end(ringing=NeverPicksUp())
    call = phone.until(phone.initiate(to), lambda call: call["provider_call_id"] is not None)
    assert send(phone, call, Route.STATUS, RINGING) == 200
    assert send(phone, call, Route.ANSWER, ANSWERED) == 200
    answered = phone.status(call["call_id"])

    for _ in range(2):
        assert send(phone, call, Route.STATUS, RINGING) == 200
        assert send(phone, call, Route.ANSWER, ANSWERED) == 200

    assert phone.status(call["call_id"]) == answered
    assert send(phone, call, Route.STATUS, OVER) == 200
    over = phone.status(call["call_id"])
    stored = phone.stored()
    for route, events in ((Route.STATUS, OVER), (Route.STATUS, RINGING), (Route.ANSWER, ANSWERED)):
        for _ in range(2):
            assert send(phone, call, route, events) == 200
    assert (phone.status(call["call_id"]), phone.stored()) == (over, stored)


def test_every_status_of_a_whole_call_sent_again_after_its_end_changes_nothing(
    phone: Phone,
) -> None:
    call = phone.over(phone.initiate(phone.far_end(Says("Hello."), HangsUp())))
    calls, stored = len(phone.carrier.calls), phone.stored()

    for events in (OVER, ANSWERED, RINGING):
        assert send(phone, call, Route.STATUS, events) == 200

    assert phone.status(call["call_id"]) == call
    assert (len(phone.carrier.calls), phone.stored()) == (calls, stored)


def by_rpc(phone: Phone, to: str, key: str) -> None:
    phone.initiate(to, "Hi.", mode="notify", idempotency_key=key)


def by_tool(phone: Phone, to: str, key: str) -> None:
    asked = {**question(to), "idempotency_key": key}
    url = f"{phone.gateway.url}/voice_call"
    assert requests.post(url, json=asked, headers=headers(phone), timeout=40).ok


def by_mcp(phone: Phone, to: str, key: str) -> None:
    arguments = {**question(to), "idempotency_key": key}
    params = {"name": "voice_call", "arguments": arguments}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    url = f"{phone.gateway.url}/mcp"
    answer = requests.post(url, json=asked, headers=headers(phone), timeout=40).json()
    assert not answer["result"]["isError"]


def by_page(phone: Phone, to: str, key: str) -> None:
    browser, url = requests.Session(), phone.gateway.url
    signed_in = browser.post(f"{url}/session", json={"token": phone.gateway.token}, timeout=40)
    order = {**question(to), "idempotency_key": key}
    del order["action"]
    asked = {"jsonrpc": "2.0", "id": 1, "method": "voicecall.initiate", "params": order}
    proof = {"X-Moltis-Page": signed_in.json()["proof"]}
    assert "error" not in browser.post(f"{url}/rpc", json=asked, headers=proof, timeout=40).json()


def by_command_line(_phone: Phone, to: str, key: str) -> None:
    order = ["--to", to, "--message", "Hi.", "--mode", "notify", "--idempotency-key", key]
    assert run(["voice-call", "call", *order]) == 0


def by_function_itself(phone: Phone, to: str, _key: str) -> None:
    # Lambda repeats an invocation under the same id, which is the key.
    by_function(phone, to)


@pytest.mark.parametrize(
    "ask", [by_rpc, by_tool, by_mcp, by_page, by_command_line, by_function_itself]
)
def test_an_order_that_is_repeated_under_its_key_rings_once_by_every_door(
    phone: Phone,
    ask: Callable[[Phone, str, str], None],
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path_factory.mktemp("state")))
    write_state(phone.gateway.ready)
    to = phone.far_end()

    for _ in range(3):
        ask(phone, to, f"once {ask.__name__}")

    assert len([call for call in phone.carrier.calls if call.to_number == to]) == 1
