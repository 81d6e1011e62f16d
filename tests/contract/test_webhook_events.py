from typing import Final

import pytest

from chalicelib.calls.events import CallArrived, InputGathered, UnknownEvent
from chalicelib.calls.phone_numbers import caller
from chalicelib.errors import PayloadError
from tests.contract.base import Case, Situation
from tests.contract.cases import CASES, every_provider

RECORDED: Final = [
    pytest.param(case, situation, id=f"{case.name}-{situation}")
    for case in CASES
    for situation in case.events
]
DOCUMENTED = [case for case in CASES if not case.provider().takes_commands]
every_situation = pytest.mark.parametrize(("case", "situation"), RECORDED)


@every_situation
def test_a_webhook_becomes_the_expected_event(case: Case, situation: Situation) -> None:
    events = case.provider().parse(case.recorded(situation))

    assert events == case.expected(situation)


@every_situation
def test_the_same_webhook_twice_is_the_same_event(case: Case, situation: Situation) -> None:
    first, second = (case.provider().parse(case.recorded(situation)) for _ in range(2))

    assert first == second


@every_situation
def test_an_unknown_field_is_harmless(case: Case, situation: Situation) -> None:
    request = case.re_signed(case.recorded(situation), ("FieldOfTomorrow", "x"))

    case.provider().verify(request)
    assert case.provider().parse(request) == case.expected(situation)


@every_situation
def test_what_the_carrier_sent_is_kept_and_not_shown(case: Case, situation: Situation) -> None:
    request = case.recorded(situation)

    for event in case.provider().parse(request):
        assert event.raw == tuple(case.kept(request.body))
        assert "raw" not in repr(event)


@every_provider
def test_numbers_come_out_in_international_form(case: Case) -> None:
    (event,) = case.provider().parse(case.recorded(Situation.INBOUND))

    assert isinstance(event, CallArrived)
    assert (caller(event.from_number), caller(event.to_number)) == ("+15559876543", "+15551234567")


@every_provider
def test_an_unknown_word_is_no_error(case: Case) -> None:
    (event,) = case.provider().parse(case.recorded(Situation.UNKNOWN_WORD))

    assert isinstance(event, UnknownEvent)


@pytest.mark.parametrize("case", DOCUMENTED, ids=lambda case: case.name)
def test_the_length_of_a_silence_is_counted(case: Case) -> None:
    (event,) = case.provider().parse(case.recorded(Situation.SILENCE))

    assert isinstance(event, InputGathered)
    assert event.quiet == 1


@every_provider
def test_a_signed_webhook_that_cannot_be_read_is_named_so(case: Case) -> None:
    for request in case.unreadable().values():
        case.provider().verify(request)
        with pytest.raises(PayloadError):
            case.provider().parse(request)
