from typing import Any

import pytest
from telnyx.types import (
    CallControlApplicationCreateParams,
    CallControlApplicationUpdateParams,
    PhoneNumberUpdateParams,
)

from moltis.carriers.server import SimulatedCarriers
from tests.provisioning.consoles import ADDRESSES, NUMBER, OTHER_NUMBER, Stage

OURS = "moltis-phone-15551234567"


@pytest.fixture
def telnyx(carriers: SimulatedCarriers) -> Stage:
    return Stage.blank("telnyx", carriers)


def applications(stage: Stage) -> dict[str, Any]:
    listed = stage.ask("GET", "/v2/call_control_applications").json()["data"]
    return {one["application_name"]: one for one in listed}


def make(stage: Stage, name: str, url: str = "http://127.0.0.1:9/theirs", **more: object) -> str:
    body = {"application_name": name, "webhook_event_url": url, **more}
    return str(stage.ask("POST", "/v2/call_control_applications", json=body).json()["data"]["id"])


def attach(stage: Stage, connection_id: str, number: str = NUMBER) -> None:
    listed = stage.ask("GET", "/v2/phone_numbers").json()["data"]
    (one,) = (each for each in listed if each["phone_number"] == number)
    body = {"connection_id": connection_id}
    stage.ask("PATCH", f"/v2/phone_numbers/{one['id']}", json=body)


def found(stage: Stage) -> dict[str, str]:
    return {e.name: e.found for e in stage.console().survey(NUMBER, ADDRESSES).entries}


def test_telnyxs_own_library_knows_what_is_written(telnyx: Stage) -> None:
    own = {"connection_name", "outbound_voice_profile_id"}
    written = {*found(telnyx)} - own | {"application_name", "outbound"}

    assert written <= set(CallControlApplicationCreateParams.__annotations__)
    assert written <= set(CallControlApplicationUpdateParams.__annotations__)
    assert "connection_id" in PhoneNumberUpdateParams.__annotations__


def test_the_key_that_signs_is_told(telnyx: Stage) -> None:
    assert telnyx.console().identify().tells == {
        "public_key": telnyx.carriers.telnyx.public_key,
    }


def test_the_application_that_is_made_becomes_a_credential(telnyx: Stage) -> None:
    made = telnyx.settled()

    application = applications(telnyx)[OURS]
    assert made == {"connection_id": application["id"]}
    assert application["webhook_event_url"] == ADDRESSES.answer
    assert application["webhook_event_failover_url"] == ADDRESSES.status
    assert application["webhook_timeout_secs"] == 10
    assert application["outbound"]["outbound_voice_profile_id"]


def test_the_application_that_the_settings_name_is_taken(telnyx: Stage) -> None:
    telnyx.credentials["connection_id"] = make(telnyx, "mine", outbound={"channel_limit": 3})

    made = telnyx.settled()

    application = applications(telnyx)["mine"]
    assert made == {}
    assert set(applications(telnyx)) == {"mine"}
    assert application["webhook_event_url"] == ADDRESSES.answer
    assert application["outbound"]["channel_limit"] == 3


def test_an_application_that_others_may_share_is_left_alone(telnyx: Stage) -> None:
    attach(telnyx, make(telnyx, "shared"))

    survey = telnyx.console().survey(NUMBER, ADDRESSES)
    telnyx.settled()

    assert survey.entries[0].found.startswith("shared (")
    assert survey.entries[0].wanted == OURS
    assert applications(telnyx)["shared"]["webhook_event_url"] == "http://127.0.0.1:9/theirs"


def test_who_shares_the_application_that_the_settings_name_is_counted(telnyx: Stage) -> None:
    telnyx.own(OTHER_NUMBER)
    telnyx.credentials["connection_id"] = make(telnyx, "shared")
    attach(telnyx, telnyx.credentials["connection_id"], OTHER_NUMBER)

    (note,) = telnyx.console().survey(NUMBER, ADDRESSES).notes

    assert "1 more of your numbers" in note


@pytest.mark.parametrize("wrong", ["1234567890", "not an/id?"])
def test_an_application_that_is_not_there_is_replaced(telnyx: Stage, wrong: str) -> None:
    telnyx.credentials["connection_id"] = wrong

    (note,) = telnyx.console().survey(NUMBER, ADDRESSES).notes
    made = telnyx.settled()

    assert note.startswith("connection_id is no Call Control application")
    assert made == {"connection_id": applications(telnyx)[OURS]["id"]}


def test_an_application_that_was_made_and_not_connected_is_found_again(telnyx: Stage) -> None:
    first = make(telnyx, OURS)

    assert telnyx.settled() == {"connection_id": first}
    assert set(applications(telnyx)) == {OURS}
    assert telnyx.console().survey(NUMBER, ADDRESSES).is_right


def test_a_profile_that_was_chosen_stays(telnyx: Stage) -> None:
    (profile,) = telnyx.ask("GET", "/v2/outbound_voice_profiles").json()["data"]
    outbound = {"outbound_voice_profile_id": profile["id"]}
    telnyx.credentials["connection_id"] = make(telnyx, "mine", outbound=outbound)

    assert found(telnyx)["outbound_voice_profile_id"] == profile["id"]


def test_without_a_profile_nobody_can_be_called(
    telnyx: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telnyx.carriers.telnyx.console, "profiles", lambda _: [])

    (note,) = telnyx.console().survey(NUMBER, ADDRESSES).notes

    assert "no outbound voice profile" in note
