import audioop

import numpy as np
import pytest

from chalicelib.audio import g711

EVERY_SAMPLE = np.arange(-32_768, 32_768).astype(np.int16)
EVERY_CODE = bytes(range(256))


def test_every_sample_has_the_mu_law_code_that_the_reference_gives_it() -> None:
    assert g711.encode(EVERY_SAMPLE) == audioop.lin2ulaw(EVERY_SAMPLE.tobytes(), 2)


def test_every_mu_law_code_means_the_sample_that_the_reference_gives_it() -> None:
    assert g711.decode(EVERY_CODE).tobytes() == audioop.ulaw2lin(EVERY_CODE, 2)


def test_every_sample_has_the_a_law_code_that_the_reference_gives_it() -> None:
    assert g711.encode_alaw(EVERY_SAMPLE) == audioop.lin2alaw(EVERY_SAMPLE.tobytes(), 2)


def test_every_a_law_code_means_the_sample_that_the_reference_gives_it() -> None:
    assert g711.decode_alaw(EVERY_CODE).tobytes() == audioop.alaw2lin(EVERY_CODE, 2)


def test_a_sound_that_went_through_once_goes_through_again_unchanged() -> None:
    mu, a = g711.decode(EVERY_CODE), g711.decode_alaw(EVERY_CODE)

    assert np.array_equal(g711.decode(g711.encode(mu)), mu)
    assert np.array_equal(g711.decode_alaw(g711.encode_alaw(a)), a)


def test_nothing_is_encoded_as_nothing() -> None:
    assert g711.encode(EVERY_SAMPLE[:0]) == b""
    assert g711.decode(b"").dtype == np.int16
    assert len(g711.decode(b"")) == 0


@pytest.mark.parametrize("count", [1, 2, 3, 255])
def test_any_number_of_codes_is_decoded_in_their_order(count: int) -> None:
    codes = EVERY_CODE[::-1][:count]

    assert g711.decode(codes).tobytes() == audioop.ulaw2lin(codes, 2)
    assert g711.decode_alaw(codes).tobytes() == audioop.alaw2lin(codes, 2)


def test_samples_that_do_not_lie_side_by_side_are_encoded_in_their_order() -> None:
    assert g711.encode(EVERY_SAMPLE[::-2]) == g711.encode(EVERY_SAMPLE)[::-2]


@pytest.mark.parametrize(
    "pcm", [np.zeros(4), np.zeros(4, np.int32), np.zeros((2, 2), np.int16)], ids=str
)
def test_what_is_not_a_row_of_16_bit_samples_is_refused(pcm: np.ndarray) -> None:
    with pytest.raises(TypeError, match="16-bit and of one channel"):
        g711.encode(pcm)
