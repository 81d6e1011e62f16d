import pytest

from moltis.carriers.answering_machine import AnsweringMachine
from moltis.carriers.far_end import ScriptedFarEnd
from tests.carriers.stage import over
from tests.carriers.telnyx_stage import HANG_UP, LISTEN, TelnyxStage, payloads, speak, types

STANDARD = ["call.machine.detection.ended", "call.machine.greeting.ended"]
PREMIUM = ["call.machine.premium.detection.ended", "call.machine.premium.greeting.ended"]


@pytest.mark.parametrize(
    ("mode", "expected", "results"),
    [
        ("detect", STANDARD[:1], ["machine"]),
        ("detect_beep", STANDARD, ["machine", "beep_detected"]),
        ("detect_words", STANDARD, ["machine", "ended"]),
        ("greeting_end", STANDARD, ["machine", "ended"]),
        ("premium", PREMIUM, ["machine", "beep_detected"]),
        ("disabled", [], []),
    ],
)
def test_a_machine_is_told_from_a_person(
    telnyx: TelnyxStage, mode: str, expected: list[str], results: list[str]
) -> None:
    call = over(telnyx.call(AnsweringMachine(longest_secs=5), answering_machine_detection=mode))

    told = [event for event in types(call) if "machine" in event]
    assert told == expected
    assert [payloads(call, event)[0]["result"] for event in told] == results


@pytest.mark.parametrize(
    ("mode", "expected", "results"),
    [
        ("detect_beep", STANDARD[:1], ["machine"]),
        ("greeting_end", STANDARD, ["machine", "ended"]),
        ("premium", PREMIUM, ["machine", "no_beep_detected"]),
    ],
)
def test_a_machine_may_have_no_tone(
    telnyx: TelnyxStage, mode: str, expected: list[str], results: list[str]
) -> None:
    machine = AnsweringMachine(beep=False, longest_secs=5)

    call = over(telnyx.call(machine, answering_machine_detection=mode))

    told = [event for event in types(call) if "machine" in event]
    assert told == expected
    assert [payloads(call, event)[0]["result"] for event in told] == results


@pytest.mark.parametrize(
    ("mode", "event", "result"),
    [
        ("greeting_end", STANDARD[0], "human"),
        ("detect", STANDARD[0], "human"),
        ("premium", PREMIUM[0], "human_residence"),
    ],
)
def test_a_person_is_told_from_a_machine(
    telnyx: TelnyxStage, mode: str, event: str, result: str
) -> None:
    telnyx.when(event, telnyx.does(HANG_UP))

    call = over(telnyx.call(ScriptedFarEnd(), answering_machine_detection=mode))

    assert [told for told in types(call) if "machine" in told] == [event]
    assert payloads(call, event)[0]["result"] == result


def test_premium_detection_is_overtaken_by_an_early_tone(telnyx: TelnyxStage) -> None:
    config = {"total_analysis_time_millis": 5000}

    call = over(
        telnyx.call(
            AnsweringMachine("Speak!", longest_secs=10),
            answering_machine_detection="premium",
            answering_machine_detection_config=config,
        )
    )

    assert [told for told in types(call) if "machine" in told] == PREMIUM[1:]


def test_a_message_is_recorded_after_the_tone_only(telnyx: TelnyxStage) -> None:
    # Long enough that a busy machine speaks before its end, too.
    greeting = "Nobody is at home. Please leave a message after the tone. " * 6
    machine = AnsweringMachine(greeting, longest_secs=60)
    telnyx.when("call.answered", telnyx.does(LISTEN, speak("Too early")))
    telnyx.when(STANDARD[1], telnyx.does(speak("Please call back")))
    telnyx.when("call.speak.ended", lambda _: None, telnyx.does(HANG_UP))

    before = len(machine.recorded)
    over(telnyx.call(machine, answering_machine_detection="detect_beep"))

    assert machine.words == ("Too early", "Please call back")
    assert before == 0
    assert machine.recorded == ("Please call back",)


def test_a_full_machine_hangs_up(telnyx: TelnyxStage) -> None:
    call = over(telnyx.call(AnsweringMachine("Hi", longest_secs=3)))

    assert payloads(call, "call.hangup")[0]["hangup_source"] == "callee"
