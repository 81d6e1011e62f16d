import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from twilio.rest.api.v2010.account.incoming_phone_number import (
    IncomingPhoneNumberContext,
    IncomingPhoneNumberInstance,
)

from chalicelib.provisioning.base import Entry
from chalicelib.provisioning.twilio import PARAMETERS, TwilioConsole
from moltis.carriers.server import SimulatedCarriers
from tests.provisioning.consoles import ADDRESSES, NUMBER, Stage

SID = "AC" + "0" * 32
TOKEN = "a" * 32
ACCOUNT = f"https://api.twilio.com/2010-04-01/Accounts/{SID}"


@pytest.fixture
def twilio(carriers: SimulatedCarriers) -> Stage:
    return Stage.blank("twilio", carriers)


@pytest.fixture
def carrier() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def console() -> TwilioConsole:
    return TwilioConsole({"account_sid": SID, "auth_token": TOKEN})


def differences(stage: Stage) -> dict[str, Entry]:
    return {e.name: e for e in stage.console().survey(NUMBER, ADDRESSES).differences}


def number_path(stage: Stage) -> str:
    account = f"/2010-04-01/Accounts/{stage.credentials['account_sid']}/IncomingPhoneNumbers"
    (number,) = stage.ask("GET", f"{account}.json").json()["incoming_phone_numbers"]
    return f"{account}/{number['sid']}.json"


def test_twilios_own_library_knows_what_is_read_and_written() -> None:
    written = {
        re.sub(r"(?:^|_)([a-z])", lambda m: m[1].upper(), name)
        for name in inspect.signature(IncomingPhoneNumberContext.update).parameters
    }
    read = inspect.getsource(IncomingPhoneNumberInstance.__init__)

    assert set(PARAMETERS.values()) <= written
    assert [name for name in PARAMETERS if f'"{name}"' not in read] == []


def test_only_what_differs_is_written(carrier: responses.RequestsMock) -> None:
    found = {
        "sid": "PN1",
        "phone_number": NUMBER,
        "capabilities": {"voice": True},
        "voice_url": ADDRESSES.answer,
        "voice_method": "GET",
        "voice_fallback_url": ADDRESSES.answer,
        "voice_fallback_method": "POST",
        "status_callback": "",
        "status_callback_method": "POST",
        "voice_application_sid": None,
        "trunk_sid": None,
        "voice_receive_mode": None,
    }
    carrier.get(f"{ACCOUNT}/IncomingPhoneNumbers.json", json={"incoming_phone_numbers": [found]})
    written = carrier.post(f"{ACCOUNT}/IncomingPhoneNumbers/PN1.json", json={})

    console().connect(NUMBER, ADDRESSES)

    body = written.calls[0].request.body
    assert body is not None
    assert dict(pair.split("=") for pair in str(body).split("&")).keys() == {
        "VoiceMethod",
        "StatusCallback",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TrunkSid", "TK" + "0" * 32),
        ("VoiceApplicationSid", "AP" + "0" * 32),
        ("VoiceReceiveMode", "fax"),
    ],
)
def test_what_would_take_the_calls_away_is_taken_off(twilio: Stage, name: str, value: str) -> None:
    twilio.settled()
    twilio.ask("POST", number_path(twilio), data={name: value})

    (entry,) = differences(twilio).values()
    twilio.settled()

    assert (PARAMETERS[entry.name], entry.found) == (name, value)
    assert differences(twilio) == {}


@pytest.mark.parametrize(
    ("facts", "notes"),
    [
        ({"status": "active", "type": "Full", "auth_token": TOKEN}, 0),
        ({"status": "suspended", "type": "Full"}, 1),
        ({"status": "active", "type": "Trial"}, 1),
        ({"status": "active", "auth_token": "b" * 32}, 1),
        ({"status": "active", "auth_token": "[Redacted]"}, 0),
        ({}, 0),
    ],
)
def test_the_owner_hears_what_is_odd_about_the_account(
    carrier: responses.RequestsMock, facts: dict[str, Any], notes: int
) -> None:
    carrier.get(f"{ACCOUNT}.json", json={"friendly_name": "Mine", **facts})

    holder = console().identify()

    assert (holder.name, len(holder.notes)) == ("Mine", notes)
    assert "b" * 32 not in repr(holder)
