"""What every carrier's console does, tried at the simulated ones."""

from typing import Any

import pytest

from chalicelib.errors import (
    InvalidParamsError,
    ProviderRejectedError,
    ProviderUncertainError,
    UnsupportedFeatureError,
)
from chalicelib.providers import registry
from chalicelib.providers.base import WebhookRequest
from chalicelib.provisioning.base import CarrierNumber, Console, Entry
from chalicelib.provisioning.registry import CONSOLES, open_console
from moltis.carriers.exchange import json_response
from moltis.carriers.far_end import ScriptedFarEnd
from tests.builders import NOON
from tests.provisioning.consoles import ADDRESSES, NEVER_OURS, NUMBER, OTHER_NUMBER, Stage

FORM = (("Probe", "1"), ("Text", "Grüße & +"), ("Empty", ""))


def found(console: Console, number: str = NUMBER) -> dict[str, str]:
    return {entry.name: entry.found for entry in console.survey(number, ADDRESSES).entries}


def test_right_credentials_are_somebodys(stage: Stage) -> None:
    holder = stage.console().identify()

    assert set(holder.tells) <= set(CONSOLES[stage.name].tells)
    assert holder.notes == ()


def test_wrong_credentials_are_refused_with_401(stage: Stage) -> None:
    wrong = dict.fromkeys(stage.credentials, "wrong")

    with pytest.raises(ProviderRejectedError) as refusal:
        stage.console(**wrong).identify()

    assert refusal.value.status_code == 401
    assert "wrong" not in str(refusal.value)


def test_the_numbers_of_the_account_are_listed_with_what_they_may_do(stage: Stage) -> None:
    stage.own(OTHER_NUMBER, voice=False)

    assert stage.console().numbers() == [
        CarrierNumber(number=NUMBER, voice=True),
        CarrierNumber(number=OTHER_NUMBER, voice=False),
    ]


def test_a_number_of_somebody_else_is_not_ours(stage: Stage) -> None:
    survey = stage.console().survey(NEVER_OURS, ADDRESSES)

    assert (survey.owned, survey.entries, survey.is_right) == (False, (), False)
    with pytest.raises(InvalidParamsError) as refusal:
        stage.console().connect(NEVER_OURS, ADDRESSES)
    assert refusal.value.faults[0].field == "from_number"
    assert NEVER_OURS not in str(refusal.value)


def test_a_part_of_a_number_is_no_number(stage: Stage) -> None:
    assert not stage.console().survey(NUMBER[:-1], ADDRESSES).owned


def test_a_number_without_a_voice_is_never_right(stage: Stage) -> None:
    stage.own(NUMBER, voice=False)

    stage.settled()

    survey = stage.console().survey(NUMBER, ADDRESSES)
    assert (survey.voice, survey.differences, survey.is_right) == (False, (), False)


def test_looking_changes_nothing(stage: Stage) -> None:
    before = stage.console().survey(NUMBER, ADDRESSES)

    assert before.differences != ()
    assert stage.console().survey(NUMBER, ADDRESSES) == before


def test_from_blank_to_right(stage: Stage) -> None:
    differences = stage.console().survey(NUMBER, ADDRESSES).differences

    stage.settled()

    survey = stage.console().survey(NUMBER, ADDRESSES)
    assert survey.is_right
    assert survey.notes == ()
    after = found(stage.console())
    assert {entry.name: entry.wanted for entry in differences}.items() <= after.items()


def test_a_second_time_there_is_nothing_to_do(stage: Stage) -> None:
    stage.settled()
    before = found(stage.console())

    assert stage.settled() == {}
    assert found(stage.console()) == before


def test_from_wrong_to_right(stage: Stage) -> None:
    stage.own(NUMBER, voice_url="http://127.0.0.1:9/old", status_url="http://127.0.0.1:9/older")
    wrong = stage.console().survey(NUMBER, ADDRESSES)

    stage.settled()

    assert any(entry.found for entry in wrong.differences)
    assert stage.console().survey(NUMBER, ADDRESSES).is_right


def test_two_numbers_of_one_account_are_set_up_apart(stage: Stage) -> None:
    stage.own(OTHER_NUMBER)
    stage.console().connect(NUMBER, ADDRESSES)

    survey = stage.console().survey(OTHER_NUMBER, ADDRESSES)

    assert survey.differences != ()
    assert stage.console().survey(NUMBER, ADDRESSES).is_right


def test_a_call_to_the_number_then_asks_where_it_was_written(stage: Stage) -> None:
    stage.settled()

    call = stage.carriers.dial_in(NEVER_OURS, NUMBER, ScriptedFarEnd(), carrier=stage.name)
    assert call.wait(30)

    asked = [webhook.url for webhook in (*call.documents, *call.reports)]
    assert asked
    assert set(asked) <= {ADDRESSES.answer, ADDRESSES.status}


def test_what_can_be_signed_is_accepted_from_the_carrier(stage: Stage) -> None:
    url = f"{ADDRESSES.answer}?probe=1&call=a_b-c"
    headers = stage.console().sign(url, FORM, "31627761595286130198")
    body = b"Probe=1&Text=Gr%C3%BC%C3%9Fe+%26+%2B&Empty="

    if stage.name == "telnyx":
        assert headers is None
        return
    assert headers is not None
    provider = registry.build(stage.name, stage.credentials)
    provider.verify(
        WebhookRequest(
            method="POST", url=url, headers=headers, body=body, received_at=NOON.timestamp()
        )
    )


def test_a_carrier_that_cannot_be_set_up_from_here_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedFeatureError, match="pigeon cannot do 'be set up from here'"):
        open_console("pigeon", {})


def test_a_console_bears_the_name_of_its_carrier() -> None:
    assert {name: console.name for name, console in CONSOLES.items()} == {n: n for n in CONSOLES}


def test_an_entry_that_is_right_is_no_difference() -> None:
    assert not Entry(name="x", found="y", wanted="y").differs
    assert Entry(name="x", found="", wanted="y").differs


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"objects": 1}, {"data": "x"}])
def test_an_answer_without_what_was_asked_for_is_uncertain(
    stage: Stage, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        stage.carriers.carriers[stage.name], "handle", lambda _: json_response(200, answer)
    )

    with pytest.raises(ProviderUncertainError):
        stage.console().numbers()
