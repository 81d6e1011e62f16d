"""What Plivo may send us, and what becomes of a call that it made without saying so."""

from collections.abc import Iterator
from itertools import permutations

import pytest
import requests

from chalicelib.calls.callbacks import Route
from chalicelib.functions.clock import fire_timer
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import NeverPicksUp, Says
from moltis.rpc_client import RefusedError
from tests.phone import Phone, a_phone, words

ENDS = {
    "Ring": {"Event": "Ring", "CallStatus": "ringing"},
    "StartApp": {"Event": "StartApp", "CallStatus": "in-progress"},
    "Hangup": {"Event": "Hangup", "CallStatus": "completed", "HangupCauseCode": "4000"},
}


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(provider="plivo", max_duration_secs=1200) as running:
        yield running


@pytest.mark.parametrize("route", list(Route))
def test_what_only_the_old_scheme_signs_is_forbidden_and_nothing_is_stored(
    phone: Phone, route: Route
) -> None:
    form, before = {"CallUUID": "c-1", "CallStatus": "ringing"}, phone.stored()
    old = {"X-Plivo-Signature-V2": "c2lnbmVk", "X-Plivo-Signature-V2-Nonce": "1"}

    response = requests.post(phone.url(route), data=form, headers=old, timeout=10)

    assert (response.status_code, response.content) == (403, b"")
    assert phone.stored() == before


def test_callbacks_in_any_order_lead_to_the_same_call(phone: Phone) -> None:
    ends = set()
    for order in permutations(ENDS):
        to = phone.far_end(ringing=NeverPicksUp())
        call = phone.until(phone.initiate(to), lambda call: call["provider_call_id"] is not None)
        for event in order:
            route = Route.ANSWER if event == "StartApp" else Route.STATUS
            form = {"CallUUID": call["provider_call_id"], **ENDS[event]}
            assert phone.post(phone.url(route, call=call["call_id"]), form).status_code == 200
        seen = phone.status(call["call_id"])
        ends.add((seen["state"], seen["end_reason"], seen["error"]))

    assert ends == {("hangup_user", "hangup_user", None)}


@pytest.mark.parametrize(
    "fault", [CreateFault.FAILS_AFTER_DIALLING, CreateFault.DROPS_AFTER_DIALLING]
)
def test_a_call_that_was_made_in_silence_is_known_by_its_webhooks_and_made_once(
    phone: Phone, fault: CreateFault
) -> None:
    plivo = phone.gateway.carriers.plivo
    before = len(plivo.calls)
    plivo.faults.on_next_create(fault)

    call = phone.over(phone.initiate(phone.far_end(Says("Goodbye!"))))

    assert ("user", "Goodbye!") in words(call)
    assert len(plivo.calls) == before + 1


def test_a_call_that_nobody_ever_hears_of_is_closed_by_its_ring_timer(phone: Phone) -> None:
    phone.gateway.carriers.plivo.faults.on_next_create(CreateFault.FAILS)
    call_id = phone.initiate(phone.far_end())
    waiting = phone.status(call_id)

    fire_timer({"call_id": call_id, "kind": "ring_timeout"}, None)

    call = phone.status(call_id)
    assert (waiting["state"], waiting["provider_call_id"]) == ("initiated", None)
    assert (call["state"], call["error"]["code"]) == ("error", "carrier_failed")


def test_a_refused_call_is_reported_in_plivos_words(phone: Phone) -> None:
    phone.gateway.carriers.plivo.faults.on_next_create(CreateFault.REFUSES)

    with pytest.raises(RefusedError, match="plivo refused with 400: invalid destination"):
        phone.initiate(phone.far_end())
