from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.audio.sealed import LIFE, LONGEST, STEP, seal, unseal
from chalicelib.calls.sounds import SoundFormat, Utterance
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.errors import SignatureError
from tests.builders import NOON

KEY = "k3y-of-this-phone"
HELLO = Utterance(
    text="Grüß Gott! Your PIN is 4711.",
    language="de-AT",
    speech=SpeechSettings(provider=SpeechKind.POLLY, voice="Hannah"),
    format=SoundFormat.MULAW_WAV,
)
LATER = NOON + timedelta(hours=24)


def sealed(utterance: Utterance = HELLO, *, key: str = KEY) -> str:
    return seal(utterance, account="twilio", key=key, now=NOON)


def reason(name: str, *, account: str = "twilio", keys: tuple[str, ...] = (KEY,)) -> str:
    with pytest.raises(SignatureError) as refused:
        unseal(name, account=account, keys=keys, now=LATER)
    return refused.value.reason


def test_what_was_sealed_is_read_again_for_a_day() -> None:
    utterance, left = unseal(sealed(), account="twilio", keys=[KEY], now=LATER)

    assert utterance == HELLO
    assert 3600 <= left <= 7200


def test_an_address_shows_nothing_of_what_is_said() -> None:
    name = sealed()

    assert "4711" not in name
    assert name.endswith(".wav")
    assert set(name.removesuffix(".wav")) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )


def test_the_same_words_have_the_same_address_for_a_while() -> None:
    # NOON is a quarter of a second after the full hour.
    soon, next_hour = NOON + STEP - timedelta(seconds=1), NOON + STEP

    assert seal(HELLO, account="twilio", key=KEY, now=soon) == sealed()
    assert seal(HELLO, account="twilio", key=KEY, now=next_hour) != sealed()
    assert sealed(replace(HELLO, text="Hello.")) != sealed()


@pytest.mark.parametrize("after", [LIFE + STEP, timedelta(days=400)])
def test_an_address_that_is_too_old_is_refused(after: timedelta) -> None:
    with pytest.raises(SignatureError) as refused:
        unseal(sealed(), account="twilio", keys=[KEY], now=NOON + after)

    assert refused.value.reason == "stale"


def test_another_accounts_address_is_refused() -> None:
    assert reason(sealed(), account="plivo") == "mismatch"


def test_another_phones_address_is_refused() -> None:
    assert reason(sealed(key="another")) == "mismatch"


def test_without_a_key_every_address_is_refused() -> None:
    assert reason(sealed(), keys=()) == "mismatch"


def test_after_a_rotation_the_key_before_still_opens() -> None:
    assert unseal(sealed(), account="twilio", keys=["new", KEY], now=LATER)[0] == HELLO


@given(place=st.integers(0, 200), letter=st.sampled_from("AZaz09-_"))
def test_an_address_of_which_a_letter_was_changed_is_refused(place: int, letter: str) -> None:
    name = sealed()
    changed = name[:place] + letter + name[place + 1 :]

    if changed != name:
        assert reason(changed) in {"mismatch", "malformed"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".wav",
        "hello.wav",
        "a.mp3",
        sealed().removesuffix(".wav"),
        "ä.wav",
        "A" * LONGEST + ".wav",
    ],
)
def test_what_is_no_address_of_ours_is_refused(name: str) -> None:
    assert reason(name) in {"mismatch", "malformed"}


@given(text=st.text(min_size=1, max_size=300))
def test_whatever_is_said_comes_out_as_it_went_in(text: str) -> None:
    utterance = replace(HELLO, text=text.encode("utf-8", "replace").decode())

    assert unseal(sealed(utterance), account="twilio", keys=[KEY], now=LATER)[0] == utterance


@pytest.mark.parametrize(
    "other",
    [
        replace(HELLO, text="Hello."),
        replace(HELLO, language="de-DE"),
        replace(HELLO, format=SoundFormat.PCM_WAV),
        replace(HELLO, speech=SpeechSettings(provider=SpeechKind.POLLY, voice="Vicki")),
        replace(HELLO, speech=SpeechSettings(provider=SpeechKind.OPENAI, voice="Hannah")),
    ],
)
def test_whatever_changes_the_sound_changes_the_name_it_is_kept_under(other: Utterance) -> None:
    assert other.name != HELLO.name
    assert replace(HELLO).name == HELLO.name
