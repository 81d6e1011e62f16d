import pytest

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import HangsUp, Presses, Says, StaysSilent, Step
from tests.carriers.gateway import response
from tests.carriers.plivo_stage import PlivoStage, before_hang_up
from tests.carriers.stage import heard, over, understood

LONG = "Please listen carefully, as our menu has changed since you last called us. " * 3


def test_what_is_said_comes_with_empty_keys(plivo: PlivoStage) -> None:
    form = plivo.heard_at(ScriptedFarEnd([Says("Good morning")])).form

    assert (form["InputType"], form["Speech"], form["Digits"]) == ("speech", "Good morning", "")
    assert 0 < float(form["SpeechConfidenceScore"]) <= 1
    assert {"BilledAmount", "CallUUID", "From", "To", "CallStatus"} <= form.keys()


@pytest.mark.parametrize(
    ("attributes", "pressed", "digits"),
    [
        ({}, "12#", "12"),
        ({"numDigits": "2"}, "1234", "12"),
        ({"finishOnKey": "*"}, "1#2*3", "1#2"),
        ({"finishOnKey": "none"}, "1#", "1#"),
        ({"finishOnKey": ""}, "1#", "1#"),
        ({"digitEndTimeout": "2"}, "77", "77"),
        ({"digitEndTimeout": "auto", "inputType": "dtmf"}, "77", "77"),
    ],
)
def test_keys_are_collected_until_enough_and_come_without_the_last(
    plivo: PlivoStage, attributes: dict[str, str], pressed: str, digits: str
) -> None:
    form = plivo.heard_at(ScriptedFarEnd([Presses(pressed)]), **attributes).form

    assert (form["InputType"], form["Digits"], form["Speech"]) == ("dtmf", digits, "")


def test_silence_asks_nobody_and_leads_to_what_stands_behind(plivo: PlivoStage) -> None:
    listening = plivo.listen(executionTimeout="5")
    plivo.gateway.on("/answer", before_hang_up(listening, "<Speak>Nobody there</Speak>"))

    call = over(plivo.call(ScriptedFarEnd([StaysSilent()])))

    assert heard(call) == ["Nobody there"]
    assert plivo.gateway.at("/heard") == []
    assert 5 <= call.duration_secs <= 30


def test_silence_and_nothing_behind_it_ends_the_call(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", response(plivo.listen()))

    call = over(plivo.call())

    assert "ran out of elements" in call.alerts[0]
    assert plivo.last_report()["HangupCauseCode"] == "4010"


def test_the_answer_of_an_action_counts_only_with_a_redirect(plivo: PlivoStage) -> None:
    plivo.gateway.on(
        "/answer", before_hang_up(plivo.listen(redirect="false"), "<Speak>Next</Speak>")
    )
    plivo.gateway.on("/heard", before_hang_up("<Speak>ignored</Speak>"))

    call = over(plivo.call(ScriptedFarEnd([Says("Hello")])))

    assert heard(call) == ["Next"]
    assert plivo.gateway.at("/heard")[0].form["Speech"] == "Hello"


@pytest.mark.parametrize("step", [Says("Stop!", interrupting=0.5), Presses("1#", interrupting=0.5)])
def test_speech_and_keys_break_into_a_prompt(plivo: PlivoStage, step: Step) -> None:
    hook = plivo.heard_at(ScriptedFarEnd([step]), f"<Speak>{LONG}</Speak>")

    (call,) = plivo.carriers.calls
    assert [moment.whole for moment in call.heard] == [False]
    assert "Stop!" in hook.form["Speech"] or hook.form["Digits"] == "1"


def test_only_what_is_listened_for_is_understood(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up(plivo.listen(inputType="dtmf")))

    call = over(plivo.call(ScriptedFarEnd([Says("Hello?")])))

    assert understood(call) == [("Hello?", False)]
    assert plivo.gateway.at("/heard") == []


def test_who_goes_on_speaking_is_heard_as_one(plivo: PlivoStage) -> None:
    far_end = ScriptedFarEnd([Says("I would like")])
    plivo.gateway.on("/answer", before_hang_up(plivo.listen(speechEndTimeout="3")))
    plivo.gateway.on("/heard", before_hang_up())
    call = plivo.call(far_end)
    while not understood(call):
        call.wait(0.01)
    far_end.line.put(Says("a cup of tea"), after=1.5)

    over(call)

    assert plivo.gateway.at("/heard")[0].form["Speech"] == "I would like a cup of tea"


def test_hanging_up_instead_of_an_answer_ends_the_call(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up(plivo.listen("<Speak>Well?</Speak>")))

    call = over(plivo.call(ScriptedFarEnd([HangsUp()])))

    assert call.statuses[-1] == "completed"
    assert plivo.gateway.at("/heard") == []
