import pytest

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import HangsUp, Presses, Says, StaysSilent, Step
from tests.carriers.gateway import Hook, response
from tests.carriers.stage import Stage, gather, heard, over, understood

LONG = "Please listen carefully, as our menu has changed since you last called us. " * 3


def gathered(stage: Stage, far_end: ScriptedFarEnd, prompt: str = "", **attributes: str) -> Hook:
    """Run a call with one gather, and give the request that came of it."""
    url = f"{stage.gateway.url}/heard"
    stage.gateway.on("/answer", response(gather(url, prompt, **attributes)))
    stage.gateway.on("/heard", response("<Hangup/>"))
    call = over(stage.call(far_end))
    assert call.alerts == []
    return stage.gateway.at("/heard")[0]


def test_what_is_said_becomes_a_speech_result(stage: Stage) -> None:
    hook = gathered(stage, ScriptedFarEnd([Says("Good morning")]), speechTimeout="auto")

    assert hook.form["SpeechResult"] == "Good morning"
    assert 0 < float(hook.form["Confidence"]) <= 1
    assert "Digits" not in hook.form


@pytest.mark.parametrize(
    ("attributes", "pressed", "digits"),
    [
        ({}, "12#", "12"),
        ({"numDigits": "2"}, "1234", "12"),
        ({"finishOnKey": "*"}, "1#2*3", "1#2"),
        ({"finishOnKey": "", "timeout": "1"}, "1#", "1#"),
        ({"timeout": "1"}, "77", "77"),
    ],
)
def test_keys_are_collected_until_enough(
    stage: Stage, attributes: dict[str, str], pressed: str, digits: str
) -> None:
    hook = gathered(stage, ScriptedFarEnd([Presses(pressed)]), **attributes)

    assert hook.form["Digits"] == digits
    assert "SpeechResult" not in hook.form


def test_silence_asks_the_action_only_when_that_is_wanted(stage: Stage) -> None:
    gateway = stage.gateway
    quiet = gathered(stage, ScriptedFarEnd([StaysSilent()]), timeout="1")
    assert {"Digits", "SpeechResult"}.isdisjoint(quiet.form)

    action = f"{gateway.url}/unheard"
    one = gather(action, timeout="1", actionOnEmptyResult="false")
    gateway.on("/answer", response(one, "<Say>Nobody there</Say><Hangup/>"))
    call = over(stage.call())

    assert heard(call) == ["Nobody there"]
    assert gateway.at("/unheard") == []


def test_a_gather_without_an_action_asks_its_own_document_again(stage: Stage) -> None:
    ask = '<Gather input="speech"><Say>Well?</Say></Gather>'
    stage.gateway.on("/answer", response(ask), response("<Hangup/>"))

    over(stage.call(ScriptedFarEnd([Says("Again")])))

    assert stage.gateway.at("/answer")[1].form["SpeechResult"] == "Again"


@pytest.mark.parametrize("step", [Says("Stop!", interrupting=0.5), Presses("1#", interrupting=0.5)])
def test_speech_and_keys_break_into_a_prompt(stage: Stage, step: Step) -> None:
    stage.gateway.on(
        "/answer", response(gather(f"{stage.gateway.url}/heard", f"<Say>{LONG}</Say>"))
    )
    stage.gateway.on("/heard", response("<Hangup/>"))

    call = over(stage.call(ScriptedFarEnd([step])))

    assert [moment.whole for moment in call.heard] == [False]
    assert call.duration_secs < 10
    assert {"SpeechResult", "Digits"} & stage.gateway.at("/heard")[0].form.keys()


def test_nothing_breaks_into_a_prompt_that_may_not_be_broken(stage: Stage) -> None:
    steps = [Says("Stop!", interrupting=0.5), Says("As you like")]

    hook = gathered(stage, ScriptedFarEnd(steps), f"<Say>{LONG}</Say>", bargeIn="false")

    assert hook.form["SpeechResult"] == "As you like"


def test_only_what_is_listened_for_is_understood(stage: Stage) -> None:
    url = f"{stage.gateway.url}/heard"
    stage.gateway.on("/answer", response(gather(url, input="dtmf", timeout="3")))
    stage.gateway.on("/heard", response("<Hangup/>"))

    call = over(stage.call(ScriptedFarEnd([Says("Hello?")])))

    assert understood(call) == [("Hello?", False)]
    assert "SpeechResult" not in stage.gateway.at("/heard")[0].form


def test_speech_outside_a_gather_is_lost(stage: Stage) -> None:
    stage.gateway.on("/answer", response(f"<Say>{LONG}</Say><Hangup/>"))

    call = over(stage.call(ScriptedFarEnd([Says("Hello?", interrupting=1)])))

    assert understood(call) == [("Hello?", False)]
    assert heard(call) == [LONG.strip()]


def test_who_goes_on_speaking_is_heard_as_one(stage: Stage) -> None:
    far_end = ScriptedFarEnd([Says("I would like")])
    url = f"{stage.gateway.url}/heard"
    stage.gateway.on("/answer", response(gather(url, speechTimeout="3")))
    stage.gateway.on("/heard", response("<Hangup/>"))
    call = stage.call(far_end)
    while not understood(call):
        call.wait(0.01)
    far_end.line.put(Says("a cup of tea"), after=1.5)

    over(call)

    assert stage.gateway.at("/heard")[0].form["SpeechResult"] == "I would like a cup of tea"


def test_hanging_up_instead_of_an_answer_ends_the_call(stage: Stage) -> None:
    url = f"{stage.gateway.url}/heard"
    stage.gateway.on("/answer", response(gather(url, "<Say>Well?</Say>")))

    call = over(stage.call(ScriptedFarEnd([HangsUp()])))

    assert call.statuses[-1] == "completed"
    assert stage.gateway.at("/heard") == []


def test_prompts_are_spoken_as_often_as_asked(stage: Stage) -> None:
    stage.gateway.on(
        "/answer",
        response('<Say loop="2">Hi</Say><Pause/><Play digits="12" loop="2"/><Hangup/>'),
    )

    call = over(stage.call())

    assert heard(call) == ["Hi", "Hi", "12", "12"]
