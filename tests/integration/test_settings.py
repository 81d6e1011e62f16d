"""The owner's settings over RPC: what is saved, for whom it holds, and who saved it."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.carriers.line import Says
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from tests.phone import Json, Phone, a_phone, words

CONFLICT = -32009
INVALID = -32602


@pytest.fixture
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running


def settings(phone: Phone) -> Json:
    return phone.rpc.ask("phone.settings")


def save(phone: Phone, **changes: Any) -> Json:
    """Save changes; two underscores stand for a dot."""
    return phone.rpc.ask(
        "phone.save",
        version=settings(phone)["version"],
        changes={f"phone.{key.replace('__', '.')}": value for key, value in changes.items()},
    )


def refused(phone: Phone, method: str, **params: Any) -> RefusedError:
    with pytest.raises(RefusedError) as error:
        phone.rpc.ask(method, **params)
    return error.value


def faulty_keys(error: RefusedError) -> set[str]:
    return {fault["field"] for fault in error.data["faults"]}


def audit(phone: Phone) -> list[Json]:
    entries: list[Json] = phone.rpc.ask("audit.list", limit=100)["entries"]
    return entries


def test_what_is_saved_is_read_again_and_holds_at_once(phone: Phone) -> None:
    before = settings(phone)

    after = save(phone, inbound_policy="open", outbound__deny=["+1900"], twilio__fallback="")

    assert after["version"] == before["version"] + 1
    assert after == settings(phone)
    assert after["settings"]["phone"]["outbound"] == {"deny": ["+1900"]}
    assert after["changed_by"] == "gateway"
    denied = refused(phone, "voicecall.initiate", to="+19005550000")
    assert denied.data == {"rule": "phone.outbound.deny"}


def test_a_key_that_is_taken_out_has_its_default_again(phone: Phone) -> None:
    save(phone, language="de-DE", outbound__deny=["+1900"])

    after = save(phone, language=None, outbound__deny=None, agent__model=None)

    assert "language" not in after["settings"]["phone"]
    assert wiring.account("twilio").language == "en-US"
    assert wiring.account("twilio").outbound.deny == ()


def test_saving_nothing_new_changes_nothing(phone: Phone) -> None:
    before = settings(phone)

    assert save(phone, max_duration_secs=1200) == before
    assert audit(phone)[0]["action"] == "gateway started"


def test_of_two_who_save_at_once_one_is_told_of_the_other(phone: Phone) -> None:
    version = settings(phone)["version"]
    phone.rpc.ask("phone.save", version=version, changes={"phone.voice": "Amy"})

    error = refused(phone, "phone.save", version=version, changes={"phone.language": "de-DE"})

    assert error.code == CONFLICT
    assert error.data == {"version": version + 1, "changed_by": "gateway"}
    assert "read them again" in str(error)
    assert settings(phone)["settings"]["phone"].get("language") is None


def test_all_faults_are_named_by_their_keys_and_nothing_is_saved(phone: Phone) -> None:
    before = settings(phone)
    changes = {
        "phone.max_duration_secs": 0,
        "phone.allowlist": ["+15559876543", "12"],
        "phone.twilio.webhook_url": "http://example.com",
        "phone.outbound.volume": 11,
        "phone.voice": "Amy",
    }

    error = refused(phone, "phone.save", version=before["version"], changes=changes)

    assert error.code == INVALID
    assert faulty_keys(error) == changes.keys() - {"phone.voice"}
    assert settings(phone) == before


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("phone", {}),
        ("language", "de-DE"),
        ("phone.voice.pitch", 3),
        ("phone.twilio.auth_token", "shh"),
        ("phone.accounts.reserve.auth_token", "shh"),
    ],
)
def test_what_is_no_setting_is_refused_by_name(phone: Phone, key: str, value: Any) -> None:
    version = settings(phone)["version"]

    error = refused(phone, "phone.save", version=version, changes={key: value})

    assert faulty_keys(error) == {key}


def test_a_secret_in_a_table_of_settings_is_refused(phone: Phone) -> None:
    version = settings(phone)["version"]
    changes = {"phone.plivo": {"auth_id": "MAXXXXXXXXXXXXXXXXXX"}}

    error = refused(phone, "phone.save", version=version, changes=changes)

    assert "secrets" in str(error)
    assert "MAXXX" not in str(error)


def test_every_key_of_the_schema_can_be_saved_and_read_again(phone: Phone) -> None:
    schema = phone.rpc.ask("phone.schema")["settings"]
    defaults = {
        one["key"]: one["default"]
        for one in schema
        if one["kind"] != "secret" and "*" not in one["key"]
    }

    saved = phone.rpc.ask("phone.save", version=settings(phone)["version"], changes=defaults)
    exported = phone.rpc.ask("phone.export")
    imported = phone.rpc.ask("phone.import", settings=exported["settings"])

    assert imported == saved
    assert set(defaults) >= {"phone.provider", "phone.outbound.machine", "phone.plivo.fallback"}


def test_an_import_takes_the_place_of_everything(phone: Phone) -> None:
    save(phone, language="de-DE")

    phone.rpc.ask("phone.import", settings={"phone": {"provider": "plivo", "voice": "Amy"}})

    assert settings(phone)["settings"] == {"phone": {"provider": "plivo", "voice": "Amy"}}
    accounts = phone.rpc.ask("voicecall.status")["accounts"]
    assert [(one["id"], one["carrier"], one["ready"]) for one in accounts] == [
        ("plivo", "simulated", True)
    ]


def test_an_import_that_has_read_an_older_version_is_told(phone: Phone) -> None:
    version = settings(phone)["version"]
    save(phone, language="de-DE")

    error = refused(phone, "phone.import", settings={"phone": {}}, version=version)

    assert error.code == CONFLICT


def test_a_reader_may_look_and_change_nothing(phone: Phone) -> None:
    token = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)
    rpc = RpcClient(GatewayAddress(phone.gateway.url, token.text))

    assert rpc.ask("phone.settings") == settings(phone)
    for method, params in (
        ("phone.save", {"version": 1, "changes": {}}),
        ("phone.import", {"settings": {}}),
        ("phone.secrets.set", {"secrets": {"phone.twilio.auth_token": "x"}}),
        ("phone.secrets.remove", {"keys": ["phone.twilio.auth_token"]}),
        ("tokens.create", {"name": "mine", "scope": "write"}),
        ("tokens.revoke", {"id": token.kept.token_id}),
    ):
        with pytest.raises(RefusedError) as error:
            rpc.ask(method, **params)
        assert error.value.code == -32003
    rpc.close()


def test_every_change_stands_in_the_audit_with_who_made_it(phone: Phone) -> None:
    save(phone, voice="Amy", outbound__deny=["+1900"])
    save(phone, voice=None)

    newest, older, *_ = audit(phone)

    assert newest["changes"] == [{"key": "phone.voice", "before": "Amy", "after": None}]
    assert older["changes"] == [
        {"key": "phone.outbound.deny", "before": None, "after": ["+1900"]},
        {"key": "phone.voice", "before": None, "after": "Amy"},
    ]
    assert (newest["action"], newest["name"]) == ("settings saved", "gateway")
    assert newest["token_id"] in {one["id"] for one in phone.rpc.ask("tokens.list")["tokens"]}


def test_a_live_call_goes_on_with_what_it_began_with(phone: Phone) -> None:
    to = phone.far_end(Says("Hello."), Says("What is two and two?"), Says("Goodbye!"))
    call_id = phone.initiate(to)
    phone.until(call_id, lambda call: len(call["transcript"]) >= 2)

    save(
        phone,
        enabled=False,
        inbound_policy="disabled",
        language="de-DE",
        voice="Amy",
        max_duration_secs=3600,
        inbound_greeting="Guten Tag!",
        twilio__from_number="+15550009999",
    )
    call = phone.over(call_id)

    assert call["end_reason"] in {"hangup_bot", "hangup_user"}
    assert ("user", "Goodbye!") in words(call)
    assert call["max_duration_secs"] == 1200
    kept = wiring.calls().get(call_id)
    assert (kept.language, kept.voice) == ("en-US", "")


def test_the_calls_of_an_account_that_is_taken_out_go_on_and_no_new_ones_begin(
    phone: Phone,
) -> None:
    to = phone.far_end(Says("Hello."), Says("What is two and two?"), Says("Goodbye!"))
    call_id = phone.initiate(to)
    phone.until(call_id, lambda call: len(call["transcript"]) >= 2)

    phone.rpc.ask("phone.import", settings={"phone": {"provider": "plivo"}})
    call = phone.over(call_id)

    assert ("user", "Goodbye!") in words(call)
    assert refused(phone, "voicecall.initiate", to=to, account="twilio").code == -32011


def test_a_new_number_and_a_new_account_can_be_used_at_once(phone: Phone) -> None:
    save(
        phone,
        twilio__from_number="+15550009999",
        accounts={"reserve": {"provider": "plivo", "from_number": "+15550008888"}},
    )

    made = [phone.initiate(phone.far_end(), "Done.", mode="notify")]
    made += [phone.initiate(phone.far_end(), "Done.", mode="notify", account="reserve")]

    assert [phone.over(call_id)["from"] for call_id in made] == ["+15550009999", "+15550008888"]
    assert [phone.over(call_id)["end_reason"] for call_id in made] == ["completed", "completed"]
