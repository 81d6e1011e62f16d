import re
from dataclasses import astuple
from itertools import chain
from pathlib import Path

import pytest

from chalicelib.actions.next_words import trouble_verbs
from chalicelib.actions.spoken import ENGLISH, LANGUAGES, Phrases, fillers, phrases
from chalicelib.calls.speakable import speakable
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.verbs import HangUp, Say


def sentences(spoken: Phrases) -> list[str]:
    return list(
        chain.from_iterable((one,) if isinstance(one, str) else one for one in astuple(spoken))
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_we_say_of_our_own_accord_is_plain_speech_and_never_twice_alike(language: str) -> None:
    said = sentences(phrases(language))

    assert [speakable(sentence) for sentence in said] == said
    assert len(set(said)) == len(said)
    assert len(phrases(language).fillers) > 1


@pytest.mark.parametrize("language", sorted({*LANGUAGES} - {"en"}))
def test_another_language_borrows_nothing_from_english(language: str) -> None:
    assert not set(sentences(phrases(language))) & set(sentences(ENGLISH))


@pytest.mark.parametrize("tag", ["de", "de-AT", "DE-de", "de-Latn-CH"])
def test_a_language_is_known_by_its_tag_whatever_its_country(tag: str) -> None:
    assert phrases(tag).reprompts[0] == "Sind Sie noch da?"


@pytest.mark.parametrize("tag", ["en-GB", "xx", "", "eng"])
def test_where_we_have_no_words_we_speak_english(tag: str) -> None:
    assert phrases(tag) is ENGLISH


def test_the_owners_fillers_go_before_ours() -> None:
    assert fillers(AgentSettings(), "fr-FR")[1] == "Je regarde."
    assert fillers(AgentSettings(fillers=("Euh.", "Alors.")), "fr-FR") == ("Euh.", "Alors.")


def test_trouble_is_told_in_the_language_of_the_account() -> None:
    said = phrases("nl-NL").trouble

    assert trouble_verbs("nl-NL") == [Say(text=said, language="nl-NL"), HangUp()]


def test_the_page_about_agents_names_every_language_that_we_have_words_in() -> None:
    names = {
        "de": "German",
        "en": "English",
        "es": "Spanish",
        "fr": "French",
        "it": "Italian",
        "nl": "Dutch",
        "pt": "Portuguese",
    }
    page = Path("docs/agents.md").read_text("utf-8")
    (told,) = re.findall(r"call where that is ([^.]*?), and in English elsewhere", page)

    assert set(re.findall(r"[A-Z][a-z]+", told)) == {names[language] for language in LANGUAGES}
