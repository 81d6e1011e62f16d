import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, get_args

import pytest
import responses
from telnyx.types.call_hangup import Payload

from chalicelib.calls.call import AnsweredBy, OnMachine, State
from chalicelib.calls.events import CallEnded, CallOpened, CallProgressed, CarrierEvent, SpeechEnded
from chalicelib.calls.verbs import Listen, Say
from chalicelib.errors import ProviderRejectedError
from chalicelib.providers.base import Feature, WebhookRequest
from chalicelib.providers.telnyx import ENDINGS, FAILURES, Telnyx
from tests.contract.base import FIXTURES, ORDER, Case, Situation
from tests.contract.telnyx import (
    ACTIONS,
    API,
    COMMON,
    CONTROL_ID,
    EVENT_ID,
    OK,
    PERFORMANCE,
    PLACE,
    TelnyxCase,
    call,
    client_state,
    told,
)
from tests.contract.telnyx_types import choices

CASE: Final[Case] = TelnyxCase()
VECTORS: Final = [
    vector
    for vector in json.loads((FIXTURES / "webhook-signatures.json").read_text())["vectors"]
    if vector["provider"] == CASE.name
]
UNTRANSCRIBED: Final = ("cy-GB",)
"""Spoken, and not understood: the engine knows no Welsh."""


@pytest.fixture
def carrier() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as mock:
        yield mock


def events(event_type: str, *, state: str | None = None, **more: object) -> list[CarrierEvent]:
    request = CASE.signed(CASE.address, told(event_type, state=state or client_state(), **more))
    return CASE.provider().parse(request)


def sent(carrier: responses.RequestsMock) -> dict[str, Any]:
    (one,) = carrier.calls
    body: dict[str, Any] = json.loads(one.request.body or b"")
    return body


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_vector_is_judged_as_the_vendors_own_library_judges_it(
    vector: Mapping[str, Any],
) -> None:
    case = TelnyxCase()
    case.credentials = vector["credentials"]  # type: ignore[misc]
    request = WebhookRequest(
        method="POST",
        url=vector["url"],
        headers=vector["headers"],
        body=vector["body"].encode(),
        received_at=vector["now"],
    )

    assert case.vendor_accepts(request) is vector["valid"]


@pytest.mark.parametrize("secs", [-301, -300, -1, 0, 1, 300, 301])
def test_we_are_as_tolerant_of_a_clock_as_the_vendors_own_library(secs: int) -> None:
    request = CASE.signed(CASE.address, b"{}")
    shifted = replace(request, received_at=request.received_at + secs)

    assert CASE.vendor_accepts(shifted) is (abs(secs) <= 300)


def test_every_reason_for_an_end_that_the_vendor_knows_is_understood() -> None:
    (literal, _) = get_args(Payload.model_fields["hangup_cause"].annotation)

    assert set(get_args(literal)) == {"normal_clearing", *ENDINGS, *FAILURES}


@pytest.mark.parametrize("cause", FAILURES)
def test_a_failure_says_what_failed(cause: str) -> None:
    assert events("call.hangup", hangup_cause=cause) == [
        CallEnded(reason=State.ERROR, error=FAILURES[cause], **COMMON)
    ]


@pytest.mark.parametrize("cause", ["normal_clearing", "word_of_tomorrow", None])
def test_an_end_without_a_reason_that_we_know_is_an_end(cause: str | None) -> None:
    assert events("call.hangup", hangup_cause=cause) == [CallEnded(**COMMON)]


def test_an_event_for_ringing_would_be_understood() -> None:
    assert events("call.ringing") == [CallProgressed(state=State.RINGING, **COMMON)]


def test_our_own_leg_is_never_taken_for_a_call_that_arrives() -> None:
    assert events("call.initiated", direction="outgoing") == [
        CallProgressed(state=State.INITIATED, **COMMON)
    ]


@pytest.mark.parametrize("event_type", ["call.speak.started", "call.playback.started"])
def test_that_words_begin_is_no_news(event_type: str) -> None:
    assert events(event_type) == []


@pytest.mark.parametrize("event_type", ["call.speak.ended", "call.playback.ended"])
def test_words_that_end_with_the_call_lead_to_nothing(event_type: str) -> None:
    assert events(event_type, status="call_hangup") == []


@pytest.mark.parametrize("status", ["completed", "cancelled", "failed", "file_not_found"])
def test_what_was_played_ends_like_what_was_said(status: str) -> None:
    assert events("call.playback.ended", state=client_state(heard=3), status=status) == [
        SpeechEnded(delivery=EVENT_ID, heard=3, **COMMON)
    ]


@pytest.mark.parametrize("transcript", ["", "  ", None])
def test_a_transcript_of_nothing_is_no_news(transcript: str | None) -> None:
    heard = {"transcript": transcript, "is_final": True, "confidence": None}

    assert events("call.transcription", transcription_data=heard) == []


@pytest.mark.parametrize("more", [{}, {"turn": 4, "quiet": 1, "ends": False}], ids=str)
def test_a_state_that_says_less_or_what_we_used_to_say_is_read(more: dict[str, object]) -> None:
    assert events("call.answered", state=client_state(**more)) == [CallOpened(**COMMON)]


@pytest.mark.parametrize(
    ("on_machine", "wanted"),
    [
        (OnMachine.OFF, {}),
        (OnMachine.HANGUP, {"answering_machine_detection": "detect"}),
        (OnMachine.LEAVE_MESSAGE, {"answering_machine_detection": "greeting_end"}),
    ],
)
def test_machines_are_looked_for_as_the_account_says(
    on_machine: OnMachine, wanted: dict[str, str], carrier: responses.RequestsMock
) -> None:
    carrier.add("POST", PLACE.url, json=call(is_alive=False))

    CASE.provider().place(replace(ORDER, on_machine=on_machine))

    usual = {name for name, _ in PLACE.fields}
    more = {name: value for name, value in sent(carrier).items() if name not in usual}
    assert more == wanted
    assert set(more.values()) <= set(choices("dial", "answering_machine_detection"))


OPENED: Final = CallOpened(**COMMON)
BY_MACHINE: Final = [replace(OPENED, answered_by=AnsweredBy.MACHINE)]
BY_HUMAN: Final = [replace(OPENED, answered_by=AnsweredBy.HUMAN)]
ENDED: Final = "call.machine.detection.ended"
GREETED: Final = "call.machine.greeting.ended"


@pytest.mark.parametrize(
    ("machine", "event_type", "result", "expected"),
    [
        ("hangup", ENDED, "human", BY_HUMAN),
        ("hangup", ENDED, "not_sure", BY_HUMAN),
        ("hangup", ENDED, "machine", BY_MACHINE),
        ("leave_message", ENDED, "human", BY_HUMAN),
        ("leave_message", ENDED, "machine", []),
        ("leave_message", GREETED, "ended", BY_MACHINE),
        ("leave_message", GREETED, "beep_detected", BY_MACHINE),
    ],
)
def test_whoever_answered_is_spoken_to_when_it_is_known_who_it_is(
    machine: str, event_type: str, result: str, expected: list[CarrierEvent]
) -> None:
    assert events(event_type, state=client_state(machine=machine), result=result) == expected


def test_nothing_is_said_while_it_is_not_known_who_answered() -> None:
    assert CASE.provider().parse(CASE.recorded(Situation.ANSWERED)) == [
        CallProgressed(state=State.ANSWERED, **COMMON)
    ]


@pytest.mark.parametrize("language", choices("speak", "language"))
def test_every_language_that_can_be_spoken_is_spoken_and_understood(
    language: str, carrier: responses.RequestsMock
) -> None:
    spoken, heard = f"{ACTIONS}/speak", f"{ACTIONS}/transcription_start"
    carrier.add("POST", heard, json=OK)
    carrier.add("POST", spoken, json=OK)
    verbs = (Listen(language), Say(text="Hello.", language=language))

    CASE.provider().perform(replace(PERFORMANCE, verbs=verbs))

    listen, speak = (json.loads(one.request.body or b"") for one in carrier.calls)
    assert CASE.vendor_objections("speak", speak) == []
    understood = CASE.vendor_objections("transcription_start", listen) == []
    assert understood is (language not in UNTRANSCRIBED)


@pytest.mark.parametrize("language", choices("speak", "language"))
def test_the_basic_level_is_asked_for_in_the_only_language_that_it_speaks(
    language: str, carrier: responses.RequestsMock
) -> None:
    carrier.add("POST", f"{ACTIONS}/speak", json=OK)

    said = Say(text="Hello.", language=language)
    CASE.provider().perform(replace(PERFORMANCE, verbs=(said,)))

    assert (sent(carrier).get("service_level") == "basic") is (language == "en-US")


@pytest.mark.parametrize("voice", ["female", "male"])
def test_a_gender_is_a_voice_of_the_basic_level(
    voice: str, carrier: responses.RequestsMock
) -> None:
    carrier.add("POST", f"{ACTIONS}/speak", json=OK)

    CASE.provider().perform(replace(PERFORMANCE, verbs=(Say(text="Hello.", voice=voice),)))

    assert (sent(carrier)["voice"], sent(carrier)["service_level"]) == (voice, "basic")


@pytest.mark.parametrize(
    "body", [{"errors": []}, {"errors": None}, {"errors": ["no"]}, {"errors": {"code": "1"}}, {}]
)
def test_a_refusal_in_another_form_is_a_refusal(
    body: dict[str, object], carrier: responses.RequestsMock
) -> None:
    carrier.add("GET", f"{API}/calls/{CONTROL_ID}", json=body, status=403)

    with pytest.raises(ProviderRejectedError, match=r"^telnyx refused with 403$") as refused:
        CASE.provider().look_up(CONTROL_ID)

    assert refused.value.carrier_code == ""


def test_a_call_of_uncertain_dialling_cannot_be_found_and_says_so() -> None:
    assert Feature.FIND_CALL not in Telnyx.features
    assert CASE.provider().find(ORDER) is None


def test_each_event_has_the_name_by_which_a_repetition_is_known() -> None:
    deliveries = {
        event.delivery
        for situation in CASE.events
        for event in CASE.provider().parse(CASE.recorded(situation))
    }

    assert deliveries == {EVENT_ID}
