import re
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.verbs import (
    Dial,
    Gather,
    HangUp,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    SendDigits,
    Verb,
)
from chalicelib.errors import UnsupportedFeatureError
from chalicelib.providers.base import Document, Feature
from tests.contract.base import Case
from tests.contract.cases import CASES

WRITERS: Final = tuple(case for case in CASES if not case.provider().takes_commands)
URL: Final = "https://phone.example.com/gather?call=c-1&turn=2"
DIAL: Final = Dial(
    number="+15550009999",
    caller_id="+15551234567",
    action="https://phone.example.com/gather?call=c-1&transfer=4",
    turn=4,
    ring_secs=30,
    longest_secs=600,
)
NEEDED: Final[dict[Feature, Verb]] = {
    Feature.SPEECH_INPUT: Gather(action=URL),
    Feature.KEYS_INPUT: Gather(action=URL),
    Feature.ASK_KEYS: Gather(action=URL, keys=4),
    Feature.SEND_DIGITS: SendDigits("1ww2#"),
    Feature.SPEAK: Say(text="Hello."),
    Feature.TRANSFER: DIAL,
    Feature.PLAY: Play(URL),
    Feature.REJECT: Reject(),
}
UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

anything = st.text(max_size=60)
# What reads XML takes a carriage return for a line feed.
speakable = anything.map(lambda text: UNSPEAKABLE.sub("", text).replace("\r", "")).filter(bool)
languages = st.sampled_from(["en-US", "de-DE"])
says = st.builds(Say, text=speakable, language=languages, voice=st.sampled_from(["", "Polly.Amy"]))
prompts = st.one_of(says, st.just(Play(URL)), st.builds(Pause, st.integers(1, 9)))
gathers = st.builds(
    Gather,
    action=st.just(URL),
    prompts=st.lists(prompts, max_size=3).map(tuple),
    language=languages,
    timeout_secs=st.integers(1, 9),
    keys=st.integers(0, 32),
    finish_key=st.sampled_from(["", *"0123456789*#"]),
)
verbs = st.one_of(
    prompts,
    gathers,
    st.builds(SendDigits, st.text("0123456789*#wW", min_size=1, max_size=8)),
    st.just(DIAL),
    st.just(Redirect(URL)),
    st.builds(Reject, st.sampled_from(["rejected", "busy"])),
    st.just(HangUp()),
)
cases = st.sampled_from(WRITERS)
every_writer = pytest.mark.parametrize("case", WRITERS, ids=lambda case: case.name)


def spoken(case: Case, document: Document) -> list[str]:
    root = ET.fromstring(document.body)
    return [say.text or "" for say in root.iter(case.say_tag)]


@settings(deadline=None, derandomize=True)
@given(case=cases, some=st.lists(verbs, max_size=5))
def test_we_write_what_the_vendors_own_library_writes(case: Case, some: list[Verb]) -> None:
    ours = case.provider().render(some).body

    assert ET.canonicalize(ours) == ET.canonicalize(case.vendor_document(some))


@every_writer
@pytest.mark.parametrize("feature", NEEDED)
def test_a_verb_is_rendered_or_refused_exactly_as_the_features_say(
    case: Case, feature: Feature
) -> None:
    provider = case.provider()

    if feature in provider.features:
        assert provider.render([NEEDED[feature]]).body
    else:
        with pytest.raises(UnsupportedFeatureError) as refused:
            provider.render([NEEDED[feature]])
        assert refused.value.feature == feature


@every_writer
def test_text_is_escaped(case: Case) -> None:
    text = """<Hangup/> & "quotes" 'too' ]]> &amp;"""

    document = case.provider().render([Say(text=text)])

    assert spoken(case, document) == [text]


@settings(deadline=None, derandomize=True)
@given(case=cases, text=anything)
def test_any_text_is_spoken_but_for_what_no_document_can_hold(case: Case, text: str) -> None:
    document = case.provider().render([Gather(action=URL, prompts=(Say(text=text),))])

    # Whoever reads XML reads every line end as a line feed.
    expected = UNSPEAKABLE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(spoken(case, document)) == expected


@settings(deadline=None, derandomize=True)
@given(case=cases, language=anything, voice=anything)
def test_no_setting_can_break_a_document(case: Case, language: str, voice: str) -> None:
    document = case.provider().render([Say(text="Hello.", language=language, voice=voice)])

    assert spoken(case, document) == ["Hello."]


@every_writer
@pytest.mark.parametrize("length", [1, 2, 7, 30, -2, -1])
def test_a_long_text_is_said_in_pieces_and_no_word_is_torn(case: Case, length: int) -> None:
    length %= case.say_limit
    text = " ".join(["x" * length] * (3 * case.say_limit // length))

    pieces = spoken(case, case.provider().render([Say(text=text)]))

    assert " ".join(pieces) == text
    assert max(map(len, pieces)) <= case.say_limit
    assert {word for piece in pieces for word in piece.split()} == {"x" * length}


@every_writer
def test_a_long_text_is_parted_where_a_sentence_ends(case: Case) -> None:
    sentence = ("Dr. No said so, and so on and on. " * 10).strip()
    text = " ".join([sentence] * (case.say_limit // len(sentence) + 1))

    pieces = spoken(case, case.provider().render([Say(text=text)]))

    assert " ".join(pieces) == text
    assert len(pieces) > 1
    assert all(piece.endswith(" and so on and on.") for piece in pieces)


@every_writer
def test_a_word_without_end_is_torn_rather_than_lost(case: Case) -> None:
    limit = case.say_limit

    pieces = spoken(case, case.provider().render([Say(text="x" * (2 * limit + 1))]))

    assert [len(piece) for piece in pieces] == [limit, limit, 1]


@every_writer
def test_a_document_says_what_it_is(case: Case) -> None:
    document = case.provider().render([HangUp()])

    assert document.content_type == "text/xml; charset=utf-8"
    assert document.body.startswith('<?xml version="1.0" encoding="UTF-8"?><')
