from typing import Any

import pytest

from moltis.carriers.answering_machine import AnsweringMachine
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import HangsUp, NeverPicksUp, Refusal, Refuses, Says, Sound
from tests.carriers.gateway import Reply, response
from tests.carriers.plivo_stage import NUMBER, PlivoStage, before_hang_up
from tests.carriers.stage import THEIRS, heard, over

BYE = before_hang_up("<Speak>Goodbye</Speak>")
LONG_WAIT = before_hang_up('<Wait length="3600"/>')


def test_a_call_is_dialled_rings_is_answered_talks_and_ends(plivo: PlivoStage) -> None:
    gateway = plivo.gateway
    gateway.on("/answer", before_hang_up(plivo.listen("<Speak>Who is it?</Speak>")))
    gateway.on("/heard", response(f"<Redirect>{gateway.url}/last</Redirect>"))
    gateway.on("/last", BYE)

    call = over(plivo.call(ScriptedFarEnd([Says("It is me")])))

    assert (call.status, call.statuses) == ("completed", ["ringing", "completed"])
    assert heard(call) == ["Who is it?", "Goodbye"]
    assert gateway.at("/heard")[0].form["Speech"] == "It is me"
    assert gateway.at("/heard")[0].form["CallStatus"] == "in-progress"
    assert call.alerts == []


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        (Refusal.BUSY, "busy", "3010"),
        (Refusal.REJECTED, "busy", "3020"),
        (Refusal.FAILED, "failed", "3050"),
    ],
)
def test_a_refused_call_ends_without_having_rung(
    plivo: PlivoStage, reason: Refusal, status: str, code: str
) -> None:
    call = over(plivo.call(ScriptedFarEnd(ringing=Refuses(reason))))

    assert call.statuses == [status]
    assert plivo.last_report()["HangupCauseCode"] == code
    assert plivo.gateway.at("/answer") == []


def test_nobody_answers_before_the_ring_timeout(plivo: PlivoStage) -> None:
    call = over(plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()), ring_timeout=5))

    assert call.statuses == ["ringing", "timeout"]
    report = plivo.last_report()
    assert (report["HangupCauseCode"], report["Duration"]) == ("6010", "0")
    assert report["AnswerTime"] == ""


def test_the_time_limit_cuts_the_call(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", LONG_WAIT)

    call = over(plivo.call(time_limit=60))

    assert (call.status, plivo.last_report()["HangupCauseCode"]) == ("completed", "6000")
    assert 59 <= call.duration_secs <= 90


def test_a_hang_up_can_be_scheduled_by_a_document(plivo: PlivoStage) -> None:
    wait = '<Hangup schedule="10"/><Wait length="3600"/>'
    plivo.gateway.on("/answer", response(wait))

    call = over(plivo.call())

    assert plivo.last_report()["HangupCauseCode"] == "6000"
    assert 9 <= call.duration_secs <= 40


def test_a_call_that_rings_can_be_hung_up_by_either_of_its_names(plivo: PlivoStage) -> None:
    first = plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()))
    plivo.gateway.wait_for("/status")
    second = plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()))
    plivo.gateway.wait_for("/status", times=2)

    by_call = plivo.hang_up(first)
    by_request = plivo.ask("DELETE", f"Request/{second.sid}/")

    assert (by_call.status_code, by_request.status_code, by_call.content) == (204, 204, b"")
    for call in (first, second):
        assert over(call).statuses == ["ringing", "no-answer"]
    assert plivo.last_report()["HangupCause"] == "ORIGINATOR_CANCEL"


def test_an_answered_call_is_no_request_any_more(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", LONG_WAIT)
    call = plivo.call()
    plivo.gateway.wait_for("/answer")

    assert plivo.ask("DELETE", f"Request/{call.sid}/").status_code == 404
    assert plivo.hang_up(call).status_code == 204
    assert over(call).status == "completed"


def test_without_a_uuid_every_call_of_the_account_is_hung_up_and_no_other(
    plivo: PlivoStage,
) -> None:
    plivo.own("other", "+15551239999", "MAOTHEROTHEROTHER000", "another-token")
    plivo.gateway.on("/answer", LONG_WAIT)
    calls = [plivo.call(), plivo.call()]
    foreign = plivo.carriers.dial_in(THEIRS, "+15551239999", ScriptedFarEnd(), carrier="plivo")
    plivo.gateway.wait_for("/answer", times=3)

    answer = plivo.ask("DELETE", "Call/")

    assert answer.status_code == 204
    assert {over(call).status for call in calls} == {"completed"}
    assert not foreign.over.is_set()


def test_a_call_that_is_over_can_be_changed_no_more(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", BYE)
    call = over(plivo.call())

    transferred = plivo.transfer(call, legs="aleg", aleg_url=f"{plivo.gateway.url}/answer")

    for answer in (plivo.hang_up(call), transferred):
        assert (answer.status_code, answer.json()["error"]) == (404, "call not found")


def test_a_transfer_breaks_off_what_is_going_on(plivo: PlivoStage) -> None:
    gateway = plivo.gateway
    words = "These are many words that take a long time to speak. " * 9
    gateway.on("/answer", before_hang_up(plivo.listen(f"<Speak>{words}</Speak>")))
    gateway.on("/other", before_hang_up('<DTMF async="false">1ww2#</DTMF>'))
    call = plivo.call()
    while not heard(call):
        call.wait(0.01)

    answer = plivo.transfer(call, legs="aleg", aleg_url=f"{gateway.url}/other", aleg_method="POST")

    assert (answer.status_code, answer.json()["message"]) == (202, "call transferred")
    assert heard(over(call)) == [words.strip(), "12#"]
    assert call.heard[0].whole is False
    assert (gateway.at("/heard"), call.alerts) == ([], [])


def test_a_call_that_rings_cannot_be_transferred(plivo: PlivoStage) -> None:
    call = plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()))
    plivo.gateway.wait_for("/status")

    answer = plivo.transfer(call, aleg_url=f"{plivo.gateway.url}/other")

    assert answer.status_code == 404


def test_keys_asked_for_with_the_call_are_pressed_first(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", BYE)

    assert heard(over(plivo.call(send_digits="w42#"))) == ["42#", "Goodbye"]


def test_a_call_reaches_us_and_only_its_end_is_reported(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", BYE)

    call = over(plivo.dial_in())

    asked = plivo.gateway.at("/answer")[0].form
    assert (asked["Direction"], asked["CallStatus"], asked["Event"]) == (
        "inbound",
        "ringing",
        "StartApp",
    )
    assert (asked["From"], asked["To"]) == (THEIRS[1:], NUMBER[1:])
    assert "RequestUUID" not in asked
    assert (call.statuses, heard(call)) == (["completed"], ["Goodbye"])


@pytest.mark.parametrize(("reason", "status"), [("rejected", "no-answer"), ("busy", "busy")])
def test_a_rejected_caller_is_never_connected(plivo: PlivoStage, reason: str, status: str) -> None:
    gateway = plivo.gateway
    gateway.on("/answer", response(f"<Redirect>{gateway.url}/second</Redirect>"))
    gateway.on("/second", response(f'<Hangup reason="{reason}"/>'))

    call = over(plivo.dial_in())

    assert (call.statuses, call.answered_at, call.moments) == ([status], None, ())
    assert plivo.last_report()["CallStatus"] == status


@pytest.mark.parametrize("before", ["", "<Speak>Hello</Speak>"])
def test_a_call_that_was_answered_can_be_rejected_no_more(plivo: PlivoStage, before: str) -> None:
    plivo.gateway.on("/answer", response(before, '<Hangup reason="rejected"/>'))

    call = over(plivo.call())

    assert "too late" in call.alerts[0]
    assert plivo.last_report()["HangupCauseCode"] == "8011"


def test_a_caller_who_gives_up_before_the_answer_was_not_answered(plivo: PlivoStage) -> None:
    gateway = plivo.gateway
    far_end = ScriptedFarEnd()
    gateway.on("/answer", lambda _: response(f"<Redirect>{gateway.url}/answer</Redirect>"))
    call = plivo.dial_in(far_end, caller="anonymous")
    gateway.wait_for("/answer")

    far_end.line.put(HangsUp())

    assert over(call).statuses == ["no-answer"]
    assert gateway.at("/answer")[0].form["From"] == "anonymous"


def test_stopping_ends_every_call_without_another_word(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", LONG_WAIT)
    call = plivo.call()
    plivo.gateway.wait_for("/answer")

    plivo.carriers.plivo.stop()

    assert call.over.is_set()
    assert [hook.form["Event"] for hook in plivo.gateway.at("/status")] == ["Ring"]


def test_a_document_that_fails_is_tried_three_times_and_then_elsewhere(plivo: PlivoStage) -> None:
    gateway = plivo.gateway
    gateway.on("/answer", Reply("", 500), Reply("", 500), BYE)
    recovered = over(plivo.call())
    gateway.on("/answer", Reply("", 500))
    gateway.on("/fallback", BYE)
    saved = over(plivo.call(fallback_url=f"{gateway.url}/fallback"))
    lost = over(plivo.call())

    assert [heard(call) for call in (recovered, saved, lost)] == [["Goodbye"], ["Goodbye"], []]
    assert len(gateway.at("/answer")) == 3 + 3 + 3
    assert plivo.last_report()["HangupCauseCode"] == "7011"


def test_only_the_first_document_has_a_fallback(plivo: PlivoStage) -> None:
    gateway = plivo.gateway
    gateway.on("/answer", response(f"<Redirect>{gateway.url}/gone</Redirect>"))
    gateway.on("/gone", Reply("", 404))

    call = over(plivo.call(fallback_url=f"{gateway.url}/fallback"))

    assert (call.status, plivo.last_report()["HangupCauseCode"]) == ("completed", "7014")
    assert (len(gateway.at("/gone")), gateway.at("/fallback")) == (1, [])


def test_sound_files_are_fetched_and_take_their_time(plivo: PlivoStage) -> None:
    rate = (8000).to_bytes(4, "little")
    wav = b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 12 + rate + b"\0" * 12 + b"\x7f" * 16000
    url = plivo.gateway.on("/hello.wav", Reply(wav, content_type="audio/wav"))
    plivo.gateway.on("/answer", before_hang_up(f"<Play>{url}</Play>"))

    call = over(plivo.call())

    assert [(m.sound, m.text, m.whole) for m in call.heard] == [(Sound.AUDIO, url, True)]
    assert call.audio == {url: wav}


@pytest.mark.parametrize("content_type", ["audio/ulaw", "text/plain"])
def test_other_sounds_are_not_played(plivo: PlivoStage, content_type: str) -> None:
    url = plivo.gateway.on("/hello", Reply(b"\x7f" * 800, content_type=content_type))
    plivo.gateway.on("/answer", before_hang_up(f"<Play>{url}</Play>"))

    call = over(plivo.call())

    assert content_type in call.alerts[0]
    assert call.audio == {}


def test_a_wait_that_is_not_silent_plays_music(plivo: PlivoStage) -> None:
    plivo.gateway.on(
        "/answer", before_hang_up('<Wait length="2" silence="true"/><Wait length="3"/>')
    )

    call = over(plivo.call())

    assert [(m.sound, m.text) for m in call.heard] == [
        (Sound.SILENCE, ""),
        (Sound.AUDIO, "hold music"),
    ]


def test_a_silent_wait_is_over_when_nothing_was_heard_for_a_while(plivo: PlivoStage) -> None:
    talker = ScriptedFarEnd()
    plivo.gateway.on(
        "/answer",
        before_hang_up(
            '<Wait length="600" silence="true" minSilence="20000"/>', "<Speak>a</Speak>"
        ),
        before_hang_up('<Wait length="10" silence="true" minSilence="10000"/>', "<Speak>b</Speak>"),
    )

    call = plivo.call(talker)
    plivo.gateway.wait_for("/answer")
    talker.line.put(Says("x" * 300), after=10)
    waited = [over(one).duration_secs for one in (call, plivo.call())]

    assert 45 <= waited[0] <= 120
    assert 10 <= waited[1] <= 30


def test_a_wait_that_comes_first_delays_the_answer(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up('<Wait length="100"/>'))

    call = over(plivo.dial_in())

    assert (call.status, call.moments) == ("completed", ())
    assert call.duration_secs <= 20


def test_an_answering_machine_is_told_of_while_the_documents_go_on(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up(f"<Speak>{'x' * 150}</Speak>"))
    detection: dict[str, Any] = {
        "machine_detection": "true",
        "machine_detection_url": f"{plivo.gateway.url}/machine",
    }

    machine = over(plivo.call(AnsweringMachine(), **detection))
    person = over(plivo.call(**detection))

    (told,) = plivo.gateway.at("/machine")
    assert (told.form["CallUUID"], told.form["Event"]) == (machine.sid, "MachineDetection")
    assert (told.form["Machine"], told.form["CallStatus"]) == ("true", "in-progress")
    assert [call.heard[0].whole for call in (machine, person)] == [True, True]


def test_a_machine_that_is_left_early_is_never_told_of(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up())
    url = f"{plivo.gateway.url}/machine"

    over(plivo.call(AnsweringMachine(), machine_detection="true", machine_detection_url=url))

    assert plivo.gateway.at("/machine") == []


def test_keys_are_pressed_while_the_rest_goes_on_unless_told_otherwise(plivo: PlivoStage) -> None:
    pause = "W" * 30
    plivo.gateway.on(
        "/answer",
        before_hang_up(
            f"<DTMF>1{pause}2</DTMF>",
            f'<DTMF async="false">3{pause}4</DTMF>',
            "<Speak>Hi</Speak>",
        ),
    )

    call = over(plivo.call())

    first, second, words = call.heard
    assert [moment.text for moment in call.heard] == ["12", "34", "Hi"]
    assert second.at - first.at < 20 < words.at - second.at
