import pytest

from moltis.carriers.answering_machine import AnsweringMachine
from moltis.carriers.far_end import FarEnd, ScriptedFarEnd
from moltis.carriers.line import Beeps, NeverPicksUp
from tests.carriers.gateway import response
from tests.carriers.stage import Stage, over


@pytest.mark.parametrize(
    ("far_end", "wanted", "answered_by"),
    [
        (ScriptedFarEnd(), "Enable", "human"),
        (ScriptedFarEnd(), "DetectMessageEnd", "human"),
        (AnsweringMachine(), "Enable", "machine_start"),
        (AnsweringMachine(), "DetectMessageEnd", "machine_end_beep"),
        (AnsweringMachine(beep=False), "DetectMessageEnd", "machine_end_silence"),
        (AnsweringMachine("Speak!"), "Enable", "machine_start"),
    ],
)
def test_twilio_tells_who_answered_when_it_asks_what_to_do(
    stage: Stage, far_end: FarEnd, wanted: str, answered_by: str
) -> None:
    again = f"<Redirect>{stage.gateway.url}/again</Redirect>"
    stage.gateway.on("/answer", response("<Say>Call me back</Say>", again))
    stage.gateway.on("/again", response("<Hangup/>"))

    call = over(stage.call(far_end, ("MachineDetection", wanted)))

    assert stage.gateway.at("/answer")[0].form["AnsweredBy"] == answered_by
    assert "AnsweredBy" not in stage.gateway.at("/again")[0].form
    assert stage.look_up(call)["answered_by"] == answered_by


@pytest.mark.parametrize(
    ("wanted", "recorded"), [("Enable", ()), ("DetectMessageEnd", ("Call me back",))]
)
def test_a_message_for_a_machine_has_to_wait_for_the_tone(
    stage: Stage, wanted: str, recorded: tuple[str, ...]
) -> None:
    machine = AnsweringMachine()
    stage.gateway.on("/answer", response("<Say>Call me back</Say>", "<Hangup/>"))

    over(stage.call(machine, ("MachineDetection", wanted)))

    assert machine.words == ("Call me back",)
    assert machine.recorded == recorded


def test_twilio_tells_nothing_that_was_not_asked(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Hangup/>"))

    call = over(stage.call(AnsweringMachine()))

    assert "AnsweredBy" not in stage.gateway.at("/answer")[0].form
    assert stage.look_up(call)["answered_by"] is None


def test_a_machine_that_stays_silent_is_not_known_for_one(stage: Stage) -> None:
    class Silent(ScriptedFarEnd):
        is_machine = True

    stage.gateway.on("/answer", response("<Hangup/>"))

    over(stage.call(Silent(), ("MachineDetection", "Enable")))

    assert stage.gateway.at("/answer")[0].form["AnsweredBy"] == "unknown"


def test_twilio_knows_two_ways_to_detect_machines(stage: Stage) -> None:
    refused = stage.create(("MachineDetection", "yes"))

    assert (refused.status_code, refused.json()["code"]) == (400, 20001)


def test_a_tone_while_it_rings_means_nothing(stage: Stage) -> None:
    far_end = ScriptedFarEnd(ringing=NeverPicksUp())
    call = stage.call(far_end, ("Timeout", "2"))
    call.line.put(Beeps())

    assert over(call).status == "no-answer"
