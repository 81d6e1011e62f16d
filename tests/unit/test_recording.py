import numpy as np
import pytest

from chalicelib.audio.containers import Encoding, write_wav
from chalicelib.audio.samples import Samples
from moltis.carriers.line import Moment, Side, Sound, speaking_time
from moltis.listening import listen
from moltis.recording import LONGEST_PAUSE_SECS, LONGEST_SECS, record
from tests.sound import sine

HELLO = "Hello, can you hear me?"


def moment(
    text: str,
    at: float = 0.0,
    *,
    side: Side = Side.AGENT,
    sound: Sound = Sound.SPEECH,
    whole: bool = True,
) -> Moment:
    return Moment(at=at, side=side, sound=sound, text=text, whole=whole)


def keys(digits: str, at: float = 0.0, side: Side = Side.FAR_END) -> Moment:
    return moment(digits, at, side=side, sound=Sound.KEYS)


def first_heard(samples: Samples) -> float:
    return float(np.nonzero(np.abs(samples) > 500)[0][0]) / 8_000


def last_heard(samples: Samples) -> float:
    return float(np.nonzero(np.abs(samples) > 500)[0][-1]) / 8_000


def test_the_agent_is_on_the_right_and_the_far_end_on_the_left() -> None:
    recording = record([moment(HELLO)])

    heard = listen(recording.wav())
    assert heard.seconds == pytest.approx(recording.seconds)
    assert 0.8 < heard.seconds < 4
    assert np.abs(recording.far_end).max() <= 8  # what μ-law makes of silence
    assert heard.agent.level_db == pytest.approx(-20, abs=1)
    assert heard.silent < 0.3


def test_keys_are_recognised_on_the_side_that_pressed_them() -> None:
    recording = record([moment(HELLO), keys("42#", 3), keys("159*D", 6, Side.AGENT)])

    heard = listen(recording.wav())
    assert (heard.far_end.keys, heard.agent.keys) == ("42#", "159*D")


def test_waiting_between_keys_makes_no_tone() -> None:
    assert listen(record([keys("1ww2#")]).wav()).far_end.keys == "12#"


def test_speech_is_not_mistaken_for_keys() -> None:
    text = (
        "Peter Piper picked a peck of pickled peppers. How much wood would a woodchuck chuck? "
        "She sells sea shells by the sea shore. One, two, three, four, five, six, seven. "
        "The quick brown fox jumps over the lazy dog, and nobody is in the least surprised."
    )

    heard = listen(record([moment(text), moment(text, 60, side=Side.FAR_END)]).wav())

    assert (heard.agent.keys, heard.far_end.keys) == ("", "")


def test_a_pause_lasts_as_long_as_it_did() -> None:
    later = speaking_time(HELLO) + 1.5

    recording = record([moment(HELLO), moment("Yes.", later, side=Side.FAR_END)])

    gap = first_heard(recording.far_end) - last_heard(recording.agent)
    assert gap == pytest.approx(1.5, abs=0.3)


def test_a_long_pause_is_shortened() -> None:
    recording = record([moment(HELLO), moment("Yes.", 500, side=Side.FAR_END)])

    gap = first_heard(recording.far_end) - last_heard(recording.agent)
    assert gap == pytest.approx(LONGEST_PAUSE_SECS, abs=0.3)


def test_words_that_were_broken_off_are_broken_off_where_the_other_began() -> None:
    half = speaking_time(HELLO) / 2
    cut = record([moment(HELLO, whole=False), moment("No.", half, side=Side.FAR_END)])
    whole = record([moment(HELLO)])

    assert len(np.trim_zeros(cut.agent)) < 0.6 * len(whole.agent)
    assert first_heard(cut.far_end) == pytest.approx(last_heard(cut.agent), abs=0.3)


def test_who_speaks_into_the_others_words_is_heard_meanwhile() -> None:
    early = speaking_time(HELLO) - 0.5

    recording = record([moment(HELLO, side=Side.FAR_END), moment("No.", early)])

    assert first_heard(recording.agent) < last_heard(recording.far_end)


def test_one_side_never_speaks_over_itself() -> None:
    twice = record([moment(HELLO), moment(HELLO, 0.1)])

    assert len(twice.agent) == pytest.approx(2 * len(record([moment(HELLO)]).agent), rel=0.01)


@pytest.mark.parametrize("encoding", [Encoding.PCM16, Encoding.MULAW])
def test_a_sound_file_that_was_played_is_heard(encoding: Encoding) -> None:
    wav = write_wav(sine(700, 8_000, secs=2.0), 8_000, encoding=encoding)

    recording = record([moment("https://x/a.wav", sound=Sound.AUDIO)], {"https://x/a.wav": wav})

    assert recording.seconds == pytest.approx(2.0)
    assert listen(recording.wav()).agent.level_db == pytest.approx(-9, abs=1)


def test_a_sound_file_that_cannot_be_read_is_silent() -> None:
    played = moment("https://x/a.mp3", sound=Sound.AUDIO)

    recording = record([played, moment(HELLO, 3.0)], {"https://x/a.mp3": b"ID3" + bytes(99)})

    assert listen(recording.wav()).agent.level_db == pytest.approx(-20, abs=1)


def test_silence_that_was_waited_for_is_no_sound() -> None:
    waited = moment("", 1.0, sound=Sound.SILENCE)

    assert record([waited]).seconds == 0


def test_one_word_in_a_long_call_is_as_loud_as_many() -> None:
    talk = [moment("And another thing, which I must not forget.", 5.0 * at) for at in range(12)]

    heard = listen(record([*talk, moment("Yes.", 60, side=Side.FAR_END)]).wav())

    assert heard.far_end.level_db == pytest.approx(heard.agent.level_db, abs=2)


def test_a_call_in_which_nothing_was_heard_is_an_empty_recording() -> None:
    recording = record([])

    assert recording.seconds == 0
    heard = listen(recording.wav())
    assert (heard.seconds, heard.silent, heard.agent.keys) == (0, 1.0, "")


def test_a_call_that_never_ends_is_recorded_up_to_a_bound() -> None:
    endless = [moment("And another thing.", 3.0 * at) for at in range(400)]

    assert record(endless).seconds == LONGEST_SECS


@pytest.mark.parametrize(("channels", "rate"), [(1, 8_000), (2, 16_000)])
def test_what_is_no_recording_of_a_call_is_not_listened_to(channels: int, rate: int) -> None:
    with pytest.raises(ValueError, match="are no call"):
        listen(write_wav(sine(400, rate), rate, channels=channels))
