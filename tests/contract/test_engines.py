import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import botocore.session
import numpy as np
import pytest
from openai import OpenAI

from chalicelib import aws
from chalicelib.audio.containers import LARGEST, write_wav
from chalicelib.audio.resample import HIGHEST_RATE, LOWEST_RATE
from chalicelib.audio.samples import Sound
from chalicelib.audio.speech import openai, polly, registry
from chalicelib.audio.speech.base import LONGEST_TEXT
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.errors import SpeechError
from tests.contract.engines import (
    CASES,
    KEY,
    LETTERS_PER_SECOND,
    EngineCase,
    EspeakCase,
    OpenAICase,
    PollyCase,
    ServedCase,
    every_engine,
    every_served_engine,
    every_speaking_engine,
)
from tests.model_server import Answers, BreaksOff, Fails, Hangs, ModelServer, Move, Writes
from tests.sound import sine

LONG: Final = ("One, two, three. " * 99)[:LONGEST_TEXT]
TEXT: Final = "Your table for 4 is booked, Mrs Miller."
BROKEN: Final[dict[str, Move]] = {
    "nothing": Writes(b"", "audio/pcm"),
    "half a sample": Writes(b"\1\0\2", "audio/pcm"),
    "a complaint where sound should be": Writes(
        b'{"error": {"message": "No credit."}}' * 9, "audio/pcm"
    ),
    "a page": Writes(b"<html>Welcome</html>\n" * 9, "text/html"),
    "an MP3": Writes(b"ID3\4" + bytes(400), "audio/mpeg"),
    "an answer that is cut": BreaksOff(TEXT),
    "an endless answer": Writes(bytes(LARGEST + 2), "audio/pcm"),
}
Serve = Callable[..., ModelServer]


@pytest.fixture
def serve(case: ServedCase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with ExitStack() as running:

        def start(*script: Move) -> ModelServer:
            server = running.enter_context(case.serve(*script))
            go_to(case, server.url, monkeypatch)
            return server

        yield start
    forget()


def go_to(case: EngineCase, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in case.environment(url).items():
        monkeypatch.setenv(name, value)
    forget()


def forget() -> None:
    aws.client.cache_clear()
    aws.session.cache_clear()


def complaint(case: EngineCase, url: str = "", *, text: str = TEXT, language: str = "en-US") -> str:
    with pytest.raises(SpeechError) as caught:
        case.engine(url).speak(text, language=language)
    return "".join(traceback.format_exception(caught.value))


def test_every_kind_that_can_be_configured_has_a_case() -> None:
    assert {case.kind for case in CASES} == set(SpeechKind) == set(registry.ENGINES)


@every_engine
def test_an_engine_knows_what_it_is(case: EngineCase) -> None:
    engine = case.engine()

    assert engine.kind is case.kind
    assert engine.is_carriers_own is (case.kind is SpeechKind.CARRIER)


def test_the_carrier_gives_no_sound_to_us() -> None:
    with pytest.raises(SpeechError, match="the carrier speaks itself"):
        registry.build(SpeechSettings()).speak(TEXT, language="en-US")


def heard(case: EngineCase, url: str = "", *, text: str = TEXT) -> Sound:
    sound = case.engine(url).speak(text, language="en-US")
    assert LOWEST_RATE <= sound.rate <= HIGHEST_RATE
    assert sound.samples.dtype == np.int16
    assert sound.samples.ndim == 1
    assert np.abs(sound.samples.astype(float)).max() > 1_000
    return sound


def test_what_espeak_reads_aloud_can_be_heard() -> None:
    assert 1.5 < heard(EspeakCase()).seconds < 6.0


@every_served_engine
def test_what_a_server_reads_aloud_can_be_heard(case: ServedCase, serve: Serve) -> None:
    server = serve(Answers(TEXT))

    assert heard(case, server.url).seconds == pytest.approx(
        len(TEXT) / LETTERS_PER_SECOND, abs=0.01
    )


@every_speaking_engine
@pytest.mark.parametrize("text", ["", "  \n ", "a" * (LONGEST_TEXT + 1)], ids=len)
def test_nothing_and_too_much_are_refused_unasked(case: EngineCase, text: str) -> None:
    assert "letters" in complaint(case, text=text) or not text.strip()


def test_espeak_reads_the_longest_text_to_its_end() -> None:
    assert heard(EspeakCase(), text=LONG).seconds > 20


@every_served_engine
def test_a_server_reads_the_longest_text_to_its_end(case: ServedCase, serve: Serve) -> None:
    server = serve(Answers(LONG))

    assert heard(case, server.url, text=LONG).seconds > 20


@every_served_engine
def test_the_server_is_asked_as_its_vendor_says(case: ServedCase, serve: Serve) -> None:
    server = serve()

    case.engine(server.url).speak(TEXT, language="en-US")
    case.engine(server.url, voice="Matthew").speak("Zwölf Brötchen & Käse <3", language="de-DE")

    first, second = server.asked
    assert [case.objections(asked) for asked in server.asked] == [[], []]
    assert (case.words(first), case.words(second)) == (TEXT, "Zwölf Brötchen & Käse <3")
    assert case.voice(first)
    assert case.voice(second) == "Matthew"


@every_served_engine
def test_a_wav_is_understood_where_bare_samples_were_asked_for(
    case: ServedCase, serve: Serve
) -> None:
    wav = write_wav(sine(400, 22_050), 22_050)
    server = serve(Writes(wav, "audio/wav"))

    assert case.engine(server.url).speak(TEXT, language="en-US").rate == 22_050


@every_served_engine
@pytest.mark.parametrize("what", BROKEN)
def test_what_is_no_speech_is_an_error(case: ServedCase, what: str, serve: Serve) -> None:
    server = serve(BROKEN[what])

    assert TEXT not in complaint(case, server.url)


@every_served_engine
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_a_refusal_is_an_error_that_tells_neither_the_key_nor_the_text(
    case: ServedCase, status: int, serve: Serve
) -> None:
    error = {"message": f"No: {TEXT}", "type": "server_error", "code": "NoSuchVoice"}
    server = serve(Fails(status, error))

    told = complaint(case, server.url)

    assert len(server.asked) == 1
    assert all(secret not in told for secret in (*case.secrets, TEXT))


@every_served_engine
def test_a_server_that_is_not_there_is_an_error(
    case: ServedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with case.serve() as gone:
        url = gone.url
    go_to(case, url, monkeypatch)

    assert "cannot be reached" in complaint(case, url)
    forget()


@every_served_engine
@pytest.mark.parametrize("text", ["", TEXT], ids=["from the start", "in the middle"])
def test_a_server_that_falls_silent_is_not_waited_for(
    case: ServedCase, text: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    for engine in (openai, polly):
        monkeypatch.setattr(engine, "PATIENCE_SECS", 0.2)
    server = serve(Hangs(text))

    assert complaint(case, server.url)


@every_engine
def test_no_engine_shows_its_key(case: EngineCase) -> None:
    engine = case.engine()

    assert all(secret not in f"{engine!r} {vars(engine)!r}" for secret in case.secrets)


def test_the_vendors_library_asks_as_we_do_and_hears_the_same() -> None:
    case = OpenAICase()
    with case.serve(Answers(TEXT), Answers(TEXT)) as server:
        ours = heard(case, server.url)
        theirs = (
            OpenAI(base_url=server.url, api_key=KEY, max_retries=0)
            .audio.speech.create(
                model="gpt-4o-mini-tts", voice="alloy", input=TEXT, response_format="pcm"
            )
            .read()
        )

    first, second = server.asked
    assert (first.path, first.body) == (second.path, second.body)
    assert first.headers["authorization"] == second.headers["authorization"]
    assert ours.samples.astype("<i2").tobytes() == theirs


def test_a_speech_server_on_the_internet_is_asked_by_https_only() -> None:
    with pytest.raises(SpeechError, match="https"):
        OpenAICase().engine("http://speech.example/v1")


def test_every_voice_of_ours_is_one_of_pollys_and_every_language_of_polly_has_one() -> None:
    service = botocore.session.get_session().get_service_model("polly")
    members = service.operation_model("SynthesizeSpeech").input_shape.members
    # Polly's own words for Arabic and Mandarin; these have standard voices only: Welsh, Icelandic…
    unusual = {"arb": "ar", "cmn-CN": "zh-CN", "en-GB-WLS": "en-GB"}
    without_neural = {"cy-GB", "is-IS", "ro-RO", "ru-RU"}

    assert set(polly.VOICES.values()) <= set(members["VoiceId"].enum)
    for language in set(members["LanguageCode"].enum) - without_neural:
        assert polly.voice_for(unusual.get(language, language))


@pytest.mark.parametrize(
    ("language", "voice"),
    [
        ("en-US", "Joanna"),
        ("en-GB", "Amy"),
        ("de", "Vicki"),
        ("de-LI", "Vicki"),
        ("zh-CN", "Zhiyu"),
    ],
)
def test_polly_has_a_voice_for_the_language(language: str, voice: str) -> None:
    assert polly.voice_for(language) == voice


def test_a_language_without_a_voice_is_an_error_that_names_the_setting() -> None:
    assert "phone.tts.voice" in complaint(PollyCase(), language="tlh-KX")
    assert "no voice 'tlh" in complaint(EspeakCase(), language="tlh-KX")


@pytest.mark.parametrize(
    "language", ["en-US", "en-GB", "de-DE", "pt-BR", "zh-CN", "nb-NO", "fr-CA"]
)
def test_espeak_has_a_voice_for_the_language(language: str) -> None:
    sound = EspeakCase().engine().speak("1, 2, 3", language=language)

    assert sound.seconds > 0.5


@pytest.mark.parametrize("voice", ["de", "en-us+f3"])
def test_espeak_has_the_voices_that_are_written_of(voice: str) -> None:
    assert EspeakCase().engine(voice=voice).speak("1, 2, 3", language="en-US").seconds > 0.5


def test_espeak_does_not_fall_back_from_a_voice_that_was_named() -> None:
    engine = EspeakCase().engine(voice="nobody")

    with pytest.raises(SpeechError, match="no voice 'nobody'"):
        engine.speak(TEXT, language="en-US")


CROWD: Final = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from chalicelib.audio.speech.espeak import Espeak
from chalicelib.calls.terms import SpeechSettings
begin = Barrier(6)
def speak(number):
    begin.wait()
    return Espeak(SpeechSettings()).speak(f"I am number {number}.", language="en-US").seconds
with ThreadPoolExecutor(6) as pool:
    print(sum(seconds > 0.5 for seconds in pool.map(speak, range(6))))
"""


def test_espeak_survives_that_many_want_it_at_once_and_nobody_did_before() -> None:
    # In a process of its own: elsewhere somebody may have started it, and it must not fall alone.
    ran = subprocess.run(
        [sys.executable, "-c", CROWD], capture_output=True, text=True, check=False, timeout=60
    )

    assert (ran.returncode, ran.stdout.strip()) == (0, "6"), ran.stderr
