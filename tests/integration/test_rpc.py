"""JSON-RPC over HTTP: who may ask for what, and what is wrong with what was asked."""

import json
from typing import Any

import pytest
import requests

from chalicelib import wiring
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import Says
from tests.phone import Json, Phone

NUMBER = "+15559876543"


def ask(phone: Phone, body: object, token: str | None = None) -> requests.Response:
    bearer = phone.gateway.token if token is None else token
    data = body if isinstance(body, str) else json.dumps(body)
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"}
    return requests.post(f"{phone.gateway.url}/rpc", data=data, headers=headers, timeout=20)


def request(method: str, **params: Any) -> Json:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def error(response: requests.Response) -> Json:
    found: Json = response.json()["error"]
    return found


def test_without_a_good_token_nothing_is_answered(phone: Phone) -> None:
    body = request("voicecall.status")

    missing = requests.post(f"{phone.gateway.url}/rpc", json=body, timeout=10)
    wrong = ask(phone, body, token="mp_wrong")

    for response in (missing, wrong):
        assert response.status_code == 401
        assert error(response)["code"] == -32001


def test_a_read_token_can_look_and_not_dial(phone: Phone) -> None:
    token = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)

    looked = ask(phone, request("voicecall.status"), token=token.text)
    dialled = ask(phone, request("voicecall.initiate", to=NUMBER), token=token.text)

    assert looked.status_code == 200
    assert (dialled.status_code, error(dialled)["code"]) == (403, -32003)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", -32700),
        ("[]", -32600),
        ("7", -32600),
        ({"id": 1, "method": "voicecall.status"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": 7}, -32600),
        ({"jsonrpc": "2.0", "id": {}, "method": "voicecall.status"}, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "voicecall.explode"}, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "voicecall.status", "params": [1]}, -32602),
    ],
)
def test_a_malformed_request_is_told_what_is_wrong(phone: Phone, body: object, code: int) -> None:
    assert error(ask(phone, body))["code"] == code


@pytest.mark.parametrize(
    ("method", "params", "field"),
    [
        ("voicecall.initiate", {}, "to"),
        ("voicecall.initiate", {"to": "12345"}, "to"),
        ("voicecall.initiate", {"to": "+1911"}, "to"),
        ("voicecall.initiate", {"to": 15559876543}, "to"),
        ("voicecall.initiate", {"to": NUMBER, "mode": "shout"}, "mode"),
        ("voicecall.initiate", {"to": NUMBER, "mode": "notify"}, "message"),
        ("voicecall.initiate", {"to": NUMBER, "account": "nobody"}, "account"),
        ("voicecall.initiate", {"to": NUMBER, "volume": 11}, "volume"),
        ("voicecall.end", {}, "call_id"),
        ("voicecall.history", {"limit": 0}, "limit"),
        ("voicecall.history", {"limit": True}, "limit"),
        ("voicecall.history", {"cursor": "nonsense"}, "cursor"),
    ],
)
def test_bad_parameters_are_named(phone: Phone, method: str, params: Json, field: str) -> None:
    found = error(ask(phone, request(method, **params)))

    assert (found["code"], found["data"]["field"]) == (-32602, field)


def test_all_faults_are_named_at_once(phone: Phone) -> None:
    found = error(ask(phone, request("voicecall.initiate", to="x", mode="y", volume=1)))

    assert {fault["field"] for fault in found["data"]["faults"]} == {"to", "mode", "volume"}


@pytest.mark.parametrize("method", ["status", "end", "speak", "dtmf"])
def test_an_unknown_call_is_said_to_be_unknown(phone: Phone, method: str) -> None:
    extra = {"speak": {"message": "Hi"}, "dtmf": {"digits": "1"}}.get(method, {})

    found = error(ask(phone, request(f"voicecall.{method}", call_id="nobody", **extra)))

    assert found["code"] == -32004


def test_nothing_can_be_said_or_keyed_in_a_call_that_is_over(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(), "Done.", mode="notify")
    phone.over(call_id)

    spoken = ask(phone, request("voicecall.speak", call_id=call_id, message="Hi"))
    keyed = ask(phone, request("voicecall.dtmf", call_id=call_id, digits="1"))

    assert [error(response)["code"] for response in (spoken, keyed)] == [-32009, -32009]


def test_digits_that_cannot_be_keyed_are_refused(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(*(Says(f"{n}") for n in range(100))))
    phone.until(call_id, lambda call: call["state"] == "listening")

    found = error(ask(phone, request("voicecall.dtmf", call_id=call_id, digits="12x")))

    assert (found["code"], found["data"]["field"]) == (-32602, "digits")
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)


def test_a_carrier_that_refuses_is_named_with_its_code(phone: Phone) -> None:
    phone.gateway.carriers.twilio.faults.on_next_create(CreateFault.REFUSES)

    found = error(ask(phone, request("voicecall.initiate", to=phone.new_number())))

    assert (found["code"], found["data"]["provider"]) == (-32010, "twilio")
    assert found["data"]["code"].isdigit()
    newest = phone.rpc.ask("voicecall.history", limit=1)["calls"][0]
    assert (newest["state"], newest["error"]["code"]) == ("error", found["data"]["code"])


@pytest.mark.parametrize(
    "fault", [CreateFault.FAILS_AFTER_DIALLING, CreateFault.DROPS_AFTER_DIALLING]
)
def test_an_uncertain_dialling_is_never_repeated_and_its_webhooks_are_believed(
    phone: Phone, fault: CreateFault
) -> None:
    to = phone.far_end(Says("Hello."), Says("Goodbye!"))
    phone.gateway.carriers.twilio.faults.on_next_create(fault)

    call = phone.over(phone.initiate(to))

    assert call["end_reason"] in {"hangup_bot", "hangup_user"}
    dialled = [call for call in phone.gateway.carriers.calls if call.to_number == to]
    assert [call.sid for call in dialled] == [call["provider_call_id"]]


def test_the_same_key_gives_the_same_call_and_rings_once(phone: Phone) -> None:
    to = phone.far_end()
    params = {"to": to, "message": "Done.", "mode": "notify", "idempotency_key": "order-66"}

    first = phone.rpc.ask("voicecall.initiate", **params)
    second = phone.rpc.ask("voicecall.initiate", **params)

    phone.over(first["call_id"])
    assert second["call_id"] == first["call_id"]
    assert sum(call.to_number == to for call in phone.gateway.carriers.calls) == 1


def test_a_batch_is_answered_one_by_one_and_notifications_are_not(phone: Phone) -> None:
    batch = [
        request("voicecall.status") | {"id": "a"},
        request("voicecall.explode") | {"id": "b"},
        {"jsonrpc": "2.0", "method": "voicecall.status"},
        5,
    ]

    answers = ask(phone, batch).json()
    silent = ask(phone, {"jsonrpc": "2.0", "method": "voicecall.status"})

    assert [answer.get("id") for answer in answers] == ["a", "b", None]
    assert (silent.status_code, silent.content) == (204, b"")


def test_status_lists_the_accounts_and_no_secret(phone: Phone) -> None:
    response = ask(phone, request("voicecall.status"))

    (account,) = response.json()["result"]["accounts"]
    assert account | {"webhook_url": ""} == {
        "id": "twilio",
        "provider": "twilio",
        "default": True,
        "enabled": True,
        "from_number": "+15550100001",
        "webhook_url": "",
        "inbound_policy": "allowlist",
        "language": "en-US",
        "carrier": "simulated",
        "ready": True,
        "missing": [],
    }
    assert phone.gateway.seeded[0].credentials["auth_token"] not in response.text


def test_history_is_searched_by_number_direction_state_and_time(phone: Phone) -> None:
    begun = wiring.now().isoformat()
    number = phone.far_end()
    call = phone.over(phone.initiate(number, "Only this.", mode="notify"))

    def found(**params: str) -> list[str]:
        answer = phone.rpc.ask("voicecall.history", began_from=begun, **params)
        return [one["call_id"] for one in answer["calls"]]

    assert found() == [call["call_id"]]
    assert found(search=number[-7:], direction="outbound", state="completed") == found()
    assert found(search=call["provider_call_id"][:12]) == found()
    assert found(search="no number") == []
    assert found(direction="inbound") == []
    assert found(state="busy") == []
    assert found(began_before=begun) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("direction", "sideways"), ("state", "bored"), ("began_from", "noon"), ("began_before", "1")],
)
def test_a_search_for_what_cannot_be_is_refused_by_name(
    phone: Phone, name: str, value: str
) -> None:
    response = ask(phone, request("voicecall.history", **{name: value}))

    assert response.json()["error"]["data"]["field"] == name


def test_one_can_wait_for_what_happens(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(), "Done.", mode="notify")

    ended = phone.rpc.ask("voicecall.wait", call_id=call_id, until="end")
    again = phone.rpc.ask("voicecall.wait", call_id=call_id, since=ended["cursor"])

    assert (ended["end_reason"], ended["changed"]) == ("completed", True)
    assert [line["text"] for line in ended["transcript"]] == ["Done."]
    assert (again["changed"], again["transcript"]) == (False, [])


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("voicecall.wait", {"call_id": "x"}, -32004),
        ("data.export", {"number": "x"}, -32602),
        ("data.erase", {"number": "x"}, -32602),
    ],
)
def test_what_takes_its_time_does_not_fit_in_a_batch(
    phone: Phone, method: str, params: Json, code: int
) -> None:
    slow = request(method, **params)

    first, second = ask(phone, [slow, request("voicecall.status")]).json()
    (alone,) = ask(phone, [slow]).json()

    assert (first["error"]["code"], "result" in second) == (-32600, True)
    assert alone["error"]["code"] == code


def test_history_goes_back_page_by_page(phone: Phone) -> None:
    made = [phone.initiate(phone.far_end(), f"{n}.", mode="notify") for n in range(3)]
    for call_id in made:
        phone.over(call_id)

    first = phone.rpc.ask("voicecall.history", limit=2)
    second = phone.rpc.ask("voicecall.history", limit=2, cursor=first["cursor"])

    seen = [call["call_id"] for call in first["calls"] + second["calls"]]
    assert seen[:3] == made[::-1]
    assert len(set(seen)) == len(seen)


def test_health_says_ok_and_the_version(phone: Phone) -> None:
    response = requests.get(f"{phone.gateway.url}/healthz", timeout=10)

    assert response.json() == {"status": "ok", "version": "0.1.0"}
