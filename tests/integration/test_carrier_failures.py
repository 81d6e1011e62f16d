"""What becomes of a call when its carrier refuses, fails, or says nothing."""

from collections.abc import Iterator

import pytest

from chalicelib.functions.clock import fire_timer
from chalicelib.providers import registry
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import HangsUp, Says
from moltis.rpc_client import RefusedError
from tests.phone import Json, Phone, a_phone, words


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param) as running:
        running.carrier.faults.hang_secs = 12
        yield running


def refused(phone: Phone, fault: CreateFault) -> tuple[RefusedError, Json]:
    phone.carrier.faults.on_next_create(fault)
    with pytest.raises(RefusedError) as refusal:
        phone.initiate(phone.far_end())
    newest: Json = phone.rpc.ask("voicecall.history", limit=1)["calls"][0]
    return refusal.value, newest


@pytest.mark.parametrize("fault", [CreateFault.REFUSES, CreateFault.THROTTLES])
def test_a_carrier_that_refuses_is_named_with_its_code(phone: Phone, fault: CreateFault) -> None:
    error, call = refused(phone, fault)

    assert (error.code, error.data["provider"]) == (-32010, phone.account)
    assert (call["state"], call["error"]["code"]) == ("error", error.data["code"])


@pytest.mark.parametrize("fault", [CreateFault.FAILS, CreateFault.DROPS])
def test_a_dialling_that_may_have_happened_is_left_open_until_the_ring_timer_settles_it(
    phone: Phone, fault: CreateFault
) -> None:
    to = phone.far_end()
    phone.carrier.faults.on_next_create(fault)
    call_id = phone.initiate(to)
    before = phone.status(call_id)

    fire_timer({"call_id": call_id, "kind": "ring_timeout"}, None)

    after = phone.status(call_id)
    assert (before["state"], before["provider_call_id"]) == ("initiated", None)
    assert (after["end_reason"], after["error"]["code"]) == ("error", "carrier_failed")
    assert not [call for call in phone.carrier.calls if call.to_number == to]


@pytest.mark.parametrize(
    "fault",
    [CreateFault.FAILS_AFTER_DIALLING, CreateFault.DROPS_AFTER_DIALLING, CreateFault.HANGS],
)
def test_a_call_that_was_dialled_without_a_word_is_found_by_its_webhooks(
    phone: Phone, fault: CreateFault
) -> None:
    to = phone.far_end(Says("Hello."), HangsUp())
    phone.carrier.faults.on_next_create(fault)

    call = phone.over(phone.initiate(to))

    dialled = [call.sid for call in phone.carrier.calls if call.to_number == to]
    assert dialled == [call["provider_call_id"]]
    assert ("user", "Hello.") in words(call)


def test_duplicates_and_disorder_lead_to_the_same_call(phone: Phone) -> None:
    phone.carrier.faults.duplicates = phone.carrier.faults.out_of_order = True
    try:
        to = phone.far_end(Says("One."), Says("Two."), HangsUp())
        call = phone.over(phone.initiate(to, "Hello."))
    finally:
        phone.carrier.faults.duplicates = phone.carrier.faults.out_of_order = False

    said = [text for speaker, text in words(call) if speaker == "user"]
    assert said == ["One.", "Two."]
    assert [speaker for speaker, _ in words(call)] == ["bot", "user", "bot", "user", "bot"]
    assert call["end_reason"] == "hangup_user"
