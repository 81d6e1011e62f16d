import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from chalicelib.audio.aloud import AT_ONCE, LONGEST_TEXT, Aloud
from chalicelib.audio.containers import read
from chalicelib.calls.sounds import SoundFormat, Utterance
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.errors import SpeechError
from tests.fake_voice import FakeEngine, FakeShelf

ENOUGH = 30.0
HELLO = Utterance(
    text="Hello, this is the bakery.",
    language="en-US",
    speech=SpeechSettings(provider=SpeechKind.POLLY),
    format=SoundFormat.MULAW_WAV,
)
LONG = replace(
    HELLO,
    text=" ".join(f"This is sentence {n} of many. " + "And so on" * 25 + "." for n in range(8)),
)


def reader(engine: FakeEngine, shelf: FakeShelf | None = None) -> Aloud:
    return Aloud(shelf=shelf or FakeShelf(), engine_of=lambda _: engine)


def test_what_was_read_once_is_kept_and_costs_nothing_the_second_time() -> None:
    engine, shelf = FakeEngine(), FakeShelf()

    assert not reader(engine, shelf).has(HELLO)
    assert reader(engine, shelf).has(HELLO, within_secs=ENOUGH)
    assert reader(engine, shelf).has(HELLO)
    assert engine.read == [HELLO.text]


def test_what_is_known_to_be_there_is_not_asked_for_again() -> None:
    shelf = FakeShelf()
    aloud = reader(FakeEngine(), shelf)
    aloud.has(HELLO, within_secs=ENOUGH)
    asked = shelf.asked

    assert aloud.has(HELLO)
    assert shelf.asked == asked


def test_a_document_that_cannot_wait_does_not_have_anything_read() -> None:
    engine = FakeEngine()

    assert not reader(engine).has(HELLO)
    assert engine.read == []


@pytest.mark.parametrize("form", SoundFormat)
def test_the_file_is_what_the_carrier_plays(form: SoundFormat) -> None:
    content = reader(FakeEngine()).content(replace(HELLO, format=form), within_secs=ENOUGH)

    sound = read(content)
    assert content[20] == (7 if form is SoundFormat.MULAW_WAV else 1)
    assert sound.rate == 8_000
    assert sound.seconds == pytest.approx(len(HELLO.text) / 15, abs=0.02)
    assert 1_000 < np.abs(sound.samples).max() < 32_000


def test_the_sentences_of_a_long_text_are_read_at_once_and_heard_in_their_order() -> None:
    engine = FakeEngine()
    engine.may_speak.clear()
    aloud = reader(engine)
    content: list[bytes] = []
    listening = threading.Thread(
        target=lambda: content.append(aloud.content(LONG, within_secs=ENOUGH))
    )
    listening.start()
    while engine.at_once < AT_ONCE:
        time.sleep(0.01)
    engine.may_speak.set()
    listening.join()

    letters = sum(map(len, engine.read))
    assert engine.most_at_once == AT_ONCE
    assert len(engine.read) >= 8
    assert read(content[0]).seconds == pytest.approx(
        letters / 15 + 0.15 * (len(engine.read) - 1), abs=0.2
    )


def test_what_comes_too_late_is_there_the_next_time() -> None:
    engine = FakeEngine()
    engine.may_speak.clear()
    aloud = reader(engine)

    assert not aloud.has(HELLO, within_secs=0.05)
    engine.may_speak.set()

    assert aloud.has(HELLO, within_secs=ENOUGH)
    assert engine.read == [HELLO.text]


def test_whoever_wants_the_same_meanwhile_waits_for_the_same() -> None:
    engine = FakeEngine()
    engine.may_speak.clear()
    aloud = reader(engine)
    threads = [
        threading.Thread(target=lambda: aloud.has(HELLO, within_secs=ENOUGH)) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    while not engine.read:
        time.sleep(0.01)
    engine.may_speak.set()
    for thread in threads:
        thread.join()

    assert engine.read == [HELLO.text]


def test_an_engine_that_fails_leaves_it_to_the_carrier() -> None:
    engine, shelf = FakeEngine(fails_at="bakery"), FakeShelf()

    assert not reader(engine, shelf).has(HELLO, within_secs=ENOUGH)
    assert shelf.kept == {}


def test_one_sentence_that_fails_fails_the_whole() -> None:
    shelf = FakeShelf()

    assert not reader(FakeEngine(fails_at="sentence 5"), shelf).has(LONG, within_secs=ENOUGH)
    assert shelf.kept == {}


def test_an_engine_that_is_broken_in_an_unknown_way_leaves_it_to_the_carrier() -> None:
    def breaks(_: SpeechSettings) -> FakeEngine:
        raise ZeroDivisionError

    assert not Aloud(shelf=FakeShelf(), engine_of=breaks).has(HELLO, within_secs=ENOUGH)


def test_a_shelf_that_fails_leaves_it_to_the_carrier() -> None:
    shelf = FakeShelf()
    shelf.is_broken = True

    assert not reader(FakeEngine(), shelf).has(HELLO)
    assert not reader(FakeEngine(), shelf).has(HELLO, within_secs=ENOUGH)


def test_after_a_failure_it_is_tried_again() -> None:
    shelf = FakeShelf()
    aloud = reader(FakeEngine(), shelf)
    shelf.is_broken = True
    assert not aloud.has(HELLO, within_secs=ENOUGH)
    shelf.is_broken = False

    assert aloud.has(HELLO, within_secs=ENOUGH)


@pytest.mark.parametrize("text", ["", " \n", "a" * (LONGEST_TEXT + 1)], ids=len)
def test_nothing_and_too_much_are_left_to_the_carrier(text: str) -> None:
    assert not reader(FakeEngine()).has(replace(HELLO, text=text), within_secs=ENOUGH)


def test_what_is_gone_is_made_again_of_its_address() -> None:
    engine = FakeEngine()

    assert reader(engine).content(HELLO, within_secs=ENOUGH)
    assert engine.read == [HELLO.text]


def test_what_cannot_be_made_again_in_time_is_an_error() -> None:
    engine = FakeEngine()
    engine.may_speak.clear()

    with pytest.raises(SpeechError, match="not within"):
        reader(engine).content(HELLO, within_secs=0.05)
    engine.may_speak.set()
