import math

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.audio.resample import Resampler, resample
from tests.sound import (
    fitted,
    folded_back,
    gains,
    in_db,
    noise,
    power,
    ripple,
    signal_to_noise,
    sine,
    steady,
)

RATES = (48_000, 44_100, 24_000, 22_050, 16_000)
PAIRS = [*((rate, 8_000) for rate in RATES), *((8_000, rate) for rate in RATES)]

every_pair = pytest.mark.parametrize(("from_rate", "to_rate"), PAIRS)
every_way_down = pytest.mark.parametrize("rate", RATES)


@every_pair
def test_a_tone_of_1_khz_is_far_above_all_that_is_added_to_it(from_rate: int, to_rate: int) -> None:
    assert signal_to_noise(1_000, from_rate, to_rate, resample) >= 75


@every_way_down
def test_what_would_fold_back_into_the_band_is_taken_down_by_60_db(rate: int) -> None:
    assert folded_back(rate, resample) <= -60


@every_way_down
def test_no_image_of_the_band_appears_above_it(rate: int) -> None:
    there = steady(resample(sine(3_200, 8_000), 8_000, rate))
    tone = fitted(there, 3_200, rate)

    assert in_db(power(tone) / power(there - tone)) >= 60


@every_pair
def test_the_band_of_a_telephone_passes_as_it_is(from_rate: int, to_rate: int) -> None:
    assert ripple(from_rate, to_rate, resample) <= 0.05
    assert abs(gains([3_400], from_rate, to_rate, resample)[0]) <= 0.5


@every_pair
def test_a_tone_comes_out_in_step_with_how_it_went_in(from_rate: int, to_rate: int) -> None:
    there = resample(sine(440, from_rate), from_rate, to_rate)

    assert np.abs(steady(there) - steady(sine(440, to_rate))).max() <= 20


@every_pair
def test_a_level_stays_the_level_it_is(from_rate: int, to_rate: int) -> None:
    there = steady(resample(np.full(from_rate // 4, 20_000, np.int16), from_rate, to_rate))

    assert set(there) == {20_000.0}


@every_pair
def test_the_loudest_square_wave_saturates_and_never_turns_over(
    from_rate: int, to_rate: int
) -> None:
    square = np.where(sine(100, from_rate) >= 0, 32_767, -32_768).astype(np.int16)

    there = resample(square, from_rate, to_rate)

    # 100 Hz: well within a half wave, each sample has the sign of the square.
    at = np.arange(len(there)) / to_rate * 100 % 1
    assert there[(at > 0.1) & (at < 0.4)].min() > 20_000
    assert there[(at > 0.6) & (at < 0.9)].max() < -20_000
    assert there.max() == 32_767
    assert there.min() == -32_768


@every_pair
@pytest.mark.parametrize("count", [0, 1, 2, 3, 79, 80, 160, 441, 1_000, 44_101])
def test_a_sound_is_as_long_as_before_to_the_nearest_sample(
    from_rate: int, to_rate: int, count: int
) -> None:
    there = resample(noise(count), from_rate, to_rate)

    assert len(there) == math.floor(count * to_rate / from_rate + 0.5)
    assert there.dtype == np.int16


@every_pair
def test_it_is_what_soxr_makes_of_the_same_sound(from_rate: int, to_rate: int) -> None:
    voice = sum(sine(hertz, from_rate, height=5_000) for hertz in (120, 700, 1_900, 3_000))
    assert isinstance(voice, np.ndarray)

    ours = resample(voice, from_rate, to_rate)
    theirs = soxr.resample(voice, from_rate, to_rate, quality="HQ")

    assert len(ours) == len(theirs)
    assert np.abs(steady(ours) - steady(theirs)).max() <= 40


@every_pair
@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(0, 8_000), max_size=12))
def test_a_sound_that_comes_in_pieces_has_the_same_samples(
    from_rate: int, to_rate: int, cuts: list[int]
) -> None:
    whole = noise(8_000)
    resampler = Resampler(from_rate, to_rate)

    pieces = [resampler.feed(piece) for piece in np.split(whole, sorted(cuts))]

    assert np.array_equal(
        np.concatenate([*pieces, resampler.flush()]), resample(whole, from_rate, to_rate)
    )


def test_pieces_shorter_than_a_frame_of_a_call_have_the_same_samples_too() -> None:
    whole = noise(4_000)
    resampler = Resampler(22_050, 8_000)

    pieces = [resampler.feed(whole[at : at + 3]) for at in range(0, len(whole), 3)]

    assert np.array_equal(
        np.concatenate([*pieces, resampler.flush()]), resample(whole, 22_050, 8_000)
    )


def test_after_the_rest_was_given_another_sound_begins() -> None:
    resampler = Resampler(24_000, 8_000)
    first = np.concatenate((resampler.feed(noise(999)), resampler.flush()))

    second = np.concatenate((resampler.feed(noise(999)), resampler.flush()))

    assert np.array_equal(first, second)


def test_a_piece_is_given_on_without_waiting_for_the_end() -> None:
    resampler = Resampler(24_000, 8_000)

    given = sum(len(resampler.feed(noise(480))) for _ in range(50))

    # 20 ms come in fifty times; what is held back is less than one of them.
    assert 8_000 - given < 160


def test_the_same_rate_gives_the_same_samples_in_a_place_of_their_own() -> None:
    pcm = noise(100)

    there = resample(pcm, 8_000, 8_000)

    assert np.array_equal(there, pcm)
    assert not np.shares_memory(there, pcm)


@pytest.mark.parametrize(("from_rate", "to_rate"), [(0, 8_000), (8_000, -1), (8_000, 1_000_000)])
def test_a_rate_that_cannot_be_is_refused(from_rate: int, to_rate: int) -> None:
    with pytest.raises(ValueError, match="a rate lies between"):
        resample(noise(10), from_rate, to_rate)


def test_rates_that_would_need_an_endless_filter_are_refused() -> None:
    with pytest.raises(ValueError, match="too little in common"):
        resample(noise(10), 191_999, 8_000)


def test_what_is_not_a_row_of_16_bit_samples_is_refused() -> None:
    with pytest.raises(TypeError, match="16-bit and of one channel"):
        resample(np.zeros(10), 24_000, 8_000)  # type: ignore[arg-type]
