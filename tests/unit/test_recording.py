import math
import wave
from array import array
from pathlib import Path

from moltis.carriers.line import Moment, Side, Sound
from moltis.recording import RATE, record

HELLO = Moment(
    at=0, side=Side.AGENT, sound=Sound.SPEECH, text="Hello, can you hear me?", whole=True
)
KEYS = Moment(at=3, side=Side.FAR_END, sound=Sound.KEYS, text="5", whole=True)


def channels(path: Path) -> tuple[list[int], list[int]]:
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        samples = array("h", file.readframes(file.getnframes()))
    return list(samples[0::2]), list(samples[1::2])


def power(samples: list[int], hertz: int) -> float:
    turn = 2 * math.pi * hertz / RATE
    real = sum(sample * math.cos(at * turn) for at, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(at * turn) for at, sample in enumerate(samples))
    return math.hypot(real, imaginary) / max(1, len(samples))


def test_the_agent_is_on_the_right_and_the_far_end_on_the_left(tmp_path: Path) -> None:
    secs = record([HELLO], tmp_path / "call.wav")

    left, right = channels(tmp_path / "call.wav")
    assert 0.8 < secs < 4
    assert max(map(abs, left)) == 0
    assert 3_000 < max(map(abs, right)) < 32_768


def test_a_key_is_heard_as_its_two_tones(tmp_path: Path) -> None:
    record([KEYS], tmp_path / "call.wav")

    left, _ = channels(tmp_path / "call.wav")
    key = left[: int(0.12 * RATE)]
    strong = {
        hertz for hertz in (697, 770, 852, 941, 1209, 1336, 1477) if power(key, hertz) > 1_000
    }
    assert strong == {770, 1336}


def test_words_that_were_cut_short_are_cut_short(tmp_path: Path) -> None:
    cut = Moment(at=0, side=Side.AGENT, sound=Sound.SPEECH, text=HELLO.text, whole=False)
    after = Moment(at=0.5, side=Side.FAR_END, sound=Sound.KEYS, text="5", whole=True)

    whole = record([HELLO, after], tmp_path / "whole.wav")
    part = record([cut, after], tmp_path / "part.wav")

    assert part < whole


def test_a_call_in_which_nothing_was_heard_is_an_empty_recording(tmp_path: Path) -> None:
    assert record([], tmp_path / "call.wav") == 0
    assert channels(tmp_path / "call.wav") == ([], [])
