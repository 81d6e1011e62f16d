"""What stands at the simulated Telnyx about numbers and applications, by Telnyx's own library."""

from dataclasses import replace
from typing import Any

import pytest
import requests
from telnyx import AuthenticationError, NotFoundError, Telnyx

from tests.carriers import vendors
from tests.carriers.gateway import Reply
from tests.carriers.stage import over
from tests.carriers.telnyx_stage import (
    ANSWER,
    API_KEY,
    CONNECTION,
    HANG_UP,
    NUMBER,
    TelnyxStage,
    code,
)

DIGITS = NUMBER.removeprefix("+")


@pytest.fixture
def client(telnyx: TelnyxStage) -> Telnyx:
    return vendors.telnyx(telnyx.carriers)


def the_number(client: Telnyx) -> Any:
    (number,) = client.phone_numbers.list(filter={"phone_number": DIGITS})
    return number


def ask(telnyx: TelnyxStage, method: str, path: str, body: object = None) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{telnyx.carriers.base_url('telnyx')}/v2/{path}"
        headers = {"Authorization": f"Bearer {API_KEY}"}
        return session.request(method, url, json=body, headers=headers, timeout=5)


def test_the_public_key_is_told_to_whoever_has_an_api_key(telnyx: TelnyxStage) -> None:
    assert ask(telnyx, "GET", "public_key").json()["data"] == {
        "record_type": "public_key",
        "public": telnyx.carriers.telnyx.public_key,
    }


def test_a_wrong_key_is_told_nothing(telnyx: TelnyxStage) -> None:
    with pytest.raises(AuthenticationError):
        vendors.telnyx(telnyx.carriers, "KEYwrong").call_control_applications.list()


def test_a_number_and_its_application_are_shown_in_telnyxs_fields(
    telnyx: TelnyxStage, client: Telnyx
) -> None:
    number = the_number(client)
    application = client.call_control_applications.retrieve(CONNECTION).data

    assert (number.phone_number, number.status) == (NUMBER, "active")
    assert (number.connection_id, number.connection_name) == (CONNECTION, f"simulated {NUMBER}")
    assert application is not None
    assert application.webhook_event_url == f"{telnyx.gateway.url}/events"
    assert (application.active, application.webhook_api_version) == (True, "2")
    assert application.outbound is not None
    (profile,) = client.outbound_voice_profiles.list()
    assert application.outbound.outbound_voice_profile_id == profile.id


@pytest.mark.parametrize(
    ("wanted", "found"), [(DIGITS, 1), ("5551230", 1), (NUMBER, 0), ("15550000000", 0)]
)
def test_numbers_are_found_by_their_digits(client: Telnyx, wanted: str, found: int) -> None:
    assert len(list(client.phone_numbers.list(filter={"phone_number": wanted}))) == found


def test_applications_are_found_by_parts_of_their_names(client: Telnyx) -> None:
    applications = client.call_control_applications

    named = list(applications.list(filter={"application_name": {"contains": "SIMULATED"}}))
    others = list(applications.list(filter={"application_name": {"contains": "other"}}))

    assert ([one.id for one in named], others) == ([CONNECTION], [])


def test_the_things_of_others_are_not_there(telnyx: TelnyxStage, client: Telnyx) -> None:
    own = telnyx.carriers.network.owned(NUMBER, "telnyx")
    other = {"api_key": "KEYother", "connection_id": "77"}
    telnyx.carriers.network.own(replace(own, number="+15551239999", credentials=other))
    (theirs,) = vendors.telnyx(telnyx.carriers, "KEYother").phone_numbers.list()

    with pytest.raises(NotFoundError):
        client.phone_numbers.retrieve(theirs.id)
    with pytest.raises(NotFoundError):
        client.call_control_applications.retrieve("77")
    assert code(
        ask(
            telnyx,
            "PATCH",
            f"phone_numbers/{the_number(client).id}",
            {
                "connection_id": "77",
            },
        )
    ) == (422, "10015")


def test_an_arriving_call_tells_its_events_where_it_was_written(
    telnyx: TelnyxStage, client: Telnyx
) -> None:
    made = client.call_control_applications.create(
        application_name="mine", webhook_event_url=f"{telnyx.gateway.url}/new"
    ).data
    assert made is not None
    assert made.id is not None
    telnyx.gateway.on("/new", telnyx.react)
    telnyx.when("call.initiated", telnyx.does(ANSWER))
    telnyx.when("call.answered", telnyx.does(HANG_UP))
    client.phone_numbers.update(the_number(client).id, connection_id=made.id)

    call = over(telnyx.dial_in())

    assert call.alerts == []
    assert {hook.path for hook in telnyx.gateway.hooks} == {"/new"}
    assert telnyx.gateway.hooks[0].json()["data"]["payload"]["connection_id"] == made.id


@pytest.mark.parametrize("status", [403, 500])
def test_an_event_that_is_not_taken_goes_to_the_failover_address(
    telnyx: TelnyxStage, client: Telnyx, status: int
) -> None:
    client.call_control_applications.update(
        CONNECTION,
        application_name="mine",
        webhook_event_url=f"{telnyx.gateway.url}/broken",
        webhook_event_failover_url=f"{telnyx.gateway.url}/events",
    )
    telnyx.gateway.on("/broken", Reply("", status))
    telnyx.when("call.initiated", telnyx.does(ANSWER))
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    over(telnyx.dial_in())

    taken = telnyx.gateway.at("/events")
    assert [hook.json()["data"]["event_type"] for hook in taken] == [
        "call.initiated",
        "call.answered",
        "call.hangup",
    ]
    assert taken[0].json()["meta"] == {
        "attempt": 1,
        "delivered_to": f"{telnyx.gateway.url}/events",
    }


@pytest.mark.parametrize("change", [{"active": False}, {"webhook_api_version": "1"}])
def test_an_application_that_is_off_tells_nothing(
    telnyx: TelnyxStage, change: dict[str, object]
) -> None:
    body = {"application_name": "mine", "webhook_event_url": f"{telnyx.gateway.url}/events"}
    assert ask(telnyx, "PATCH", f"call_control_applications/{CONNECTION}", body | change).ok

    call = over(telnyx.dial_in())

    assert telnyx.gateway.hooks == []
    assert call.alerts[0] == "call.initiated has nowhere to go"


def test_an_application_without_a_profile_cannot_dial(telnyx: TelnyxStage, client: Telnyx) -> None:
    made = client.call_control_applications.create(
        application_name="mine", webhook_event_url=f"{telnyx.gateway.url}/events"
    ).data
    assert made is not None

    assert code(telnyx.dial(connection_id=made.id)) == (403, "10010")


def test_a_number_that_is_connected_to_nothing_says_so(telnyx: TelnyxStage, client: Telnyx) -> None:
    own = telnyx.carriers.network.owned(NUMBER, "telnyx")
    blank = replace(own, voice_url="", credentials={"api_key": API_KEY}, voice=False)
    telnyx.carriers.network.own(blank)

    number = the_number(client)

    assert (number.connection_id, number.status) == (None, "provision-pending")
    assert over(telnyx.dial_in()).alerts != []


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"webhook_event_url": "http://x/"}, "10004"),
        ({"application_name": "mine"}, "10004"),
        ({"application_name": "mine", "webhook_event_url": "nowhere"}, "10003"),
        ({"webhook_event_failover_url": "nowhere"}, "10003"),
        ({"webhook_api_version": 2}, "10015"),
        ({"webhook_timeout_secs": 31}, "10015"),
        ({"active": "yes"}, "10015"),
        ({"webhook_url": "http://x/"}, "10015"),
        ({"outbound": {"outbound_voice_profile_id": "1"}}, "10015"),
        ({"outbound": {"profile": "1"}}, "10015"),
    ],
)
def test_what_cannot_be_is_refused(telnyx: TelnyxStage, body: Any, refusal: str) -> None:
    usual = {"application_name": "mine", "webhook_event_url": "http://127.0.0.1:9/"}
    whole = body if refusal == "10004" else usual | body

    answer = ask(telnyx, "POST", "call_control_applications", whole)

    assert code(answer) == (422, refusal)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "phone_numbers/1", (404, "10005")),
        ("GET", "call_control_applications/1", (404, "10005")),
        ("POST", "phone_numbers", (405, "10015")),
        ("DELETE", "call_control_applications/1", (405, "10015")),
        ("POST", "public_key", (405, "10015")),
        ("GET", "phone_numbers?page[size]=251", (422, "10015")),
        ("GET", "phone_numbers?filter[number]=1", (422, "10015")),
    ],
)
def test_other_requests_are_refused(
    telnyx: TelnyxStage, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert code(ask(telnyx, method, path, {} if method == "POST" else None)) == expected
