"""What the owner may ask about the carrier, from blank accounts at simulated ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.provisioning.registry import CONSOLES
from moltis.rpc_client import RefusedError
from tests.phone import Json, Phone, a_phone


@dataclass(frozen=True, slots=True)
class Stage:
    phone: Phone
    provider: str
    number: str
    credentials: dict[str, str]
    base: str

    def ask(self, method: str, **params: Any) -> Json:
        return self.phone.rpc.ask(method, **{"account": self.provider, **params})

    def test(self, **params: Any) -> Json:
        return self.ask("phone.test_credentials", api_base_url=self.base, **params)

    def save(self, **changes: Any) -> None:
        version = self.phone.rpc.ask("phone.settings")["version"]
        keyed = {f"phone.{self.provider}.{key}": value for key, value in changes.items()}
        self.phone.rpc.ask("phone.save", version=version, changes=keyed)

    def store(self) -> None:
        keyed = {f"phone.{self.provider}.{k}": v for k, v in self.credentials.items()}
        self.phone.rpc.ask("phone.secrets.set", secrets=keyed)
        self.save(
            from_number=self.number, webhook_url=self.phone.gateway.url, api_base_url=self.base
        )


@pytest.fixture(params=list(CONSOLES))
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    with a_phone(request.param) as phone:
        opened = phone.gateway.carriers.open_account(request.param, "")
        own = dict(opened.owned.credentials)
        yield Stage(phone, request.param, opened.owned.number, own, opened.api_base_url)


def test_credentials_are_tried_before_they_are_stored(stage: Stage) -> None:
    right = stage.test(credentials=stage.credentials)
    wrong = stage.test(credentials=dict.fromkeys(stage.credentials, "wrong"))
    some = stage.test(credentials={})

    assert (right["ok"], right["numbers"]) == (True, [{"number": stage.number, "voice": True}])
    assert (wrong["ok"], len(wrong["faults"])) == (False, 1)
    assert f"{stage.provider} does not know these credentials" in wrong["faults"][0]["reason"]
    assert some["ok"]
    assert not any(value in str(right) for value in stage.credentials.values())


@pytest.mark.parametrize(
    "params",
    [
        {"credentials": {"pass_word": "x"}},
        {"credentials": {"auth_token": 1}},
        {"api_base_url": "http://example.com"},
        {"api_base_url": "https://169.254.169.254/"},
    ],
)
def test_what_makes_no_sense_is_wrong_usage(stage: Stage, params: Json) -> None:
    with pytest.raises(RefusedError) as refusal:
        stage.ask("phone.test_credentials", **params)

    assert refusal.value.is_usage


def test_from_blank_to_a_call_that_reaches_us(stage: Stage) -> None:
    stage.store()

    before = stage.ask("phone.survey")
    connected = stage.ask("phone.connect")
    after = stage.ask("phone.survey")
    probed = stage.ask("phone.probe")

    different = [entry["name"] for entry in before["entries"] if entry["differs"]]
    assert (before["ready"], before["faults"]) == (False, [])
    assert different
    assert connected["written"] == different
    assert (after["ready"], after["number"]) == (True, stage.number)
    assert probed["ok"]
    assert stage.ask("phone.connect")["written"] == []
    (account,) = stage.phone.rpc.ask("voicecall.status")["accounts"]
    assert (account["ready"], account["carrier"]) == (True, "live")


def test_what_was_done_is_written_down_without_any_secret(stage: Stage) -> None:
    stage.store()
    stage.ask("phone.connect")

    entry, *_ = stage.phone.rpc.ask("audit.list")["entries"]

    assert entry["action"] == "carrier set up"
    assert any("http" in str(change["after"]) for change in entry["changes"])
    kept = wiring.vault().now(stage.provider)
    assert not any(value in str(entry) for name, value in kept.items() if name != "connection_id")


def test_a_number_that_is_not_ours_is_a_fault(stage: Stage) -> None:
    stage.store()
    stage.save(from_number="+15550009999")

    survey = stage.ask("phone.survey")

    assert [fault["field"] for fault in survey["faults"]] == ["from_number"]
    with pytest.raises(RefusedError) as refusal:
        stage.ask("phone.connect")
    assert refusal.value.data["field"] == "from_number"


def test_an_address_on_this_machine_is_no_address_for_a_real_carrier(stage: Stage) -> None:
    stage.store()
    stage.save(api_base_url=None)

    (fault,) = stage.ask("phone.survey")["faults"]

    assert fault["field"] == "webhook_url"
    assert "no carrier can call" in fault["reason"]


def test_a_simulated_account_is_right_as_it_is(stage: Stage) -> None:
    survey = stage.ask("phone.survey")

    assert (survey["ready"], survey["faults"], survey["notes"]) == (True, [], [])
    assert stage.ask("phone.connect")["written"] == []
    assert stage.ask("phone.probe")["ok"]


def test_a_probe_wants_credentials_first() -> None:
    with a_phone(twilio={"api_base_url": "https://example.com"}) as phone:
        opened = phone.gateway.carriers.open_account("twilio", "")
        sid = opened.owned.credentials["account_sid"]
        phone.rpc.ask("phone.secrets.set", secrets={"phone.twilio.account_sid": sid})
        with pytest.raises(RefusedError) as refusal:
            phone.rpc.ask("phone.probe")

    fields = {fault["field"] for fault in refusal.value.data["faults"]}
    assert fields == {"webhook_url", "auth_token"}
