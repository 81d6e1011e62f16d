"""Calls on the deployed phone: the real zip and the real template, on an emulated AWS."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from chalicelib import wiring
from chalicelib.calls.call import CallId
from chalicelib.providers.registry import PROVIDERS
from moltis.demo.checks import Check
from moltis.demo.scenes import cut_short, play
from tests.builders import a_call
from tests.deployment.phone import STAGE, DeployedPhone, reseed
from tests.integration.test_sessions import Browser


@pytest.fixture(scope="module", autouse=True)
def forgotten(phone: DeployedPhone) -> CallId:
    """A call whose clock was never started, and of which its carrier knows nothing."""
    call_id, began = CallId(str(uuid4())), wiring.now() - timedelta(hours=2)
    account = phone.gateway.seeded[0].account
    wiring.calls().create(
        a_call(
            call_id=call_id,
            account=account.account_id,
            provider=account.provider,
            provider_call_id="CA" + "0" * 32,
            started_at=began,
            deadline=began + timedelta(hours=1),
        )
    )
    return call_id


def failed(checks: list[Check]) -> list[str]:
    return [f"{one.name}: {one.detail}" for one in checks if not one.ok]


@pytest.fixture(scope="module")
def demo(phone: DeployedPhone) -> dict[str, list[Check]]:
    """The demo's calls, on all carriers at once."""
    with ThreadPoolExecutor(len(PROVIDERS)) as pool:
        played = pool.map(lambda carrier: list(play(phone.stage(carrier))), PROVIDERS)
        return dict(zip(PROVIDERS, played, strict=True))


@pytest.mark.parametrize("carrier", PROVIDERS)
def test_the_demos_calls_go_as_they_do_on_a_laptop(
    demo: dict[str, list[Check]], carrier: str
) -> None:
    assert failed(demo[carrier]) == []
    assert demo[carrier]


def test_an_agent_uses_the_phone_by_invoking_the_function(phone: DeployedPhone) -> None:
    order = {
        "action": "initiate_call",
        "to": "+15559990001",
        "message": "Your table is ready.",
        "mode": "notify",
    }
    answer = phone.client("lambda").invoke(
        FunctionName=f"moltis-phone-{STAGE}-voice_call", Payload=json.dumps(order)
    )
    told = json.loads(answer["Payload"].read())

    assert told["status"] == "initiated", told
    assert phone.until(told["call_id"], lambda call: bool(call["end_reason"]))


def test_the_owner_changes_the_settings_as_the_page_does(phone: DeployedPhone) -> None:
    browser = Browser(phone)
    page = browser.send("GET", "settings/phone")
    browser.sign_in(phone.gateway.token)

    def ask(method: str, **params: object) -> object:
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        answer = browser.rpc(asked).json()
        assert "error" not in answer, answer
        return answer["result"]

    before = ask("phone.settings")
    assert isinstance(before, dict)
    ask("phone.save", version=before["version"], changes={"phone.inbound_greeting": "Good day!"})
    after = ask("phone.settings")

    assert "<title>Settings" in page.text
    assert isinstance(after, dict)
    assert after["settings"]["phone"]["inbound_greeting"] == "Good day!"
    assert after["version"] == before["version"] + 1
    assert browser.rpc(**{"X-Moltis-Page": "made up"}).status_code == 401


def test_the_clock_of_every_carrier_ends_a_call_at_its_maximum_duration(
    phone: DeployedPhone,
) -> None:
    reseed(phone, max_duration_secs=6)

    # One after the other: for three at once, more functions would have to start than 6 s allow.
    checks = [check for carrier in PROVIDERS for check in cut_short(phone.stage(carrier))]

    assert failed(checks) == []
    assert len(checks) >= len(PROVIDERS)


def test_the_sweep_comes_by_itself_and_settles_what_everybody_forgot(
    phone: DeployedPhone, forgotten: CallId
) -> None:
    settled = phone.until(forgotten, lambda call: bool(call["end_reason"]))

    assert settled["state"] not in {"initiated", "ringing"}
