"""Floods of what nobody signed and nobody knows: they cost little, and keep nobody out."""

from collections import Counter
from collections.abc import Iterator

import pytest
import requests

from chalicelib import remembering, wiring
from chalicelib.calls.callbacks import Route
from chalicelib.routes import refusals
from tests.infra.recording import recorded
from tests.phone import Phone, a_phone

AT_ONCE = 20
FLOOD = 100


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    monkeypatch.setattr(remembering, "STRANGERS_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(remembering, "STRANGERS_PER_SEC", 0.001)
    monkeypatch.setattr(refusals, "LINES_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(refusals, "_buckets", {})
    with a_phone() as running:
        yield running
    wiring.forget()


def arrival(number: int) -> dict[str, str]:
    return {
        "CallSid": f"CA{number:032x}",
        "AccountSid": "AC1",
        "From": "+15559876543",
        "To": "+15551234567",
        "Direction": "inbound",
        "CallStatus": "ringing",
    }


def test_forged_webhooks_ask_aws_for_nothing_and_an_authentic_one_among_them_is_answered(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    url = phone.url(Route.ANSWER)
    assert phone.post(url, arrival(1)).status_code == 200
    phone.post(url, arrival(2), signature="forged")
    before = phone.stored()

    with recorded() as asked:
        forged = Counter(
            phone.post(url, arrival(3), signature="forged").status_code for _ in range(FLOOD)
        )
        in_flood = set(asked)
    authentic = phone.post(url, arrival(4))

    assert forged == {403: FLOOD}
    assert in_flood == set()
    assert len(phone.stored()) > len(before)
    assert (authentic.status_code, "<Gather" in authentic.text) == (200, True)
    lines = [one for one in caplog.records if one.getMessage() == "webhook refused"]
    assert AT_ONCE <= len(lines) < AT_ONCE + 10


def test_made_up_accounts_are_looked_up_so_often_and_a_real_one_is_found_meanwhile(
    phone: Phone,
) -> None:
    url = phone.url(Route.ANSWER)
    assert phone.post(url, arrival(1)).status_code == 200

    made_up = [url.replace("/twilio/", f"/made-up-{number}/") for number in range(FLOOD)]

    with recorded() as asked:
        answers = Counter(requests.post(one, timeout=20).status_code for one in made_up)
        actions = Counter(action for _, action, _ in asked)

    assert answers == {404: AT_ONCE - 1, 429: FLOOD - AT_ONCE + 1}
    assert set(actions) <= {"dynamodb:GetItem"}
    assert phone.post(url, arrival(2)).status_code == 200


def test_made_up_tokens_are_looked_up_so_often_and_a_known_one_is_good_meanwhile(
    phone: Phone,
) -> None:
    assert phone.rpc.ask("voicecall.status")["active_calls"] == []
    doors = ("rpc", "mcp", "voice_call")

    def knock(number: int) -> int:
        headers = {"Authorization": f"Bearer made-up-{number}"}
        url = f"{phone.gateway.url}/{doors[number % len(doors)]}"
        return requests.post(url, json={}, headers=headers, timeout=20).status_code

    answers = Counter(knock(number) for number in range(FLOOD))
    signing_in = requests.post(
        f"{phone.gateway.url}/session", json={"token": "made up, too"}, timeout=20
    )

    assert answers == {401: AT_ONCE - 1, 429: FLOOD - AT_ONCE + 1}
    assert signing_in.status_code == 429
    assert phone.rpc.ask("voicecall.status")["active_calls"] == []
