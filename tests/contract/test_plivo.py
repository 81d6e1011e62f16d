from collections.abc import Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import pytest
import responses
from responses.matchers import query_param_matcher

from chalicelib.calls.call import CallFailure, State
from chalicelib.calls.events import (
    CallEnded,
    CarrierEvent,
    InputGathered,
    MachineDetected,
    UnknownEvent,
)
from chalicelib.calls.phone_numbers import caller
from chalicelib.calls.verbs import AwaitSilence, Gather, Pause, Play, Say
from chalicelib.errors import (
    CallGoneError,
    ProviderError,
    ProviderRejectedError,
    SignatureError,
)
from chalicelib.providers.base import CarrierView, WebhookRequest
from chalicelib.providers.plivo import Plivo
from tests.contract.base import ORDER, Situation
from tests.contract.plivo import (
    AUTH_TOKEN,
    CALL_UUID,
    CALLS,
    MAIN_AUTH_TOKEN,
    MAIN_SIGNATURE,
    ONE_CALL,
    SIGNATURE,
    PlivoCase,
    finished,
    signature,
    unfinished,
    view,
)

CASE: Final = PlivoCase()
BASE: Final = "https://phone.example.com/api/channels/telephony/plivo"
STATUS: Final = f"{BASE}/status?call=c-1"


@pytest.fixture
def carrier() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def told(url: str, **fields: str) -> CarrierEvent:
    """What we understand of a webhook about a call."""
    request = CASE.signed(url, urlencode({"CallUUID": CALL_UUID, **fields}).encode())
    (event,) = CASE.provider().parse(request)
    return event


def over(reason: State | None = None, error: CallFailure | None = None) -> CallEnded:
    return CallEnded(provider_call_id=CALL_UUID, call_id="c-1", reason=reason, error=error)


def signed_by_main_account() -> WebhookRequest:
    request = CASE.signed(CASE.address, b"CallUUID=c-1")
    by_main = signature(CASE.address, [("CallUUID", "c-1")], token=MAIN_AUTH_TOKEN)
    headers = {**request.headers, SIGNATURE: "of a subaccount", MAIN_SIGNATURE: by_main}
    return replace(request, headers=headers)


def test_the_main_account_may_sign_for_a_subaccount_if_we_know_its_token() -> None:
    request = signed_by_main_account()

    CASE.provider({**CASE.credentials, "main_auth_token": MAIN_AUTH_TOKEN}).verify(request)
    for credentials in (CASE.credentials, {**CASE.credentials, "main_auth_token": "f" * 40}):
        with pytest.raises(SignatureError, match="mismatch"):
            CASE.provider(credentials).verify(request)


def test_a_subaccount_may_still_sign_for_itself_beside_its_main_account() -> None:
    credentials = {**CASE.credentials, "main_auth_token": MAIN_AUTH_TOKEN}

    CASE.provider(credentials).verify(CASE.recorded(Situation.OPENED))


def test_the_token_of_the_main_account_signs_nothing_in_the_name_of_the_other() -> None:
    request = CASE.signed(CASE.address, b"CallUUID=c-1")
    swapped = {"auth_token": MAIN_AUTH_TOKEN, "main_auth_token": AUTH_TOKEN}

    with pytest.raises(SignatureError, match="mismatch"):
        CASE.provider(swapped).verify(request)


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"CallStatus": "completed", "HangupCauseCode": "6000"}, over(State.TIMEOUT)),
        ({"CallStatus": "completed", "HangupCauseCode": "4010"}, over()),
        ({"CallStatus": "timeout"}, over(State.NO_ANSWER)),
        ({"CallStatus": "timeout", "HangupCauseCode": "6010"}, over(State.NO_ANSWER)),
        ({"CallStatus": "failed", "HangupCause": "NO_ANSWER"}, over(State.NO_ANSWER)),
        ({"CallStatus": "failed", "HangupCause": "USER_BUSY"}, over(State.BUSY)),
        (
            {"CallStatus": "failed", "HangupCause": "CALL_REJECTED"},
            over(
                State.ERROR,
                CallFailure(
                    code="CALL_REJECTED",
                    message="the carrier could not complete the call (CALL_REJECTED)",
                ),
            ),
        ),
        (
            {"CallStatus": "failed"},
            over(
                State.ERROR,
                CallFailure(code="failed", message="the carrier could not complete the call"),
            ),
        ),
        ({"CallStatus": "vanished", "Event": "Hangup"}, over()),
    ],
)
def test_every_hang_up_ends_the_call_for_its_own_reason(
    fields: dict[str, str], event: CallEnded
) -> None:
    assert told(STATUS, **fields) == event


def test_an_event_without_a_word_for_the_state_is_named_by_itself() -> None:
    assert told(STATUS, Event="Teleport") == UnknownEvent(
        provider_call_id=CALL_UUID, call_id="c-1", name="Teleport"
    )


def test_a_hang_up_that_needs_nothing_but_its_address_is_understood() -> None:
    event = told(f"{BASE}/status", CallStatus="busy", Event="Hangup")

    assert event == CallEnded(provider_call_id=CALL_UUID, reason=State.BUSY)


def test_a_machine_that_is_recognised_is_told_while_the_call_goes_on() -> None:
    fields = {"Event": "MachineDetection", "CallStatus": "in-progress", "Machine": "true"}

    assert told(STATUS, **fields) == MachineDetected(provider_call_id=CALL_UUID, call_id="c-1")


def test_a_wait_for_silence_is_over_before_its_time_and_a_pause_is_not() -> None:
    root = ET.fromstring(CASE.provider().render([AwaitSilence(30), Pause(3)]).body)

    assert [dict(wait.attrib) for wait in root] == [
        {"length": "30", "silence": "true", "minSilence": "2000"},
        {"length": "3", "silence": "true", "minSilence": "3000"},
    ]


@pytest.mark.parametrize("number", ["15559876543", "+15559876543"])
def test_a_number_is_the_same_with_and_without_its_plus_sign(number: str) -> None:
    event = told(f"{BASE}/answer", From=number, To="15551234567", Event="StartApp")

    assert caller(getattr(event, "from_number", "")) == "+15559876543"


def test_speech_goes_before_the_empty_keys_that_come_with_it() -> None:
    event = told(f"{BASE}/gather?call=c-1&quiet=2&turn=3", Digits="", Speech=" Hello ")

    assert isinstance(event, InputGathered)
    assert (event.text, event.turn, event.quiet) == ("Hello", 3, 2)


def test_what_comes_with_get_is_read_from_the_address_alone() -> None:
    url = f"{BASE}/answer?CallUUID={CALL_UUID}&From=15559876543&To=15551234567"
    forged = CASE.signed(url, b"CallUUID=forged&From=15550000000")
    request = replace(forged, method="GET")
    request = CASE.with_signature(request, signature(url, (), method="GET"))

    CASE.provider().verify(request)
    (event,) = CASE.provider().parse(request)

    assert (event.provider_call_id, getattr(event, "from_number", "")) == (CALL_UUID, "15559876543")


@pytest.mark.parametrize(
    ("asked", "written"), [(1, "5"), (4, "5"), (5, "5"), (60, "60"), (61, "60"), (900, "60")]
)
def test_we_never_listen_for_longer_or_shorter_than_the_carrier_can(
    asked: int, written: str
) -> None:
    gather = Gather(action=f"{BASE}/gather", timeout_secs=asked)

    (listening,) = ET.fromstring(CASE.provider().render([gather]).body)

    assert listening.get("executionTimeout") == written


def test_a_pause_stands_before_the_listening_and_the_order_is_kept() -> None:
    prompts = (Say(text="one"), Pause(2), Play("https://a.example/b.wav"), Say(text="two"))

    document = CASE.provider().render([Gather(action=f"{BASE}/gather", prompts=prompts)])

    root = ET.fromstring(document.body)
    assert [element.tag for element in root] == ["Speak", "Wait", "GetInput"]
    assert [element.tag for element in root[2]] == ["Play", "Speak"]


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        ("call not found", "", "call not found"),
        ({"error_code": 1010, "message": "out of credits"}, "1010", "out of credits"),
        ({"to": ["is missing"]}, "", "is missing"),
    ],
)
def test_an_error_is_words_or_an_object(
    error: object, code: str, words: str, carrier: responses.RequestsMock
) -> None:
    carrier.post(CALLS, json={"api_id": "a-1", "error": error}, status=400)

    with pytest.raises(ProviderRejectedError, match=words) as refused:
        CASE.provider().place(ORDER)

    assert refused.value.carrier_code == code


def asked_for(status: str) -> object:
    return query_param_matcher({"status": status} if status else {})


@pytest.mark.parametrize(
    ("status", "body", "seen"),
    [
        ("queued", unfinished("queued"), view(state=State.INITIATED, ended=False)),
        ("live", unfinished("in-progress"), view(state=State.ANSWERED, ended=False)),
        ("", finished(4000, answered=True), view()),
    ],
)
def test_a_call_is_looked_for_where_it_moves_on_until_it_is_found(
    status: str, body: dict[str, object], seen: CarrierView, carrier: responses.RequestsMock
) -> None:
    places = ["queued", "live", ""]
    for place in places[: places.index(status)]:
        carrier.get(ONE_CALL, match=[asked_for(place)], json={"error": "not found"}, status=404)
    carrier.get(ONE_CALL, match=[asked_for(status)], json=body)

    assert CASE.provider().look_up(CALL_UUID) == seen


def test_a_carrier_that_fails_on_the_way_is_not_taken_for_one_that_knows_nothing(
    carrier: responses.RequestsMock,
) -> None:
    carrier.get(ONE_CALL, match=[asked_for("queued")], json={}, status=404)
    carrier.get(ONE_CALL, match=[asked_for("live")], json={}, status=500)

    with pytest.raises(ProviderError) as failed:
        CASE.provider().look_up(CALL_UUID)

    assert not isinstance(failed.value, CallGoneError)


@pytest.mark.parametrize("uuid", ["", "/", "?", " ", "..", "\n"])
def test_no_id_can_make_a_hang_up_one_of_all_calls(
    uuid: str, carrier: responses.RequestsMock
) -> None:
    with pytest.raises(CallGoneError):
        CASE.provider().hang_up(uuid)

    assert len(carrier.calls) == 0


def test_several_ids_for_one_call_are_none(carrier: responses.RequestsMock) -> None:
    carrier.post(CALLS, json={"message": "call fired", "request_uuid": [CALL_UUID]}, status=201)

    with pytest.raises(ProviderError, match="did not say which it is"):
        CASE.provider().place(ORDER)


def test_the_old_scheme_alone_counts_as_no_signature() -> None:
    old = {"X-Plivo-Signature-V2": "c2VjcmV0", "X-Plivo-Signature-V2-Nonce": "1"}
    request = replace(CASE.signed(CASE.address, b""), headers=old)

    with pytest.raises(SignatureError, match="missing"):
        Plivo(CASE.credentials).verify(request)
