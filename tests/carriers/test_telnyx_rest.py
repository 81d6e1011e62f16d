from typing import Any

import pytest
import requests

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import NeverPicksUp
from moltis.carriers.network import OwnedNumber
from moltis.carriers.record import SimulatedCall
from moltis.carriers.telnyx_rest import Repetitions
from tests.carriers.stage import over
from tests.carriers.telnyx_stage import (
    API_KEY,
    CONNECTION,
    HANG_UP,
    NUMBER,
    VOICE,
    TelnyxStage,
    code,
    speak,
)

BAD_DIALS: list[tuple[dict[str, Any], str]] = [
    ({"from": "15551234567"}, "10016"),
    ({"to": ["+15559876543"]}, "10016"),
    ({"to": "sip:me@example.com"}, "10016"),
    ({"connection_id": "another"}, "10015"),
    ({"connection_id": {}}, "10015"),
    ({"webhook_url": "not an address"}, "10003"),
    ({"webhook_url": "https://gateway.example/" + "x" * 2000}, "10003"),
    ({"webhook_url_method": "GET"}, "10015"),
    ({"client_state": "no base64!"}, "10015"),
    ({"client_state": "YQ"}, "10015"),
    ({"client_state": 1}, "10015"),
    ({"timeout_secs": 4}, "10015"),
    ({"timeout_secs": 601}, "10015"),
    ({"timeout_secs": "30"}, "10015"),
    ({"timeout_secs": True}, "10015"),
    ({"time_limit_secs": 14401}, "10015"),
    ({"answering_machine_detection": "yes"}, "10015"),
    ({"answering_machine_detection_config": {"unknown": 1}}, "10015"),
    ({"transcription_config": {"language": "en"}}, "10015"),
    ({"Timeout": 30}, "10015"),
    ({"command_id": ""}, "10015"),
]


@pytest.mark.parametrize(("more", "expected"), BAD_DIALS)
def test_a_call_is_refused_unless_everything_is_right(
    telnyx: TelnyxStage, more: dict[str, Any], expected: str
) -> None:
    assert code(telnyx.dial(**more)) == (422, expected)
    assert telnyx.carriers.calls == ()


@pytest.mark.parametrize("name", ["connection_id", "from", "to"])
def test_a_call_is_refused_when_something_is_missing(telnyx: TelnyxStage, name: str) -> None:
    answer = telnyx.dial(without=name)

    assert code(answer) == (422, "10004")
    assert answer.json()["errors"][0]["source"] == {"pointer": f"/{name}"}


def test_only_a_number_of_our_own_can_be_shown(telnyx: TelnyxStage) -> None:
    assert code(telnyx.dial(**{"from": "+15550001111"})) == (403, "10010")


def test_a_call_needs_somewhere_to_tell_its_events(telnyx: TelnyxStage) -> None:
    telnyx.carriers.network.own(
        OwnedNumber(
            carrier="telnyx",
            account_id="telnyx",
            number=NUMBER,
            voice_url="",
            credentials={"api_key": API_KEY, "connection_id": CONNECTION},
        )
    )

    assert code(telnyx.dial()) == (422, "10015")
    assert telnyx.dial(webhook_url=f"{telnyx.gateway.url}/events").ok


@pytest.mark.parametrize("header", ["", "Bearer wrong", f"Basic {API_KEY}", "Bearer schlüssel"])
def test_the_key_must_be_right(telnyx: TelnyxStage, header: str) -> None:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{telnyx.carriers.base_url('telnyx')}/v2/calls"
        answer = session.post(url, json={}, headers={"Authorization": header.encode()}, timeout=5)

    assert code(answer) == (401, "10009")


def test_calls_of_another_account_are_not_found(telnyx: TelnyxStage) -> None:
    telnyx.carriers.network.own(
        OwnedNumber(
            carrier="telnyx",
            account_id="other",
            number="+15551239999",
            voice_url="http://x/",
            credentials={"api_key": "KEYother"},
        )
    )
    call = telnyx.call(ScriptedFarEnd(ringing=NeverPicksUp()))

    assert code(telnyx.ask("GET", f"/{call.sid}", api_key="KEYother")) == (404, "10005")
    assert telnyx.ask("GET", f"/{call.sid}").ok


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/v3:unknown", (404, "10005")),
        ("POST", "/v3:unknown/actions/hangup", (404, "10005")),
        ("POST", "/a/b/c", (404, "10005")),
        ("GET", "", (405, "10015")),
        ("POST", "/v3:unknown", (405, "10015")),
    ],
)
def test_what_does_not_exist_is_not_found(
    telnyx: TelnyxStage, method: str, path: str, expected: tuple[int, str]
) -> None:
    assert code(telnyx.ask(method, path, {})) == expected


def test_an_unknown_command_is_not_found(telnyx: TelnyxStage) -> None:
    call = talking(telnyx)

    assert code(telnyx.command(call.sid, "sing")) == (404, "10005")


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"{}", "text/plain", (415, "10014")),
        (b"{", "application/json", (400, "10015")),
        (b"[]", "application/json", (400, "10015")),
        (b"", "application/json", (422, "10004")),
    ],
)
def test_a_body_must_be_json(
    telnyx: TelnyxStage, content: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    with requests.Session() as session:
        session.trust_env = False
        url = f"{telnyx.carriers.base_url('telnyx')}/v2/calls"
        headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": content_type}
        answer = session.post(url, data=content, headers=headers, timeout=5)

    assert code(answer) == expected


def talking(telnyx: TelnyxStage) -> SimulatedCall:
    call = telnyx.call()
    telnyx.wait_for(call, "call.answered")
    return call


DEEPGRAM = {"transcription_engine": "deepgram/nova-3", "transcription_model": "deepgram/nova-3"}
BAD_COMMANDS: list[tuple[str, dict[str, object]]] = [
    ("speak", {"payload": "Hello"}),
    ("speak", {"voice": VOICE}),
    ("speak", {"payload": "", "voice": VOICE}),
    ("speak", {"payload": "x" * 3001, "voice": VOICE}),
    ("speak", {"payload": "Hello", "voice": "Joanna"}),
    ("speak", {"payload": "Hello", "voice": VOICE, "language": "en"}),
    ("speak", {"payload": "Hello", "voice": VOICE, "text": "Hello"}),
    ("speak", {"payload": "Hello", "voice": VOICE, "loop": 0}),
    ("speak", {"payload": "Hello", "voice": "male", "language": "de-DE"}),
    ("playback_start", {}),
    ("playback_start", {"audio_url": "/tune.wav"}),
    ("playback_start", {"audio_url": "https://x.example/a.wav", "media_name": "a"}),
    ("playback_stop", {"stop": "everything"}),
    ("send_dtmf", {}),
    ("send_dtmf", {"digits": "12a"}),
    ("send_dtmf", {"digits": "1", "duration_millis": 50}),
    ("transcription_start", {"language": "en"}),
    ("transcription_start", {"transcription_engine": "google"}),
    ("transcription_start", {"transcription_tracks": "all"}),
    ("transcription_start", {"transcription_engine_config": {"language": "en-US"}}),
    ("transcription_start", {"transcription_engine_config": {"transcription_engine": "Telnyx"}}),
    (
        "transcription_start",
        {"transcription_engine": "B", "transcription_engine_config": {"interim_results": True}},
    ),
    ("transcription_start", {"transcription_engine": "Azure"}),
    ("transcription_start", {"transcription_engine": "Deepgram"}),
    (
        "transcription_start",
        {
            "transcription_engine": "Deepgram",
            "transcription_engine_config": {"transcription_engine": "deepgram/nova-3"},
        },
    ),
    ("gather", {"minimum_digits": 3, "maximum_digits": 2}),
    ("gather", {"terminating_digit": "##"}),
    ("client_state_update", {}),
    ("record_start", {"channels": "single"}),
    ("record_start", {"channels": "mono", "format": "wav"}),
    ("hangup", {"reason": 'say "bye"'}),
    ("hangup", {"client_state": "?"}),
]


@pytest.mark.parametrize(("name", "body"), BAD_COMMANDS)
def test_a_command_is_refused_unless_everything_is_right(
    telnyx: TelnyxStage, name: str, body: dict[str, object]
) -> None:
    call = talking(telnyx)

    answer = telnyx.command(call.sid, name, **body)

    assert answer.status_code == 422, answer.text
    assert call.commands[0].status == 422
    assert f"{name} was refused" in call.alerts[0]


@pytest.mark.parametrize(
    ("engine", "config"),
    [
        ("Google", {"language": "en", "interim_results": True, "model": "phone_call"}),
        ("A", {"transcription_engine": "A"}),
        ("Telnyx", {"language": "auto_detect"}),
        ("Deepgram", {**DEEPGRAM, "language": "en-US", "smart_format": True}),
        ("Azure", {"transcription_engine": "Azure", "region": "eastus", "language": "en"}),
        ("Soniox", {"transcription_engine": "Soniox"}),
        ("Cohere", {"language": "ar"}),
    ],
)
def test_each_engine_is_configured_in_its_own_way(
    telnyx: TelnyxStage, engine: str, config: dict[str, object]
) -> None:
    call = talking(telnyx)

    answer = telnyx.command(
        call.sid,
        "transcription_start",
        transcription_engine=engine,
        transcription_engine_config=config,
    )

    assert answer.json() == {"data": {"result": "ok"}}, answer.text


def test_a_repeated_dial_makes_one_call(telnyx: TelnyxStage) -> None:
    first, again = telnyx.dial(command_id="one"), telnyx.dial(command_id="one")
    another = telnyx.dial(command_id="two")

    assert first.status_code == again.status_code == 200
    assert first.json() == again.json() != another.json()
    assert len(telnyx.carriers.calls) == 2


def test_a_repeated_command_is_done_once(telnyx: TelnyxStage) -> None:
    call = talking(telnyx)
    name, body = speak("Once", command_id="one")

    answers = [telnyx.command(call.sid, name, **body).json() for _ in range(2)]
    assert call.alerts == []
    assert telnyx.command(call.sid, "hangup", command_id="one").ok
    telnyx.wait_for(call, "call.speak.ended")
    telnyx.command(call.sid, *HANG_UP[:1])

    over(call)
    assert answers == [{"data": {"result": "ok"}}] * 2
    assert call.far_end.words == ("Once",)
    assert call.alerts == ["hangup was ignored: its command_id was used already"]


def test_a_refused_command_can_be_repeated_with_its_id(telnyx: TelnyxStage) -> None:
    call = telnyx.dial_in()
    name, body = speak("Hello", command_id="one")
    assert code(telnyx.command(call.sid, name, **body)) == (422, "90034")

    telnyx.command(call.sid, "answer")
    telnyx.wait_for(call, "call.answered")

    assert telnyx.command(call.sid, name, **body).ok
    telnyx.wait_for(call, "call.speak.ended")
    assert call.far_end.words == ("Hello",)


def test_an_id_is_remembered_for_a_minute() -> None:
    now = 0.0
    repetitions = Repetitions(lambda: now)
    repetitions.keep("call", "id", None, {"result": "ok"})

    now = 60.0
    assert repetitions.find("call", "id") == (None, {"result": "ok"})
    assert repetitions.find("other", "id") is None
    now = 60.1
    assert repetitions.find("call", "id") is None


@pytest.mark.parametrize(
    ("fault", "expected", "calls"),
    [
        (CreateFault.REFUSES, (422, "10015"), 0),
        (CreateFault.THROTTLES, (429, "90103"), 0),
        (CreateFault.FAILS, (500, "10007"), 0),
        (CreateFault.FAILS_AFTER_DIALLING, (500, "10007"), 1),
    ],
)
def test_a_dial_fails_as_asked_and_the_next_one_does_not(
    telnyx: TelnyxStage, fault: CreateFault, expected: tuple[int, str], calls: int
) -> None:
    telnyx.carriers.telnyx.faults.on_next_create(fault)

    failed = telnyx.dial(command_id="one")

    assert code(failed) == expected
    assert len(telnyx.carriers.calls) == calls
    again = telnyx.dial(command_id="one").json()["data"]
    assert [call.sid for call in telnyx.carriers.calls] == [again["call_control_id"]]


@pytest.mark.parametrize(
    ("fault", "calls"), [(CreateFault.DROPS, 0), (CreateFault.DROPS_AFTER_DIALLING, 1)]
)
def test_the_connection_can_be_cut_before_and_after_dialling(
    telnyx: TelnyxStage, fault: CreateFault, calls: int
) -> None:
    telnyx.carriers.telnyx.faults.on_next_create(fault)

    with pytest.raises(requests.ConnectionError):
        telnyx.dial()

    assert len(telnyx.carriers.calls) == calls


@pytest.mark.parametrize(
    ("fault", "expected", "words"),
    [
        (CreateFault.THROTTLES, (429, "10011"), ()),
        (CreateFault.FAILS, (500, "10007"), ()),
        (CreateFault.FAILS_AFTER_DIALLING, (500, "10007"), ("Hello",)),
    ],
)
def test_a_command_fails_as_asked_and_may_be_done_all_the_same(
    telnyx: TelnyxStage, fault: CreateFault, expected: tuple[int, str], words: tuple[str, ...]
) -> None:
    call = talking(telnyx)
    telnyx.carriers.telnyx.faults.on_next_command(fault)
    name, body = speak("Hello")

    failed = telnyx.command(call.sid, name, **body)
    telnyx.carriers.network.clock.sleep(3)
    telnyx.command(call.sid, "hangup")

    over(call)
    assert code(failed) == expected
    assert call.far_end.words == words
    if expected[0] == 429:
        assert failed.headers["x-ratelimit-remaining"] == "0"


def test_a_command_can_hang_although_it_was_done(telnyx: TelnyxStage) -> None:
    call = talking(telnyx)
    telnyx.carriers.telnyx.faults.on_next_command(CreateFault.HANGS)

    with pytest.raises(requests.ReadTimeout):
        telnyx.ask("POST", f"/{call.sid}/actions/hangup", {}, secs=0.3)

    over(call)
