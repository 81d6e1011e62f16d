"""Credentials and tokens over RPC: stored, shown by four characters, revoked; never given out."""

import json
from collections.abc import Iterator

import pytest
import requests

from chalicelib import wiring
from moltis.carriers.line import Says
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from tests.phone import CALLER, Json, Phone, a_phone

SID, TOKEN = "AC0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"


@pytest.fixture
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running


def secret(view: Json, key: str) -> Json:
    return dict(next(one for one in view["secrets"] if one["key"] == key))


def store(phone: Phone, **secrets: str) -> Json:
    keys = {f"phone.{key.replace('__', '.')}": value for key, value in secrets.items()}
    return phone.rpc.ask("phone.secrets.set", secrets=keys)


def carrier(phone: Phone) -> Json:
    (account,) = phone.rpc.ask("voicecall.status")["accounts"]
    return dict(account)


def test_a_stored_secret_is_shown_by_its_last_four_characters_and_its_age(phone: Phone) -> None:
    before = phone.rpc.ask("phone.settings")

    after = store(phone, plivo__auth_token=TOKEN)

    assert secret(before, "phone.plivo.auth_token") == {
        "key": "phone.plivo.auth_token",
        "stored": False,
        "last_four": "",
        "stored_at": None,
        "needed": True,
    }
    kept = secret(after, "phone.plivo.auth_token")
    assert (kept["stored"], kept["last_four"]) == (True, "3210")
    assert kept["stored_at"].startswith(f"{wiring.now():%Y-%m-%dT}")
    assert after["version"] == before["version"] + 1


def test_of_a_short_secret_nothing_is_shown(phone: Phone) -> None:
    assert secret(store(phone, plivo__auth_token="hunter2"), "phone.plivo.auth_token") == (
        secret(phone.rpc.ask("phone.settings"), "phone.plivo.auth_token")
    )
    assert secret(phone.rpc.ask("phone.settings"), "phone.plivo.auth_token")["last_four"] == ""


def test_storing_one_secret_leaves_the_others_and_their_age(phone: Phone) -> None:
    first = secret(store(phone, plivo__auth_id="MAXXXXXXXXXXXXXXXXXX"), "phone.plivo.auth_id")

    after = store(phone, plivo__auth_token=TOKEN, agent__api_key="sk-0123456789abcdef")

    assert secret(after, "phone.plivo.auth_id") == first
    assert secret(after, "phone.agent.api_key")["last_four"] == "cdef"


def test_with_credentials_an_account_is_live_and_without_it_is_simulated_again(
    phone: Phone,
) -> None:
    keys = ["phone.twilio.account_sid", "phone.twilio.auth_token"]
    simulated = carrier(phone)

    store(phone, twilio__account_sid=SID)
    half = carrier(phone)
    store(phone, twilio__auth_token=TOKEN)
    live = carrier(phone)
    phone.rpc.ask("phone.secrets.remove", keys=keys)
    again = carrier(phone)

    assert (simulated["carrier"], half["carrier"], live["carrier"]) == ("simulated", "live", "live")
    assert (half["missing"], live["missing"]) == (
        ["from_number", "webhook_url", "auth_token"],
        ["from_number", "webhook_url"],
    )
    assert again == simulated
    call_id = phone.dial_in(CALLER, Says("Goodbye!"))
    assert phone.over(call_id)["end_reason"] in {"hangup_bot", "hangup_user"}


def test_a_secret_that_is_taken_away_is_nowhere_any_more(phone: Phone) -> None:
    store(phone, plivo__auth_id="MAXXXXXXXXXXXXXXXXXX", plivo__auth_token=TOKEN)

    after = phone.rpc.ask("phone.secrets.remove", keys=["phone.plivo.auth_token"])

    assert not secret(after, "phone.plivo.auth_token")["stored"]
    assert secret(after, "phone.plivo.auth_id")["stored"]
    assert list(wiring.vault().now("plivo")) == ["auth_id"]
    assert [TOKEN in one.values() for one in wiring.vault().rotated("plivo")] == [False]


@pytest.mark.parametrize(
    ("secrets", "keys"),
    [
        ({"phone.twilio.account_sid": "", "phone.voice": "x"}, {"phone.voice"}),
        ({"phone.twilio.account_sid": " "}, {"phone.twilio.account_sid"}),
        ({"phone.twilio.auth_token": 7}, {"phone.twilio.auth_token"}),
        ({"phone.twilio.auth_token": "a\nb"}, {"phone.twilio.auth_token"}),
        ({"phone.accounts.nobody.auth_token": "x"}, {"phone.accounts.nobody.auth_token"}),
        ({"phone.plivo.account_sid": "x"}, {"phone.plivo.account_sid"}),
        ({"twilio": "x"}, {"twilio"}),
    ],
)
def test_what_is_no_secret_is_refused_by_its_key(
    phone: Phone, secrets: Json, keys: set[str]
) -> None:
    with pytest.raises(RefusedError) as error:
        phone.rpc.ask("phone.secrets.set", secrets=secrets)

    assert {fault["field"] for fault in error.value.data["faults"]} == keys


def test_the_secrets_of_a_further_account_are_its_own(phone: Phone) -> None:
    version = phone.rpc.ask("phone.settings")["version"]
    changes = {"phone.accounts.reserve.provider": "plivo"}
    phone.rpc.ask("phone.save", version=version, changes=changes)

    after = store(phone, accounts__reserve__auth_token=TOKEN)

    assert secret(after, "phone.accounts.reserve.auth_token")["stored"]
    assert not secret(after, "phone.plivo.auth_token")["stored"]
    assert wiring.vault().now("reserve")["auth_token"] == TOKEN


def test_the_secrets_of_an_imported_file_go_to_the_vault(phone: Phone) -> None:
    tables = {"phone": {"twilio": {"account_sid": SID, "auth_token": TOKEN}}}

    after = phone.rpc.ask("phone.import", settings=tables)

    assert after["settings"] == {"phone": {"twilio": {}}}
    assert secret(after, "phone.twilio.auth_token")["last_four"] == TOKEN[-4:]
    assert dict(wiring.vault().now("twilio")) == {"account_sid": SID, "auth_token": TOKEN}
    changes = phone.rpc.ask("audit.list", limit=1)["entries"][0]["changes"]
    assert {"key": "phone.twilio.auth_token", "before": None, "after": "stored"} in changes


def test_a_token_opens_until_it_is_revoked(phone: Phone) -> None:
    made = phone.rpc.ask("tokens.create", name="the night shift", scope="write")
    rpc = RpcClient(GatewayAddress(phone.gateway.url, made["token"]))

    listed = rpc.ask("tokens.list")["tokens"]
    phone.rpc.ask("tokens.revoke", id=made["id"])

    (kept,) = [one for one in listed if one["id"] == made["id"]]
    assert (kept["name"], kept["scope"]) == ("the night shift", "write")
    assert kept["last_four"] == made["token"][-4:]
    assert made["token"] not in json.dumps(listed)
    with pytest.raises(RefusedError) as error:
        rpc.ask("tokens.list")
    assert error.value.code == -32001
    rpc.close()


def test_a_new_token_may_only_look_unless_it_is_said_otherwise(phone: Phone) -> None:
    assert phone.rpc.ask("tokens.create", name="a screen")["scope"] == "read"


def test_the_last_token_that_may_write_stays(phone: Phone) -> None:
    phone.rpc.ask("tokens.create", name="a screen", scope="read")
    (writer,) = [
        one["id"] for one in phone.rpc.ask("tokens.list")["tokens"] if one["scope"] == "write"
    ]

    with pytest.raises(RefusedError, match="create another one first"):
        phone.rpc.ask("tokens.revoke", id=writer)
    with pytest.raises(RefusedError, match="is no token's"):
        phone.rpc.ask("tokens.revoke", id="nobody")

    assert phone.rpc.ask("tokens.list")["tokens"]


def test_tokens_stand_in_the_audit_by_name_alone(phone: Phone) -> None:
    made = phone.rpc.ask("tokens.create", name="the night shift", scope="write")
    phone.rpc.ask("tokens.revoke", id=made["id"])

    response = requests.post(
        f"{phone.gateway.url}/rpc",
        json={"jsonrpc": "2.0", "id": 1, "method": "audit.list"},
        headers={"Authorization": f"Bearer {phone.gateway.token}"},
        timeout=20,
    )

    actions = [one["action"] for one in response.json()["result"]["entries"]]
    assert actions[:2] == ["token revoked", "token created"]
    assert made["token"] not in response.text


def test_what_is_stored_already_does_not_push_out_the_former_secret(phone: Phone) -> None:
    former, current = "0123456789abcdef0123456789abcdef", TOKEN
    for value in (former, current, current):
        store(phone, plivo__auth_token=value)

    assert wiring.vault().now("plivo")["auth_token"] == current
    assert [one["auth_token"] for one in wiring.vault().rotated("plivo")] == [former]
