"""What carriers tell of a call that was handed to a person."""

import json
from base64 import b64encode
from typing import Final
from urllib.parse import urlencode

import pytest

from chalicelib.calls.events import CarrierEvent, TransferEnded, UnknownEvent
from tests.contract.base import Case
from tests.contract.cases import CASES
from tests.contract.test_telnyx import events

WORDS: Final = {"twilio": "DialCallStatus", "plivo": "DialStatus"}
IDS: Final = {"twilio": "CallSid", "plivo": "CallUUID"}
ID: Final = "c0ffee00c0ffee00"
CALL_ID: Final = "6f1c1f8e-6f0b-4d4f-9a53-3f6f9a0f7c11"
WRITERS: Final = [case for case in CASES if case.name in WORDS]
every_writer = pytest.mark.parametrize("case", WRITERS, ids=lambda case: case.name)


def told(case: Case, word: str, *, status: str = "in-progress") -> CarrierEvent:
    form = {IDS[case.name]: ID, "CallStatus": status, WORDS[case.name]: word}
    address = f"{case.address.partition('?')[0]}?call={CALL_ID}&transfer=4"
    request = case.signed(address, urlencode(form).encode())
    case.provider().verify(request)
    (event,) = case.provider().parse(request)
    return event


def ended(*, reached: bool) -> TransferEnded:
    return TransferEnded(provider_call_id=ID, call_id=CALL_ID, turn=4, reached=reached)


@every_writer
def test_a_person_who_has_talked_was_reached(case: Case) -> None:
    assert told(case, "completed") == ended(reached=True)


@every_writer
@pytest.mark.parametrize("word", ["busy", "no-answer", "failed", "canceled", "timeout", "", "?"])
def test_whoever_has_not_was_not(case: Case, word: str) -> None:
    assert told(case, word) == ended(reached=False)


@every_writer
@pytest.mark.parametrize("word", ["completed", "canceled", "no-answer"])
def test_when_the_far_end_is_gone_nothing_follows(case: Case, word: str) -> None:
    assert isinstance(told(case, word, status="completed"), UnknownEvent)


def of_the_leg(event_type: str, **more: object) -> list[CarrierEvent]:
    state = b64encode(json.dumps({"call": CALL_ID, "handed": 4}).encode()).decode()
    return events(event_type, state=state, **more)


@pytest.mark.parametrize(
    ("cause", "reached"),
    [
        ("normal_clearing", True),
        ("time_limit", True),
        ("timeout", False),
        ("user_busy", False),
        ("call_rejected", False),
        ("not_found", False),
        ("unspecified", False),
    ],
)
def test_by_the_end_of_the_other_leg_it_is_known_whether_they_talked(
    cause: str, *, reached: bool
) -> None:
    (event,) = of_the_leg("call.hangup", hangup_cause=cause)

    assert isinstance(event, TransferEnded)
    assert (event.call_id, event.turn, event.reached) == (CALL_ID, 4, reached)


@pytest.mark.parametrize(
    "event_type",
    ["call.initiated", "call.answered", "call.bridged", "call.dtmf.received", "call.ringing"],
)
def test_nothing_else_of_the_other_leg_is_taken_for_ours(event_type: str) -> None:
    assert of_the_leg(event_type, direction="outgoing", digit="1") == []


def test_a_leg_that_was_given_up_because_the_far_end_left_tells_nothing() -> None:
    assert of_the_leg("call.hangup", hangup_cause="originator_cancel") == []
