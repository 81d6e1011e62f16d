"""What carriers may send us, and what they get."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from xml.etree import ElementTree as ET

import pytest
import requests

from chalicelib import wiring
from chalicelib.calls.call import inbound_call_id
from chalicelib.calls.callbacks import Route
from moltis.carriers.line import NeverPicksUp
from tests.phone import CALLER, GREETING, Phone, words

SID = "CA0123456789abcdef0123456789abcde"


def inbound(number: int) -> dict[str, str]:
    return {
        "CallSid": f"{SID}{number:x}",
        "AccountSid": "AC0",
        "From": CALLER,
        "To": "+15550100001",
        "CallStatus": "ringing",
        "Direction": "inbound",
    }


def verbs(response: requests.Response) -> list[str]:
    return [element.tag for element in ET.fromstring(response.text)]


@pytest.mark.parametrize("route", list(Route))
def test_a_forged_webhook_is_forbidden_and_nothing_is_stored(phone: Phone, route: Route) -> None:
    form, before = inbound(1), phone.stored()

    response = phone.post(phone.url(route), form, signature="Zm9yZ2Vk")

    assert (response.status_code, response.content) == (403, b"")
    assert phone.stored() == before


def test_an_unsigned_webhook_is_forbidden(phone: Phone) -> None:
    before = phone.stored()

    response = requests.post(phone.url(Route.ANSWER), data=inbound(1), timeout=10)

    assert (response.status_code, response.content) == (403, b"")
    assert phone.stored() == before


def test_an_altered_webhook_is_forbidden(phone: Phone) -> None:
    url, form, before = phone.url(Route.ANSWER), inbound(1), phone.stored()
    signature, *_ = phone.sign(url, form).values()

    altered = phone.post(url, {**form, "From": "+15550001111"}, signature=signature)
    elsewhere = phone.post(phone.url(Route.GATHER), form, signature=signature)
    for_another = phone.post(f"{url}?call=other", form, signature=signature)

    assert [r.status_code for r in (altered, elsewhere, for_another)] == [403, 403, 403]
    assert phone.stored() == before


def test_a_webhook_for_an_unknown_account_is_not_found(phone: Phone) -> None:
    url = phone.url(Route.ANSWER).replace("/twilio/", "/nobody/")

    assert phone.post(url, inbound(1)).status_code == 404


def test_the_default_account_is_the_active_one(phone: Phone) -> None:
    url = phone.url(Route.ANSWER).replace("/twilio/", "/default/")

    response = phone.post(url, inbound(2))

    assert response.status_code == 200
    assert "/telephony/twilio/gather" in response.text


def test_a_body_that_is_too_large_is_refused_before_anything_else(phone: Phone) -> None:
    response = phone.post(phone.url(Route.ANSWER), {"CallSid": "x" * 70_000}, signature="none")

    assert response.status_code == 413


def test_the_same_arrival_twice_gets_the_same_answer_and_makes_one_call(phone: Phone) -> None:
    url, form = phone.url(Route.ANSWER), inbound(3)

    first, second = phone.post(url, form), phone.post(url, form)

    assert (first.status_code, verbs(first)) == (200, ["Gather", "Redirect"])
    assert second.text == first.text
    call_id = inbound_call_id("twilio", form["CallSid"])
    assert words(phone.status(call_id)) == [("bot", GREETING)]


def test_many_arrivals_of_one_call_at_once_make_one_call(phone: Phone) -> None:
    url, form = phone.url(Route.ANSWER), inbound(4)
    running = len(wiring.calls().live())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: phone.post(url, form).text, range(16)))

    assert len(set(answers)) == 1
    assert len(wiring.calls().live()) == running + 1


def test_the_same_words_twice_are_heard_once_and_answered_alike(phone: Phone) -> None:
    form = inbound(5)
    phone.post(phone.url(Route.ANSWER), form)
    call_id = inbound_call_id("twilio", form["CallSid"])
    url = phone.url(Route.GATHER, call=call_id, turn=1, quiet=0)
    spoken = {**form, "CallStatus": "in-progress", "SpeechResult": "Hello there"}

    first, second = phone.post(url, spoken), phone.post(url, spoken)

    assert first.text == second.text
    assert verbs(first) == ["Gather", "Redirect"]
    assert [speaker for speaker, _ in words(phone.status(call_id))] == ["bot", "user", "bot"]


@pytest.mark.parametrize(
    ("said", "query"), [({"SpeechResult": "Goodbye!"}, {"quiet": 0}), ({}, {"quiet": 2})]
)
def test_a_goodbye_that_is_asked_for_twice_is_said_twice(
    phone: Phone, said: dict[str, str], query: dict[str, int]
) -> None:
    form = inbound(9 + query["quiet"])
    phone.post(phone.url(Route.ANSWER), form)
    call_id = inbound_call_id("twilio", form["CallSid"])
    url = phone.url(Route.GATHER, call=call_id, turn=1, **query)

    first, second = phone.post(url, form | said), phone.post(url, form | said)

    assert verbs(first) == ["Say", "Hangup"]
    assert second.text == first.text


def test_words_for_a_call_of_another_account_or_none_lead_to_a_hang_up(phone: Phone) -> None:
    url = phone.url(Route.GATHER, call="no-such-call", turn=1, quiet=0)

    response = phone.post(url, {**inbound(6), "SpeechResult": "Hello"})

    assert (response.status_code, verbs(response)) == (200, ["Hangup"])


def test_an_unknown_event_is_acknowledged_and_changes_nothing(phone: Phone) -> None:
    form = inbound(7)
    phone.post(phone.url(Route.ANSWER), form)
    before = phone.stored()

    response = phone.post(phone.url(Route.STATUS), {**form, "CallStatus": "levitating"})

    assert response.status_code == 200
    assert phone.stored() == before


def test_an_authentic_webhook_that_makes_no_sense_gets_a_spoken_apology(phone: Phone) -> None:
    empty = phone.post(phone.url(Route.ANSWER), {})
    broken = phone.post(phone.url(Route.GATHER, call="x", turn="first"), inbound(8))

    for response in (empty, broken):
        assert (response.status_code, verbs(response)) == (200, ["Say", "Hangup"])


def test_status_callbacks_in_any_order_lead_to_the_same_call(phone: Phone) -> None:
    ends = set()
    for order in permutations(["ringing", "in-progress", "completed"]):
        to = phone.far_end(ringing=NeverPicksUp())
        call = phone.until(phone.initiate(to), lambda call: call["provider_call_id"] is not None)
        url = phone.url(Route.STATUS, call=call["call_id"])
        for status in order:
            form = {"CallSid": call["provider_call_id"], "CallStatus": status}
            assert phone.post(url, form).status_code == 200
        seen = phone.status(call["call_id"])
        ends.add((seen["state"], seen["end_reason"], seen["error"]))

    assert ends == {("hangup_user", "hangup_user", None)}


def test_a_status_of_another_carrier_call_does_not_touch_ours(phone: Phone) -> None:
    to = phone.far_end(ringing=NeverPicksUp())
    call = phone.until(phone.initiate(to), lambda call: call["state"] == "ringing")
    url = phone.url(Route.STATUS, call=call["call_id"])

    response = phone.post(url, {"CallSid": f"{SID}f", "CallStatus": "completed"})

    assert response.status_code == 200
    assert phone.status(call["call_id"])["end_reason"] is None
    phone.rpc.ask("voicecall.end", call_id=call["call_id"])
    phone.over(call["call_id"])
