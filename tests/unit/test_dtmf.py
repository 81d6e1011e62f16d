import numpy as np
import pytest

from chalicelib.audio.dtmf import HIGH, KEYS, LOW, PAUSE_SECS, TONE_SECS, detect, tone, tones
from chalicelib.audio.g711 import decode, encode
from chalicelib.audio.resample import resample
from chalicelib.audio.samples import Samples, decibels, saturated

EVERY_KEY = "".join(KEYS)
SILENCE = np.zeros(800, np.int16)
FREQUENCIES = {
    key: (LOW[row], HIGH[column])
    for row, keys in enumerate(KEYS)
    for column, key in enumerate(keys)
}

every_key = pytest.mark.parametrize("key", EVERY_KEY)


def digits(pcm: Samples) -> str:
    return "".join(key.digit for key in detect(pcm))


def pressed(key: str, *, secs: float = 0.06, off: tuple[float, float] = (0, 0)) -> Samples:
    low, high = FREQUENCIES[key]
    return tone(low * (1 + off[0]), high * (1 + off[1]), secs=secs)


def between_silence(*sounds: Samples) -> Samples:
    return np.concatenate([SILENCE, *sounds, SILENCE])


def noise(count: int, height: float) -> np.ndarray:
    return np.random.default_rng(3).normal(0, height, count)


def level(pcm: np.ndarray) -> float:
    return float(np.sqrt(np.mean(pcm.astype(float) ** 2)))


@every_key
def test_a_key_sounds_as_the_two_tones_that_q_23_gives_it(key: str) -> None:
    spectrum = np.abs(np.fft.rfft(tones(key, tone_secs=1.0, pause_secs=0.0)))

    assert sorted(np.argsort(spectrum)[-2:]) == list(FREQUENCIES[key])


def test_the_frequencies_are_those_of_q_23() -> None:
    assert LOW == (697, 770, 852, 941)
    assert HIGH == (1209, 1336, 1477, 1633)
    assert FREQUENCIES["5"] == (770, 1336)
    assert FREQUENCIES["#"] == (941, 1477)


def test_what_is_keyed_is_heard_again() -> None:
    assert digits(tones(EVERY_KEY)) == EVERY_KEY


def test_letters_may_be_keyed_small() -> None:
    assert digits(tones("abcd")) == "ABCD"


def test_nothing_keyed_is_no_sound() -> None:
    assert len(tones("")) == 0
    assert detect(tones("")) == []


def test_a_key_is_heard_when_and_for_as_long_as_it_is_pressed() -> None:
    (first, second) = detect(tones("w1W#"))

    assert (first.digit, second.digit) == ("1", "#")
    assert first.begins == pytest.approx(0.5, abs=0.005)
    assert first.lasts == pytest.approx(TONE_SECS, abs=0.01)
    assert second.begins == pytest.approx(0.5 + TONE_SECS + PAUSE_SECS + 1.0, abs=0.005)


def test_keys_are_heard_through_the_codes_of_a_telephone_line() -> None:
    assert digits(decode(encode(tones(EVERY_KEY)))) == EVERY_KEY


def test_keys_are_heard_behind_a_change_of_rate() -> None:
    there_and_back = resample(resample(tones(EVERY_KEY), 8_000, 22_050), 22_050, 8_000)

    assert digits(there_and_back) == EVERY_KEY


@every_key
@pytest.mark.parametrize("off", [-0.015, 0.015])
def test_tones_that_are_off_by_1_5_percent_and_2_hz_are_a_key(key: str, off: float) -> None:
    low, high = (off + np.sign(off) * 2 / nominal for nominal in FREQUENCIES[key])

    assert digits(between_silence(pressed(key, off=(low, 0)))) == key
    assert digits(between_silence(pressed(key, off=(0, high)))) == key
    assert digits(between_silence(pressed(key, off=(low, high)))) == key


@every_key
@pytest.mark.parametrize("off", [-0.035, 0.035])
def test_a_tone_that_is_off_by_3_5_percent_is_none(key: str, off: float) -> None:
    assert digits(between_silence(pressed(key, off=(off, 0)))) == ""
    assert digits(between_silence(pressed(key, off=(0, off)))) == ""


@every_key
def test_40_ms_are_a_key_wherever_they_begin(key: str) -> None:
    for late in range(0, 40, 7):
        assert digits(between_silence(SILENCE[:late], pressed(key, secs=0.040))) == key


@every_key
def test_less_than_23_ms_are_no_key_wherever_they_begin(key: str) -> None:
    for late in range(0, 40, 7):
        assert digits(between_silence(SILENCE[:late], pressed(key, secs=0.0229))) == ""


@every_key
def test_10_ms_may_be_missing_of_a_key(key: str) -> None:
    whole = pressed(key, secs=0.1)
    broken = np.where((np.arange(len(whole)) // 80) == 5, 0, whole).astype(np.int16)

    assert digits(between_silence(broken)) == key


@every_key
def test_a_pause_of_40_ms_parts_two_keys(key: str) -> None:
    once = pressed(key, secs=0.05)

    assert digits(between_silence(once, SILENCE[:320], once)) == key * 2


def test_keys_may_follow_each_other_as_fast_as_q_24_lets_them() -> None:
    assert digits(tones("1122#", tone_secs=0.04, pause_secs=0.04)) == "1122#"


@every_key
@pytest.mark.parametrize("twist_db", [-8.0, 4.0])
def test_one_tone_may_be_louder_than_the_other(key: str, twist_db: float) -> None:
    assert digits(between_silence(tone(*FREQUENCIES[key], secs=0.06, twist_db=twist_db))) == key


@every_key
@pytest.mark.parametrize("twist_db", [-15.0, 10.0])
def test_one_tone_may_not_drown_the_other(key: str, twist_db: float) -> None:
    assert digits(between_silence(tone(*FREQUENCIES[key], secs=0.06, twist_db=twist_db))) == ""


@pytest.mark.parametrize("quieter_db", [0, 10, 25])
def test_keys_are_heard_down_to_25_db_below_the_loudest(quieter_db: float) -> None:
    assert digits(saturated(tones(EVERY_KEY) * decibels(-quieter_db))) == EVERY_KEY


def test_what_is_55_db_below_the_loudest_is_no_key() -> None:
    assert digits(saturated(tones(EVERY_KEY) * decibels(-50))) == ""


def test_keys_are_heard_in_noise_15_db_below_them() -> None:
    keyed = tones(EVERY_KEY, tone_secs=0.05, pause_secs=0.05)
    loud = level(pressed("1"))

    assert digits(saturated(keyed + noise(len(keyed), loud * decibels(-15)))) == EVERY_KEY


def test_minutes_of_noise_are_no_key() -> None:
    assert digits(saturated(noise(200 * 8_000, 6_000))) == ""


@every_key
def test_one_of_the_two_tones_alone_is_no_key(key: str) -> None:
    low, high = FREQUENCIES[key]

    for alone in (low, high):
        assert digits(between_silence(tone(alone, alone, secs=0.1))) == ""


def test_a_chord_of_three_tones_is_no_key() -> None:
    chord = saturated(pressed("1", secs=0.2).astype(float) + pressed("5", secs=0.2))

    assert digits(between_silence(chord)) == ""


@pytest.mark.parametrize("length", [1, 100, 204, 205])
def test_what_is_too_short_to_listen_to_is_no_key(length: int) -> None:
    assert detect(pressed("1")[:length]) == []
