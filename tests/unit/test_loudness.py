import math

import numpy as np
import pytest

from chalicelib.audio.loudness import active_level, levelled
from chalicelib.audio.samples import FULL_SCALE, Samples, Sound, decibels, saturated
from chalicelib.audio.silence import trimmed
from chalicelib.audio.telephone import for_telephone
from chalicelib.errors import AudioError

CEILING = FULL_SCALE * decibels(-1.0) + 1


def hum(secs: float, level_db: float, *, rate: int = 8_000) -> Samples:
    """A tone that is as loud as *level_db* says, below full scale."""
    turns = 2 * math.pi * 300 * np.arange(round(secs * rate)) / rate
    return saturated(np.sin(turns) * math.sqrt(2) * FULL_SCALE * decibels(level_db))


def silence(secs: float) -> Samples:
    return np.zeros(round(secs * 8_000), np.int16)


def level_db(pcm: Samples) -> float:
    return 20 * math.log10(active_level(pcm))


@pytest.mark.parametrize("before_db", [-4.0, -12.0, -20.0, -35.0, -50.0])
def test_speech_becomes_as_loud_as_other_speech(before_db: float) -> None:
    assert level_db(levelled(hum(1.0, before_db))) == pytest.approx(-20.0, abs=0.3)


def test_what_is_hardly_there_is_raised_only_so_far() -> None:
    assert level_db(levelled(hum(1.0, -62.0))) == pytest.approx(-26.0, abs=0.5)


def test_pauses_do_not_make_speech_louder() -> None:
    with_pauses = np.concatenate([hum(0.5, -30), silence(2.0), hum(0.5, -30), silence(2.0)])

    assert level_db(levelled(with_pauses)) == pytest.approx(-20.0, abs=0.3)


def test_noise_that_nobody_would_hear_stays_as_it_is() -> None:
    hiss = hum(1.0, -70.0)

    assert np.array_equal(levelled(hiss), hiss)
    assert np.array_equal(levelled(silence(1.0)), silence(1.0))
    assert len(levelled(silence(0.0))) == 0


def test_a_click_in_a_whisper_is_turned_down_and_the_whisper_is_not() -> None:
    whisper = hum(1.0, -40.0)
    clicked = whisper.copy()
    clicked[4_000] = 30_000

    there = levelled(clicked)

    assert np.abs(there).max() <= CEILING
    assert level_db(there[:3_000]) == pytest.approx(-20.0, abs=0.5)
    assert level_db(there[5_000:]) == pytest.approx(-20.0, abs=0.5)


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_ever_clipped(seed: int) -> None:
    random = np.random.default_rng(seed)
    bursts = random.normal(0, 1, 8_000) * np.repeat(random.lognormal(7, 2, 80), 100)

    assert np.abs(levelled(saturated(bursts))).max() <= CEILING


def test_the_gain_moves_smoothly_around_a_peak() -> None:
    steady = np.full(8_000, 3_000, np.int16)
    steady[4_000] = 32_767

    there = levelled(steady).astype(float)
    gain = there / steady

    assert np.abs(np.diff(gain)).max() <= 0.03 * gain.max()


def test_silence_around_speech_is_taken_away_but_for_its_edges() -> None:
    there = trimmed(np.concatenate([silence(1.0), hum(0.5, -20), silence(2.0)]))

    assert len(there) / 8_000 == pytest.approx(0.5 + 0.03 + 0.08, abs=0.011)
    assert np.abs(there[:160]).max() == 0


def test_silence_within_speech_stays() -> None:
    spoken = np.concatenate([hum(0.5, -20), silence(1.0), hum(0.5, -20)])

    assert np.array_equal(trimmed(spoken), spoken)


def test_noise_around_speech_counts_as_silence() -> None:
    there = trimmed(np.concatenate([hum(1.0, -70), hum(0.5, -20), hum(1.0, -70)]))

    assert len(there) / 8_000 < 0.7


def test_quiet_speech_is_not_mistaken_for_silence() -> None:
    spoken = np.concatenate([hum(0.5, -55), silence(1.0)])

    assert len(trimmed(spoken)) / 8_000 == pytest.approx(0.58, abs=0.011)


def test_nothing_but_silence_leaves_nothing() -> None:
    assert len(trimmed(silence(1.0))) == 0
    assert len(trimmed(silence(0.0))) == 0


def test_a_sound_is_made_ready_for_a_telephone() -> None:
    studio = np.concatenate([np.zeros(24_000, np.int16), hum(1.0, -40, rate=24_000)])

    there = for_telephone(Sound(studio, 24_000))

    assert len(there) / 8_000 == pytest.approx(1.03, abs=0.02)
    assert level_db(there) == pytest.approx(-20.0, abs=0.3)


def test_a_level_that_only_stands_is_no_sound() -> None:
    with pytest.raises(AudioError, match="only silence"):
        for_telephone(Sound(np.full(8_000, 9_000, np.int16), 8_000))


def test_an_engine_that_gives_only_silence_gave_no_speech() -> None:
    with pytest.raises(AudioError, match="only silence"):
        for_telephone(Sound(silence(1.0), 8_000))
