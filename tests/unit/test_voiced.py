from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest

from chalicelib.actions.break_silence import silence_line
from chalicelib.actions.next_words import opening_verbs, words
from chalicelib.actions.read_aloud import read_aloud
from chalicelib.actions.spoken import phrases
from chalicelib.actions.voiced import PATIENCE_SECS, read_ahead, read_greetings_ahead, voiced
from chalicelib.audio.account_voice import AccountVoice
from chalicelib.audio.aloud import Aloud
from chalicelib.audio.sealed import unseal
from chalicelib.calls.sounds import SoundFormat
from chalicelib.calls.terms import AgentSettings, OwnTerms, SpeechKind, SpeechSettings
from chalicelib.calls.transcript import Kind, Speaker
from chalicelib.calls.verbs import Manner, Play, Say
from chalicelib.turns.base import Reading
from tests.builders import NOON, a_call, a_line, an_account
from tests.fake_carriers import FakeTurns
from tests.fake_voice import FakeEngine, FakeShelf, FakeVoice
from tests.worlds import CALL, World

POLLY: Final = SpeechSettings(provider=SpeechKind.POLLY, voice="Amy")
SPOKEN: Final = replace(CALL, speech=POLLY)
LINE: Final = a_line("Good morning.", speaker=Speaker.BOT)


def world(voice: FakeVoice) -> World:
    made = World.of(call=SPOKEN)
    return replace(made, exchange=replace(made.exchange, voice=voice))


def test_a_line_that_has_a_sound_is_played_and_another_is_spoken_by_the_carrier() -> None:
    exchange = world(FakeVoice(LINE.text)).exchange
    manner = Manner.of(SPOKEN)

    assert isinstance(words(voiced(LINE, SPOKEN, exchange=exchange), manner)[0], Play)
    other = voiced(replace(LINE, text="Good night."), SPOKEN, exchange=exchange)
    assert words(other, manner) == [Say(text="Good night.")]


def test_keys_have_no_sound_of_ours() -> None:
    voice = FakeVoice("42#")
    keys = replace(LINE, text="42#", kind=Kind.DTMF)

    assert voiced(keys, SPOKEN, exchange=world(voice).exchange) == keys
    assert voice.asked == []


@pytest.mark.parametrize("there", [True, False])
def test_the_first_words_are_played_if_they_are_there_and_nothing_waits_for_them(
    *, there: bool
) -> None:
    voice = FakeVoice(*([SPOKEN.opening] if there else []), slow=(SPOKEN.opening,))

    verbs = opening_verbs(SPOKEN, exchange=world(voice).exchange)

    assert any(isinstance(verb, Play) for verb in verbs) is there
    assert voice.asked == [(SPOKEN.opening, 0.0)]


def test_a_question_into_silence_is_played_if_it_is_there_and_nothing_waits_for_it() -> None:
    question = phrases("en-US").reprompts[0]
    for voice in (FakeVoice(question), FakeVoice(slow=(question,))):
        line = silence_line(SPOKEN, 0, world(voice).exchange)

        assert bool(line.audio) is (question in voice.there)
        assert voice.asked == [(question, 0.0)]


def test_everything_that_may_be_said_is_read_ahead() -> None:
    made = world(FakeVoice())
    turns = FakeTurns()

    read_ahead(SPOKEN, exchange=replace(made.exchange, turns=turns))

    ((account, reading),) = turns.readings
    sentences = phrases("en-US")
    assert account == SPOKEN.account
    assert reading.manner.speech == POLLY
    assert {SPOKEN.opening, *sentences.fillers, *sentences.reprompts} < set(reading.texts)
    assert {sentences.apology, sentences.farewell, sentences.trouble} < set(reading.texts)


def test_the_owners_fillers_are_read_ahead_in_the_place_of_ours() -> None:
    made = world(FakeVoice())
    turns = FakeTurns()
    agent = AgentSettings(fillers=("Let me look.", "Nearly there."))

    read_ahead(replace(SPOKEN, agent=agent), exchange=replace(made.exchange, turns=turns))

    ((_, reading),) = turns.readings
    assert {"Let me look.", "Nearly there."} < set(reading.texts)
    assert not set(phrases("en-US").fillers) & set(reading.texts)


def test_nothing_is_read_ahead_where_the_carrier_speaks() -> None:
    made = world(FakeVoice())
    turns = FakeTurns()

    read_ahead(CALL, exchange=replace(made.exchange, turns=turns))

    assert turns.readings == []


def test_when_settings_are_saved_each_greeting_is_read_ahead_in_its_own_voice() -> None:
    turns = FakeTurns()
    numbers = {
        "+15550001111": OwnTerms(greeting="Krume, guten Tag.", language="de-DE"),
        "+15550002222": OwnTerms(speech={"provider": SpeechKind.CARRIER}),
        "+15550003333": OwnTerms(),
    }
    account = an_account(inbound_greeting="Hello.", tts=POLLY, numbers=numbers)
    made = world(FakeVoice())

    read_greetings_ahead(exchange=replace(made.exchange, account=account, turns=turns))

    told = {(one.texts[0], one.manner.language, one.manner.speech) for _, one in turns.readings}
    assert len(turns.readings) == 2
    assert told == {
        ("Hello.", "en-US", POLLY),
        ("Krume, guten Tag.", "de-DE", replace(POLLY, voice="")),
    }


def test_a_reading_has_each_sentence_read_once_and_gives_it_time() -> None:
    voice = FakeVoice()
    reading = Reading(("One.", "Two.", "One."), Manner.of(SPOKEN))

    read_aloud(reading, exchange=world(voice).exchange)

    assert [text for text, _ in voice.asked] == ["One.", "Two."]
    assert all(secs > PATIENCE_SECS for _, secs in voice.asked)


def account_voice(aloud: Aloud | None, key: str = "k") -> AccountVoice:
    return AccountVoice(
        account=an_account(),
        plays=SoundFormat.MULAW_WAV,
        aloud=lambda: aloud,
        key=lambda: key,
        now=lambda: NOON,
    )


def test_the_address_of_a_sound_leads_back_to_the_words() -> None:
    aloud = Aloud(shelf=FakeShelf(), engine_of=lambda _: FakeEngine())
    manner = replace(Manner.of(a_call(speech=POLLY)), language="en-GB")

    url = account_voice(aloud).sound_of(manner, "Hello.", within_secs=30)

    base, _, name = url.rpartition("/")
    utterance, _ = unseal(name, account="twilio", keys=["k"], now=NOON + timedelta(hours=1))
    assert base == "https://phone.example.com/api/channels/telephony/twilio/audio"
    assert (utterance.text, utterance.language, utterance.speech) == ("Hello.", "en-GB", POLLY)
    assert utterance.format is SoundFormat.MULAW_WAV


def test_without_a_place_for_sounds_or_a_key_the_carrier_speaks() -> None:
    aloud = Aloud(shelf=FakeShelf(), engine_of=lambda _: FakeEngine())
    manner = Manner.of(a_call(speech=POLLY))

    assert account_voice(None).sound_of(manner, "Hello.", within_secs=30) == ""
    assert account_voice(aloud, key="").sound_of(manner, "Hello.", within_secs=30) == ""
    assert account_voice(aloud).sound_of(manner, "  ", within_secs=30) == ""


def test_where_the_carrier_speaks_nothing_is_looked_for() -> None:
    shelf = FakeShelf()
    aloud = Aloud(shelf=shelf, engine_of=lambda _: FakeEngine())

    assert account_voice(aloud).sound_of(Manner.of(a_call()), "Hello.", within_secs=30) == ""
    assert shelf.asked == 0
