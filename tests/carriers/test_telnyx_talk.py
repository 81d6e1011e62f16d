import struct
from base64 import b64encode

import pytest

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import HangsUp, Presses, Says, Sound, StaysSilent
from tests.carriers.gateway import Reply
from tests.carriers.stage import heard, over, understood
from tests.carriers.telnyx_stage import (
    ANSWER,
    HANG_UP,
    LISTEN,
    Step,
    TelnyxStage,
    payloads,
    speak,
    types,
)

LONG = "This is a very long sentence, " * 10


def wav(seconds: float) -> bytes:
    samples = b"\x00\x00" * int(8000 * seconds)
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16,
                       1, 1, 8000, 16000, 2, 16, b"data", len(samples))  # fmt: skip
    return head + samples


def test_what_is_spoken_queues_up(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(speak("One"), speak("Two"), speak("Three")))
    telnyx.when("call.speak.ended", *[lambda _: None] * 2, telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert heard(call) == ["One", "Two", "Three"]
    assert types(call)[2:-1] == ["call.speak.started", "call.speak.ended"] * 3
    assert {ended["status"] for ended in payloads(call, "call.speak.ended")} == {"completed"}
    started = [payload["speak_id"] for payload in payloads(call, "call.speak.started")]
    assert started == [payload["speak_id"] for payload in payloads(call, "call.speak.ended")]
    assert len(set(started)) == 3


def test_speech_ends_with_the_call(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(speak(LONG), speak("Never heard")))

    far_end = ScriptedFarEnd([HangsUp(when="long", interrupting=1)])
    call = over(telnyx.call(far_end))

    assert types(call)[-2:] == ["call.speak.ended", "call.hangup"]
    assert payloads(call, "call.speak.ended")[0]["status"] == "call_hangup"
    assert [(moment.text, moment.whole) for moment in call.heard] == [(LONG, False)]


def test_somebody_who_speaks_in_between_is_heard_and_we_can_be_stopped(
    telnyx: TelnyxStage,
) -> None:
    telnyx.when("call.answered", telnyx.does(LISTEN, speak(LONG), speak("And more")))
    telnyx.when("call.transcription", telnyx.does(("playback_stop", {}), speak("Yes?")))
    telnyx.when("call.speak.ended", lambda _: None, telnyx.does(HANG_UP))

    call = over(telnyx.call(ScriptedFarEnd([Says("Stop!", when="long", interrupting=1)])))

    assert types(call)[2:-1] == [
        "call.speak.started",
        "call.transcription",
        "call.speak.ended",
        "call.speak.started",
        "call.speak.ended",
    ]
    assert [(moment.text, moment.whole) for moment in call.heard] == [
        (LONG, False),
        ("Yes?", True),
    ]


def test_only_the_current_piece_can_be_stopped(telnyx: TelnyxStage) -> None:
    stop = ("playback_stop", {"stop": "current"})
    telnyx.when("call.answered", telnyx.does(speak(LONG), speak("More"), stop))
    telnyx.when("call.speak.ended", lambda _: None, telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert [(moment.text, moment.whole) for moment in call.heard] == [(LONG, False), ("More", True)]


def test_a_new_piece_can_stop_the_others(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(speak(LONG), speak("x"), speak("New", stop="all")))
    telnyx.when("call.speak.ended", lambda _: None, telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert heard(call) == [LONG, "New"]


def test_words_before_the_transcription_are_lost(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(speak("Hello")))
    telnyx.when("call.speak.ended", lambda _: None, telnyx.does(HANG_UP))
    call = telnyx.call(ScriptedFarEnd([Says("Lost"), Says("Found", when="Pardon")]))
    telnyx.wait_for(call, "call.speak.ended")
    telnyx.carriers.network.clock.sleep(3)

    telnyx.when("call.transcription", telnyx.does(HANG_UP))
    telnyx.does(LISTEN, speak("Pardon?"))({"call_control_id": call.sid})
    telnyx.reactions["call.speak.ended"].clear()

    over(call)
    assert understood(call) == [("Lost", False), ("Found", True)]
    (told,) = payloads(call, "call.transcription")
    assert told["transcription_data"] == {
        "transcript": "Found",
        "confidence": 0.93,
        "is_final": True,
    }


def test_transcription_can_be_stopped(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(LISTEN, ("transcription_stop", {}), speak("Hello")))
    far_end = ScriptedFarEnd([Says("Lost"), HangsUp(when="Bye")])
    call = telnyx.call(far_end)
    telnyx.wait_for(call, "call.speak.ended")
    telnyx.carriers.network.clock.sleep(3)

    telnyx.does(speak("Bye"))({"call_control_id": call.sid})

    over(call)
    assert payloads(call, "call.transcription") == []


def test_what_is_not_final_yet_comes_only_when_it_is_wanted(telnyx: TelnyxStage) -> None:
    interim = {"language": "en", "interim_results": True}
    listen = ("transcription_start", {"transcription_engine_config": interim})
    telnyx.when("call.answered", telnyx.does(listen, speak("Hello")))
    telnyx.when("call.transcription", *[lambda _: None] * 2, telnyx.does(HANG_UP))

    call = over(telnyx.call(ScriptedFarEnd([Says("One two three")])))

    told = [event["transcription_data"] for event in payloads(call, "call.transcription")]
    assert [(data["transcript"], data["is_final"]) for data in told] == [
        ("One", False),
        ("One two", False),
        ("One two three", True),
    ]


def test_whoever_listens_to_both_tracks_hears_itself(telnyx: TelnyxStage) -> None:
    both = {"transcription_engine": "B", "transcription_tracks": "both"}
    telnyx.when("call.answered", telnyx.does(("transcription_start", both), speak("Hello")))
    telnyx.when("call.transcription", lambda _: None, telnyx.does(HANG_UP))

    call = over(telnyx.call(ScriptedFarEnd([Says("Good day to you")])))

    told = [event["transcription_data"] for event in payloads(call, "call.transcription")]
    assert {(data["transcript"], data["transcription_track"]) for data in told} == {
        ("Hello", "outbound"),
        ("Good day to you", "inbound"),
    }


def test_each_key_comes_by_itself(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(speak("Your number?")))
    telnyx.when("call.dtmf.received", *[lambda _: None] * 2, telnyx.does(HANG_UP))

    call = over(telnyx.call(ScriptedFarEnd([Presses("12#")])))

    assert [event["digit"] for event in payloads(call, "call.dtmf.received")] == ["1", "2", "#"]
    assert understood(call) == [("12#", True)]


def test_keys_that_we_send_are_heard_by_the_far_end(telnyx: TelnyxStage) -> None:
    keys = ("send_dtmf", {"digits": "1w2W#", "duration_millis": 100})
    telnyx.when("call.answered", telnyx.does(keys))

    call = over(telnyx.call(ScriptedFarEnd([HangsUp(when="12#")])))

    assert [(m.sound, m.text, m.whole) for m in call.heard] == [(Sound.KEYS, "12#", True)]
    assert types(call) == ["call.initiated", "call.answered", "call.hangup"]


@pytest.mark.parametrize(
    ("asked", "pressed", "digits", "status"),
    [
        ({}, "12#", "12", "valid"),
        ({"maximum_digits": 2}, "12", "12", "valid"),
        ({"minimum_digits": 3}, "12#", "12", "invalid"),
        ({"valid_digits": "1"}, "12", "12", "invalid"),
        ({"terminating_digit": "", "maximum_digits": 2}, "1#", "1#", "valid"),
        ({"inter_digit_timeout_millis": 2000}, "12", "12", "timeout"),
        ({"initial_timeout_millis": 2000}, "", "", "timeout"),
    ],
)
def test_keys_can_be_gathered(
    telnyx: TelnyxStage, asked: dict[str, object], pressed: str, digits: str, status: str
) -> None:
    gather = ("gather", {"gather_id": "g1", **asked})
    telnyx.when("call.answered", telnyx.does(speak("Press!")))
    telnyx.when("call.speak.ended", telnyx.does(gather))
    telnyx.when("call.gather.ended", telnyx.does(HANG_UP))

    step = Presses(pressed, after=5) if pressed else StaysSilent()
    call = over(telnyx.call(ScriptedFarEnd([step])))

    (ended,) = payloads(call, "call.gather.ended")
    assert (ended["digits"], ended["status"], ended["gather_id"]) == (digits, status, "g1")


def test_gathering_can_be_stopped_and_ends_with_the_call(telnyx: TelnyxStage) -> None:
    gather: Step = ("gather", {})
    stop: Step = ("gather_stop", {})
    telnyx.when("call.answered", telnyx.does(gather, gather, stop, stop, gather, HANG_UP))

    call = over(telnyx.call())

    statuses = [ended["status"] for ended in payloads(call, "call.gather.ended")]
    assert statuses == ["cancelled", "cancelled", "call_hangup"]
    assert call.alerts == ["gather: keys are gathered already"]


def test_a_sound_file_is_played(telnyx: TelnyxStage) -> None:
    url = telnyx.gateway.on("/tune.wav", Reply(wav(2), content_type="audio/wav"))
    content = b64encode(wav(1)).decode()
    telnyx.when(
        "call.answered",
        telnyx.does(
            ("playback_start", {"audio_url": url, "loop": 2}),
            ("playback_start", {"playback_content": content, "audio_type": "wav"}),
        ),
    )
    telnyx.when("call.playback.ended", lambda _: None, telnyx.does(HANG_UP))

    call = over(telnyx.call())

    first, second = payloads(call, "call.playback.ended")
    assert (first["media_url"], first["status"]) == (url, "completed")
    assert "media_url" not in second
    assert [(m.sound, m.text) for m in call.heard[:2]] == [(Sound.AUDIO, url)] * 2
    assert call.audio[url] == wav(2)
    assert call.duration_secs >= 5
    assert call.alerts == []


@pytest.mark.parametrize(
    ("source", "reply", "status"),
    [
        ("audio_url", Reply("", 404), "file_not_found"),
        ("audio_url", Reply("no sound", content_type="text/html"), "failed"),
        ("media_name", Reply(""), "file_not_found"),
        ("playback_content", Reply(""), "failed"),
    ],
)
def test_a_sound_that_cannot_be_played_is_told_and_noted(
    telnyx: TelnyxStage, source: str, reply: Reply, status: str
) -> None:
    url = telnyx.gateway.on("/tune.wav", reply)
    play = ("playback_start", {source: url, "audio_type": "wav"})
    telnyx.when("call.answered", telnyx.does(play))
    telnyx.when("call.playback.ended", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert payloads(call, "call.playback.ended")[0]["status"] == status
    assert len(call.alerts) == 1


def test_a_sound_whose_server_is_gone_fails(telnyx: TelnyxStage) -> None:
    play = ("playback_start", {"audio_url": "http://127.0.0.1:9/tune.wav"})
    telnyx.when("call.answered", telnyx.does(play))
    telnyx.when("call.playback.ended", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert payloads(call, "call.playback.ended")[0]["status"] == "failed"


def test_a_sound_that_is_stopped_is_cancelled(telnyx: TelnyxStage) -> None:
    url = telnyx.gateway.on("/tune.wav", Reply(wav(60), content_type="audio/wav"))
    play = ("playback_start", {"audio_url": url, "loop": "infinity"})
    telnyx.when("call.answered", telnyx.does(play))
    telnyx.when("call.playback.started", telnyx.does(("playback_stop", {})))
    telnyx.when("call.playback.ended", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert payloads(call, "call.playback.ended")[0]["status"] == "cancelled"


def test_markup_is_not_spoken(telnyx: TelnyxStage) -> None:
    telnyx.when(
        "call.answered",
        telnyx.does(speak("<speak>Hello <break time='1s'/>you</speak>", payload_type="ssml")),
    )
    telnyx.when("call.speak.ended", telnyx.does(HANG_UP))

    call = over(telnyx.call())

    assert heard(call) == ["Hello you"]


def test_a_recording_is_saved_when_it_stops_and_when_the_call_ends(telnyx: TelnyxStage) -> None:
    record = ("record_start", {"channels": "dual", "format": "wav"})
    stop: Step = ("record_stop", {})
    telnyx.when("call.answered", telnyx.does(record, stop, stop, record, HANG_UP))

    call = over(telnyx.call())

    first, second = payloads(call, "call.recording.saved")
    assert first["channels"] == second["channels"] == "dual"
    assert list(first["recording_urls"]) == ["wav"]


def test_the_far_end_gets_its_turn_once_all_is_said(telnyx: TelnyxStage) -> None:
    telnyx.when("call.initiated", telnyx.does(ANSWER))
    telnyx.when("call.answered", telnyx.does(LISTEN, speak("One"), speak("Two")))
    telnyx.when("call.transcription", telnyx.does(HANG_UP))

    call = over(telnyx.dial_in(ScriptedFarEnd([Says("Three", after=0.1)])))

    assert [moment.text for moment in call.moments] == ["One", "Two", "Three"]


def test_the_far_end_waits_for_an_answer_after_it_broke_in(telnyx: TelnyxStage) -> None:
    steps = [Says("Stop!", when="long", interrupting=1), Says("Thanks", when="Yes")]
    telnyx.when("call.answered", telnyx.does(LISTEN, speak(LONG)))
    telnyx.when("call.transcription", telnyx.does(("playback_stop", {})), telnyx.does(HANG_UP))
    call = telnyx.call(ScriptedFarEnd(steps))
    telnyx.wait_for(call, "call.speak.ended")
    telnyx.carriers.network.clock.sleep(3)

    telnyx.does(speak("Yes?"))({"call_control_id": call.sid})

    over(call)
    assert [m.text for m in call.moments if m.text != LONG] == ["Stop!", "Yes?", "Thanks"]


def test_to_start_listening_twice_is_noted(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(LISTEN, LISTEN, HANG_UP))

    call = over(telnyx.call())

    assert call.alerts == ["transcription_start: it is transcribed already"]
