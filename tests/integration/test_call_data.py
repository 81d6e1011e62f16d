"""What the pages of calls are told: by whom it can be asked for, and what is sent again."""

from typing import Any

import requests

from chalicelib import wiring
from chalicelib.calls.call import CallId, State
from chalicelib.routes.calls_shown import MOST_FOLLOWED
from chalicelib.store.base import Ending, Scope
from chalicelib.tokens import make_token
from moltis.carriers.line import HangsUp, NeverPicksUp, Says
from tests.builders import a_call
from tests.phone import Json, Phone


def get(phone: Phone, path: str, *, token: str | None = None, **more: Any) -> requests.Response:
    bearer = phone.gateway.token if token is None else token
    headers = {"Authorization": f"Bearer {bearer}", **more.pop("headers", {})}
    return requests.get(f"{phone.gateway.url}/data/{path}", headers=headers, timeout=20, **more)


def shown(phone: Phone, path: str, **params: str) -> Json:
    response = get(phone, path, params=params)
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_it_is_for_whoever_may_read(phone: Phone) -> None:
    reader = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(reader.kept)

    assert get(phone, "calls", token=reader.text).status_code == 200
    for path in ("calls", "calls/anything"):
        refused = get(phone, path, token="mp_wrong")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, -32001)
        assert refused.headers["Cache-Control"] == "no-store"


def test_a_session_may_read_as_its_token_may(phone: Phone) -> None:
    with requests.Session() as browser:
        url = phone.gateway.url
        browser.post(f"{url}/session", json={"token": phone.gateway.token}, timeout=20)

        assert browser.get(f"{url}/data/calls", timeout=20).status_code == 200


def test_a_live_call_is_shown_with_what_was_said_and_then_is_history(phone: Phone) -> None:
    number = phone.far_end(Says("Good morning."))
    call_id = phone.initiate(number, "Are you there?")
    phone.until(call_id, lambda call: len(call["transcript"]) >= 3)

    (live,) = shown(phone, "calls")["live"]
    assert (live["call_id"], live["transcript"][1]["text"]) == (call_id, "Good morning.")
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)

    after = shown(phone, "calls", search=number)
    assert after["live"] == []
    assert [(call["call_id"], call["state"]) for call in after["calls"]] == [
        (call_id, "hangup_bot")
    ]


def test_one_call_tells_what_happened_to_it(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(Says("Hello."), HangsUp()))
    call = phone.over(call_id)

    found = shown(phone, f"calls/{call_id}")

    assert found["call"] == call
    happened = [event["what"] for event in found["events"]]
    assert (happened[0], happened[-1]) == ("dialled", "ended")
    assert {"answered", "opened"} < set(happened)
    times = [event["at"] for event in found["events"]]
    assert times == sorted(times)
    assert times[-1] == call["ended_at"]


def test_a_call_that_rings_tells_since_when(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(ringing=NeverPicksUp()))
    phone.until(call_id, lambda call: call["state"] == "ringing")

    happened = shown(phone, f"calls/{call_id}")["events"]
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)

    assert [event["what"] for event in happened] == ["dialled", "rang"]


def test_what_has_not_changed_is_not_sent_again(phone: Phone) -> None:
    number = phone.far_end(ringing=NeverPicksUp())
    call_id = phone.initiate(number)
    for path in ("calls", f"calls/{call_id}"):
        first = phone_is_quiet(phone, path)
        again = get(phone, path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    before = get(phone, f"calls/{call_id}")
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)
    after = get(phone, f"calls/{call_id}", headers={"If-None-Match": before.headers["ETag"]})

    assert (after.status_code, after.json()["call"]["end_reason"]) == (200, "hangup_bot")


def phone_is_quiet(phone: Phone, path: str) -> requests.Response:
    """Ask until nothing changes from one answer to the next."""
    before = get(phone, path)
    while (now := get(phone, path)).text != before.text:
        before = now
    return now


def test_what_cannot_be_is_refused_by_name(phone: Phone) -> None:
    wrong = get(phone, "calls", params={"state": "bored", "colour": "red"})
    unknown = get(phone, "calls/no-such-call")

    assert wrong.status_code == 400
    faults = wrong.json()["error"]["data"]["faults"]
    assert {fault["field"] for fault in faults} == {"state", "colour"}
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, -32004)


def test_of_many_live_calls_the_newest_are_followed(phone: Phone) -> None:
    names = [CallId(f"crowd-{number}") for number in range(MOST_FOLLOWED + 2)]
    for name in names:
        call = a_call(call_id=name, started_at=wiring.now(), state=State.RINGING)
        wiring.calls().create(call)

    live = shown(phone, "calls")["live"]
    for name in names:
        wiring.calls().finish(name, Ending(at=wiring.now()), account="twilio")

    crowd = [call for call in live if call["call_id"] in names]
    followed = [call["call_id"] for call in crowd if "transcript" in call]
    assert followed == names[:1:-1]
    assert len(crowd) == len(names)
