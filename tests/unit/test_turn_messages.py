import json
from typing import Final

import pytest

from chalicelib.calls.call import AnsweredBy, Mode
from chalicelib.calls.events import (
    CallArrived,
    CallOpened,
    CarrierEvent,
    Input,
    InputOverheard,
    SpeechEnded,
)
from chalicelib.calls.transcript import Kind, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.turns.aws_lambda import (
    read_answer,
    read_event,
    read_question,
    write_answer,
    write_event,
    write_question,
)
from chalicelib.turns.base import Answer, Question
from tests.builders import NOON, a_line

OPENED: Final = CallOpened(provider_call_id="v3:1", call_id="c", answered_by=AnsweredBy.MACHINE)
EVENTS: Final[tuple[CarrierEvent, ...]] = (
    CallArrived(provider_call_id="v3:1", from_number="+15559876543", to_number="+15551234567"),
    CallOpened(provider_call_id="v3:1", call_id="c"),
    OPENED,
    InputOverheard(
        provider_call_id="v3:1", call_id="c", delivery="d", at=NOON, input=Input.KEYS, text="1"
    ),
    SpeechEnded(provider_call_id="v3:1", call_id="c", delivery="d", heard=2),
)


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_is_the_same_on_the_other_side(event: CarrierEvent) -> None:
    there = read_event(json.loads(json.dumps(write_event(event))))

    assert there == event


def test_a_word_stays_a_word_of_ours_on_the_other_side() -> None:
    there = read_event(json.loads(json.dumps(write_event(OPENED))))

    assert isinstance(there, CallOpened)
    assert there.answered_by is AnsweredBy.MACHINE


def test_an_answer_is_the_same_on_the_other_side() -> None:
    manner = Manner(
        call_id="c",
        mode=Mode.NOTIFY,
        language="de-DE",
        voice="Polly.Vicki",
        notify_hangup_delay_secs=2,
    )
    line = a_line("1#", speaker=Speaker.BOT, kind=Kind.DTMF, ends_call=True)

    there = read_answer(json.loads(json.dumps(write_answer(Answer(line, manner)))))

    assert there == Answer(line, manner)
    assert there is not None
    assert there.line.kind is Kind.DTMF
    assert there.manner.mode is Mode.NOTIFY


def test_a_question_is_the_same_on_the_other_side() -> None:
    question = Question(account="twilio", call_id="c", turn=3, at=NOON)

    assert read_question(json.loads(json.dumps(write_question(question)))) == question


def test_no_answer_is_none_on_the_other_side() -> None:
    assert read_answer(json.loads(json.dumps(write_answer(None)))) is None
