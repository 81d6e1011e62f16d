import threading
from email.utils import parsedate_to_datetime

import pytest

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import (
    HangsUp,
    NeverPicksUp,
    PicksUp,
    Refusal,
    Refuses,
    Says,
    Sound,
)
from moltis.carriers.twilio_runner import APPLICATION_ERROR
from tests.carriers.gateway import Gateway, Hook, Reply, response
from tests.carriers.stage import OURS, THEIRS, Stage, gather, heard, over

BYE = response("<Say>Goodbye</Say><Hangup/>")


def test_a_call_is_dialled_rings_is_answered_talks_and_ends(stage: Stage) -> None:
    gateway = stage.gateway
    gateway.on("/answer", response(gather(f"{gateway.url}/heard", "<Say>Who is it?</Say>")))
    gateway.on("/heard", response(f"<Redirect>{gateway.url}/last</Redirect>"))
    gateway.on("/last", BYE)

    call = over(stage.call(ScriptedFarEnd([Says("It is me")])))

    assert call.status == "completed"
    assert call.statuses == ["initiated", "ringing", "in-progress", "completed"]
    assert heard(call) == ["Who is it?", "Goodbye"]
    assert gateway.at("/heard")[0].form["SpeechResult"] == "It is me"
    assert gateway.at("/heard")[0].form["CallStatus"] == "in-progress"
    assert call.alerts == []


def test_the_created_call_is_described_in_twilios_fields(stage: Stage) -> None:
    stage.gateway.on("/answer", BYE)

    created = stage.create().json()

    assert (created["status"], created["direction"]) == ("queued", "outbound-api")
    assert (created["to"], created["from"]) == (THEIRS, OURS)
    assert parsedate_to_datetime(created["date_created"]).tzinfo is not None
    assert (created["duration"], created["end_time"]) == (None, None)


def test_a_finished_call_tells_how_long_it_lasted(stage: Stage) -> None:
    stage.gateway.on("/answer", response('<Pause length="3"/><Hangup/>'))

    call = over(stage.call())
    described = stage.look_up(call)

    assert described["status"] == "completed"
    assert described["duration"] in {"3", "4", "5"}
    assert parsedate_to_datetime(described["end_time"]).tzinfo is not None
    report = stage.gateway.at("/status")[-1].form
    assert (report["CallDuration"], report["Duration"]) == (described["duration"], "1")


@pytest.mark.parametrize(
    ("reason", "status", "sip_code"),
    [
        (Refusal.BUSY, "busy", "486"),
        (Refusal.REJECTED, "no-answer", "603"),
        (Refusal.FAILED, "failed", "404"),
    ],
)
def test_a_refused_call_ends_without_having_rung(
    stage: Stage, reason: Refusal, status: str, sip_code: str
) -> None:
    call = over(stage.call(ScriptedFarEnd(ringing=Refuses(reason))))

    assert call.statuses == ["initiated", status]
    assert stage.gateway.at("/status")[-1].form["SipResponseCode"] == sip_code
    assert stage.gateway.at("/answer") == []


def test_a_call_can_be_refused_while_it_rings(stage: Stage) -> None:
    refuses = Refuses(Refusal.REJECTED, after=4)

    call = over(stage.call(ScriptedFarEnd(ringing=refuses)))

    assert call.statuses == ["initiated", "ringing", "no-answer"]


def test_nobody_answers_before_the_ring_timeout(stage: Stage) -> None:
    call = over(stage.call(ScriptedFarEnd(ringing=NeverPicksUp()), ("Timeout", "5")))

    assert call.statuses == ["initiated", "ringing", "no-answer"]
    report = stage.gateway.at("/status")[-1].form
    assert (report["SipResponseCode"], report["CallDuration"]) == ("487", "0")


def test_only_the_events_that_were_asked_for_are_reported(stage: Stage) -> None:
    stage.gateway.on("/answer", BYE)

    call = over(stage.call(None, ("StatusCallbackEvent", "answered")))
    silent = over(stage.call(None, ("StatusCallbackEvent", "completed")))

    assert call.statuses == ["in-progress"]
    assert silent.statuses == ["completed"]
    assert stage.gateway.at("/status")[-1].form["SequenceNumber"] == "0"


def test_a_call_that_rings_can_be_canceled(stage: Stage) -> None:
    call = stage.call(ScriptedFarEnd(ringing=NeverPicksUp()))
    stage.gateway.wait_for("/status", times=2)

    answer = stage.update(call, Status="canceled")

    assert answer.status_code == 200
    assert over(call).statuses == ["initiated", "ringing", "canceled"]


def test_canceling_has_no_effect_on_an_answered_call_but_completing_has(stage: Stage) -> None:
    stage.gateway.on("/answer", response('<Pause length="3600"/><Hangup/>'))
    call = stage.call()
    stage.gateway.wait_for("/answer")

    assert stage.update(call, Status="canceled").status_code == 200
    assert not call.wait(0.2)
    assert stage.update(call, Status="completed").status_code == 200

    assert over(call).status == "completed"
    assert call.statuses[-1] == "completed"


def test_a_call_that_is_over_can_be_changed_no_more(stage: Stage) -> None:
    stage.gateway.on("/answer", BYE)
    call = over(stage.call())

    for change in ({"Status": "completed"}, {"Url": f"{stage.gateway.url}/answer"}):
        answer = stage.update(call, **change)
        assert (answer.status_code, answer.json()["code"]) == (400, 21220)


def test_the_time_limit_cuts_the_call(stage: Stage) -> None:
    stage.gateway.on("/answer", response('<Pause length="3600"/><Hangup/>'))

    call = over(stage.call(None, ("TimeLimit", "60")))

    assert call.status == "completed"
    assert 59 <= call.duration_secs <= 65


def test_the_far_end_can_hang_up_in_the_middle_of_speech(stage: Stage) -> None:
    words = "These are many words that take a long time to speak. " * 5
    stage.gateway.on("/answer", response(f"<Say>{words}</Say><Say>never</Say><Hangup/>"))

    call = over(stage.call(ScriptedFarEnd([HangsUp(when="many words", interrupting=1)])))

    assert call.status == "completed"
    assert [(m.text, m.whole) for m in call.heard] == [(words.strip(), False)]
    assert call.duration_secs <= 4


def test_the_far_end_can_hang_up_while_the_gateway_thinks(stage: Stage) -> None:
    thinking = threading.Event()

    def think(hook: Hook) -> Reply:
        del hook
        thinking.wait(10)
        return BYE

    stage.gateway.on("/answer", think)
    far_end = ScriptedFarEnd()
    call = stage.call(far_end)
    stage.gateway.wait_for("/answer")
    far_end.line.put(HangsUp())

    over(call)
    thinking.set()

    assert call.statuses[-1] == "completed"
    assert heard(call) == []


def test_an_interrupt_breaks_off_what_is_going_on(stage: Stage) -> None:
    gateway = stage.gateway
    gateway.on(
        "/answer",
        response(gather(f"{gateway.url}/heard", '<Pause length="3600"/>'), "<Hangup/>"),
    )
    gateway.on("/other", response('<Play digits="1ww2#"/><Hangup/>'))
    call = stage.call()
    gateway.wait_for("/answer")

    answer = stage.update(call, Url=f"{gateway.url}/other", Method="POST")

    assert answer.status_code == 200
    assert heard(over(call)) == ["12#"]
    assert gateway.at("/heard") == []
    assert call.alerts == []


def test_an_interrupt_goes_before_an_answer_that_is_on_its_way(stage: Stage) -> None:
    gateway = stage.gateway
    thinking = threading.Event()

    def think(hook: Hook) -> Reply:
        del hook
        thinking.wait(10)
        return response("<Say>too late</Say><Hangup/>")

    gateway.on("/answer", think)
    gateway.on("/other", BYE)
    call = stage.call()
    gateway.wait_for("/answer")
    stage.update(call, Url=f"{gateway.url}/other")

    over(call)
    thinking.set()

    assert heard(call) == ["Goodbye"]


def test_a_call_that_rings_cannot_be_interrupted(stage: Stage) -> None:
    call = stage.call(ScriptedFarEnd(ringing=NeverPicksUp()))
    stage.gateway.wait_for("/status", times=2)

    answer = stage.update(call, Url=f"{stage.gateway.url}/other")

    assert answer.json()["code"] == 21220
    assert answer.status_code == 400


def test_a_document_can_come_with_the_request(stage: Stage) -> None:
    twiml = "<Response><Say>Inline</Say><Hangup/></Response>"

    far_end = ScriptedFarEnd(ringing=PicksUp(1))
    stage.answered_by(far_end)
    created = stage.create(("Twiml", twiml), without=("Url",)).json()

    assert heard(over(stage.carriers.call(created["sid"]))) == ["Inline"]


def test_keys_asked_for_with_the_call_are_pressed_first(stage: Stage) -> None:
    stage.gateway.on("/answer", BYE)

    call = over(stage.call(None, ("SendDigits", "w42#")))

    assert heard(call) == ["42#", "Goodbye"]


def test_a_call_reaches_us_and_only_its_end_is_reported(stage: Stage) -> None:
    stage.gateway.on("/answer", BYE)

    call = over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))

    asked = stage.gateway.at("/answer")[0].form
    assert (asked["Direction"], asked["CallStatus"]) == ("inbound", "ringing")
    assert (asked["From"], asked["To"], asked["Called"]) == (THEIRS, OURS, OURS)
    assert call.statuses == ["completed"]
    assert heard(call) == ["Goodbye"]


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("<Reject/>", "no-answer"),
        ('<Reject reason="rejected"/>', "no-answer"),
        ('<Reject reason="busy"/>', "busy"),
    ],
)
def test_a_rejected_caller_is_never_connected(stage: Stage, verb: str, status: str) -> None:
    stage.gateway.on("/answer", response(verb))

    call = over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))

    assert call.statuses == [status]
    assert (call.answered_at, call.moments) == (None, ())


def test_a_caller_can_be_rejected_after_a_redirect_and_a_pause_delays_the_answer(
    stage: Stage,
) -> None:
    gateway = stage.gateway
    gateway.on("/answer", response(f"<Redirect>{gateway.url}/second</Redirect>"))
    gateway.on("/second", response("<Reject/>"), response('<Pause length="2"/>', "<Hangup/>"))

    refused = over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))
    delayed = over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))

    assert refused.status == "no-answer"
    assert (delayed.status, delayed.moments) == ("completed", ())
    assert delayed.duration_secs <= 1


def test_a_caller_who_gives_up_before_the_answer_was_not_answered(stage: Stage) -> None:
    stage.gateway.on("/answer", response('<Pause length="3600"/>', "<Hangup/>"))
    far_end = ScriptedFarEnd()
    call = stage.carriers.dial_in("anonymous", OURS, far_end)
    stage.gateway.wait_for("/answer")

    far_end.line.put(HangsUp())

    assert over(call).statuses == ["no-answer"]


def test_stopping_ends_every_call_without_another_word(gateway: Gateway, stage: Stage) -> None:
    gateway.on("/answer", response('<Pause length="3600"/><Hangup/>'))
    call = stage.call()
    gateway.wait_for("/status", times=3)

    stage.carriers.twilio.stop()

    assert call.over.is_set()
    assert "completed" not in [hook.form["CallStatus"] for hook in gateway.at("/status")]


def test_a_failing_document_is_tried_at_the_fallback_address(stage: Stage) -> None:
    gateway = stage.gateway
    gateway.on("/answer", Reply("", 500))
    gateway.on("/fallback", BYE, Reply("", 500))
    fallback = ("FallbackUrl", f"{gateway.url}/fallback")

    saved = over(stage.call(None, fallback))
    lost = over(stage.call(None, fallback))

    assert heard(saved) == ["Goodbye"]
    assert heard(lost) == [APPLICATION_ERROR]
    assert len(lost.alerts) == 2


def test_sound_files_are_fetched_and_take_their_time(stage: Stage) -> None:
    rate = (8000).to_bytes(4, "little")
    wav = b"RIFF\0\0\0\0WAVEfmt " + b"\0" * 12 + rate + b"\0" * 12 + b"\x7f" * 16000
    url = stage.gateway.on("/hello.wav", Reply(wav, content_type="audio/wav"))
    stage.gateway.on("/answer", response(f"<Play>{url}</Play><Hangup/>"))

    call = over(stage.call())

    assert [(m.sound, m.text, m.whole) for m in call.heard] == [(Sound.AUDIO, url, True)]
    assert call.audio == {url: wav}
    assert 2 <= call.duration_secs <= 4


@pytest.mark.parametrize(
    "reply",
    [
        Reply("gone", 404),
        Reply("no sound", content_type="text/plain"),
        Reply("no sound", content_type="audio/wav"),
        Reply(b"RIFF\0\0\0\0WAVE" + b"\0" * 40, content_type="audio/wav"),
    ],
)
def test_a_sound_file_that_cannot_be_played_ends_the_call(stage: Stage, reply: Reply) -> None:
    url = stage.gateway.on("/hello.wav", reply)
    stage.gateway.on("/answer", response(f"<Play>{url}</Play><Hangup/>"))

    call = over(stage.call())

    assert heard(call) == [APPLICATION_ERROR]
    assert "/hello.wav" in call.alerts[0]


def test_a_document_address_where_nobody_is_ends_the_call(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Redirect>http://127.0.0.1:9/next</Redirect>"))

    call = over(stage.call())

    assert heard(call) == [APPLICATION_ERROR]
    assert call.alerts == ["http://127.0.0.1:9/next: nobody could be reached"]
    assert call.documents[-1].status == 0
