import io
import struct
import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.audio import g711
from chalicelib.audio.containers import LARGEST, Encoding, Raw, encoded, read, write_wav
from chalicelib.audio.samples import Samples
from chalicelib.errors import AudioError

PCM = Raw(Encoding.PCM16, 24_000)
LINE = Raw(Encoding.MULAW, 8_000)
FLOATS = 3


def ramp(count: int = 400) -> Samples:
    return np.linspace(-30_000, 30_000, count).astype(np.int16)


def chunk(name: bytes, content: bytes, *, size: int | None = None) -> bytes:
    told = len(content) if size is None else size
    return name + struct.pack("<I", told) + content + b"\0" * (len(content) % 2)


def layout(
    number: int, bits: int, *, channels: int = 1, rate: int = 8_000, frame: int | None = None
) -> bytes:
    frame = channels * bits // 8 if frame is None else frame
    return struct.pack("<HHIIHH", number, channels, rate, rate * frame, frame, bits)


def a_wav(*chunks: bytes) -> bytes:
    body = b"".join(chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def test_what_was_written_is_read_again() -> None:
    sound = read(write_wav(ramp(), 16_000))

    assert np.array_equal(sound.samples, ramp())
    assert sound.rate == 16_000
    assert sound.seconds == pytest.approx(400 / 16_000)


@pytest.mark.parametrize(
    ("encoding", "codes"),
    [(Encoding.MULAW, g711.decode(g711.encode(ramp()))), (Encoding.ALAW, None)],
    ids=str,
)
def test_codes_of_the_telephone_network_are_written_and_read(
    encoding: Encoding, codes: Samples | None
) -> None:
    expected = g711.decode_alaw(g711.encode_alaw(ramp())) if codes is None else codes

    assert np.array_equal(read(write_wav(ramp(), 8_000, encoding=encoding)).samples, expected)


def test_the_standard_library_reads_what_we_write() -> None:
    with wave.open(io.BytesIO(write_wav(ramp(), 8_000, channels=2))) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8_000)
        assert file.readframes(1_000) == ramp().astype("<i2").tobytes()


def test_a_mu_law_wav_names_its_code_and_counts_its_samples() -> None:
    content = write_wav(ramp(401), 8_000, encoding=Encoding.MULAW)

    assert content[20:22] == struct.pack("<H", 7)
    assert content[38:50] == b"fact" + struct.pack("<II", 4, 401)
    assert len(content) % 2 == 0
    assert struct.unpack_from("<I", content, 4)[0] == len(content) - 8


@pytest.mark.parametrize(
    ("number", "bits", "content"),
    [
        (1, 8, bytes([0, 128, 255])),
        (1, 16, struct.pack("<3h", -32_768, 0, 32_512)),
        (1, 24, b"\x09\x00\x80\x00\x00\x00\x77\x00\x7f"),
        (1, 32, struct.pack("<3i", -(2**31), 0, 0x7F00_1234)),
        (FLOATS, 32, struct.pack("<3f", -1.0, 0.0, 32_512 / 32_768)),
        (FLOATS, 64, struct.pack("<3d", -1.5, 0.0, 32_512 / 32_768)),
    ],
)
def test_every_width_of_sample_is_read(number: int, bits: int, content: bytes) -> None:
    sound = read(a_wav(chunk(b"fmt ", layout(number, bits)), chunk(b"data", content)))

    assert list(sound.samples) == [-32_768, 0, 32_512]


def test_two_channels_become_one() -> None:
    both = struct.pack("<4h", 100, 300, -32_768, -32_768)

    sound = read(a_wav(chunk(b"fmt ", layout(1, 16, channels=2)), chunk(b"data", both)))

    assert list(sound.samples) == [200, -32_768]


def test_chunks_that_say_nothing_to_us_are_stepped_over() -> None:
    content = a_wav(
        chunk(b"LIST", b"odd"),
        chunk(b"fmt ", layout(1, 16)),
        chunk(b"junk", b""),
        chunk(b"data", encoded(ramp(), Encoding.PCM16)),
    )

    assert np.array_equal(read(content).samples, ramp())


def test_the_number_of_an_extensible_format_stands_further_behind() -> None:
    extension = struct.pack("<HHI", 22, 16, 4) + struct.pack("<H", 1) + bytes(14)
    content = a_wav(
        chunk(b"fmt ", layout(0xFFFE, 16) + extension),
        chunk(b"data", encoded(ramp(), Encoding.PCM16)),
    )

    assert np.array_equal(read(content).samples, ramp())


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_FFFF, 10_000])
def test_an_engine_that_streams_does_not_know_the_size_yet(size: int) -> None:
    content = a_wav(
        chunk(b"fmt ", layout(1, 16)),
        chunk(b"data", encoded(ramp(), Encoding.PCM16), size=size),
    )

    assert np.array_equal(read(content).samples, ramp())


def test_a_last_sample_of_which_a_byte_is_missing_is_left_out() -> None:
    content = a_wav(chunk(b"fmt ", layout(1, 16)), chunk(b"data", b"\1\0\2", size=4))

    assert list(read(content[:-1]).samples) == [1]


def test_samples_without_a_head_are_of_the_kind_that_was_asked_for() -> None:
    sound = read(encoded(ramp(), Encoding.PCM16), PCM)

    assert np.array_equal(sound.samples, ramp())
    assert sound.rate == 24_000
    assert np.array_equal(read(b"\xff" * 9, LINE).samples, np.zeros(9))


def test_a_wav_is_recognised_where_bare_samples_were_asked_for() -> None:
    assert read(write_wav(ramp(), 16_000), PCM).rate == 16_000


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"ID3\x04" + bytes(99), "MP3"),
        (b"\xff\xfb\x90\x64" + bytes(99), "MP3"),
        (b"OggS" + bytes(99), "Ogg"),
        (b"fLaC" + bytes(99), "FLAC"),
        (b"RIFX" + bytes(99), "other way round"),
        (b'{"error": {"message": "no such voice", "type": "invalid_request"}}', "text"),
        (b"<html><body>502 Bad Gateway</body></html>\r\n" * 3, "text"),
    ],
)
def test_what_is_no_sound_that_we_read_is_refused_by_name(content: bytes, name: str) -> None:
    with pytest.raises(AudioError, match=name):
        read(content, PCM)


FMT = chunk(b"fmt ", layout(1, 16))
DATA = chunk(b"data", b"\1\0\2\0")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no WAV"),
        (b"RIFF\0\0\0\0WAV", "no WAV"),
        (a_wav(), "without samples"),
        (a_wav(FMT), "without samples"),
        (a_wav(DATA, FMT), "before what they are"),
        (a_wav(*[chunk(b"junk", b"")] * 64, FMT, DATA), "without samples"),
        (a_wav(chunk(b"fmt ", b"\1\0"), DATA), "does not say"),
        (a_wav(FMT, chunk(b"data", b"")), "no sound in it"),
        (a_wav(chunk(b"fmt ", layout(1, 16, rate=0)), DATA), "samples a second"),
        (a_wav(chunk(b"fmt ", layout(1, 16, rate=2**31 - 1)), DATA), "samples a second"),
        (a_wav(chunk(b"fmt ", layout(1, 16, channels=0)), DATA), "0 channels"),
        (a_wav(chunk(b"fmt ", layout(1, 16, channels=9)), DATA), "9 channels"),
        (a_wav(chunk(b"fmt ", layout(1, 12)), DATA), "none that we read"),
        (a_wav(chunk(b"fmt ", layout(1, 16, frame=0)), DATA), "none that we read"),
        (a_wav(chunk(b"fmt ", layout(85, 16)), DATA), "format 85"),
        (a_wav(chunk(b"fmt ", layout(0xFFFE, 16)), DATA), "format 65534"),
        (
            a_wav(chunk(b"fmt ", layout(FLOATS, 32)), chunk(b"data", struct.pack("<f", np.nan))),
            "no numbers",
        ),
    ],
)
def test_a_broken_wav_is_refused_with_what_is_broken(content: bytes, reason: str) -> None:
    with pytest.raises(AudioError, match=reason):
        read(content)


def test_bare_samples_that_break_off_are_refused() -> None:
    with pytest.raises(AudioError, match="breaks off"):
        read(b"\1\0\2", PCM)


def test_more_bytes_than_a_sentence_can_have_are_refused_unread() -> None:
    with pytest.raises(AudioError, match="more sound"):
        read(bytes(LARGEST + 1), PCM)


def test_a_sound_that_lasts_longer_than_a_sentence_can_is_refused() -> None:
    with pytest.raises(AudioError, match="lasts 301 s"):
        read(b"\xff" * 8_000 * 301, LINE)


@settings(max_examples=300, deadline=None)
@given(content=st.binary(max_size=200), number=st.integers(0, 8), bits=st.integers(0, 64))
def test_whatever_is_sent_is_sound_or_refused(content: bytes, number: int, bits: int) -> None:
    head = chunk(b"fmt ", layout(number, bits, frame=bits // 8))
    for sent in (content, a_wav(content), a_wav(head, content), a_wav(head, b"data" + content)):
        for raw in (None, PCM, LINE):
            try:
                sound = read(sent, raw)
            except AudioError:
                continue
            assert sound.samples.dtype == np.int16
            assert 0 < len(sound.samples) <= len(sent)
