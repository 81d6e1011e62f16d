# ruff: noqa: E501  # a table reads better unwrapped
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.sentences import Sentences, sentences, split
from chalicelib.calls.thoughts import Aloud, without_thoughts

TAKEN_APART: Final = {
    "plain": ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
    "one without end": ("Hello there", ["Hello there"]),
    "titles": ("Dr. Smith and Mr. J. Doe came. Good.", ["Dr. Smith and Mr. J. Doe came.", "Good."]),
    "abbreviations": ("Fruit, e.g. Apples. Or approx. ten.", ["Fruit, e.g. Apples.", "Or approx. ten."]),
    "decimals": ("It is 3.5 miles. Far.", ["It is 3.5 miles.", "Far."]),
    "a time of the day": ("At 3 p.m. tomorrow. Or 9 a.m. Monday.", ["At 3 p.m. tomorrow.", "Or 9 a.m. Monday."]),
    "a time at the end": ("We close at 3 p.m. See you!", ["We close at 3 p.m.", "See you!"]),
    "a number at the end": ("It costs 5. Shall I?", ["It costs 5.", "Shall I?"]),
    "a numbered list": ("1. Open it. 2. Close it.", ["1. Open it.", "2. Close it."]),
    "no, and number": ("No. 5 is free. No. Not now.", ["No. 5 is free.", "No.", "Not now."]),
    "an ellipsis in the middle": ("Well... let me see. So... Yes.", ["Well... let me see.", "So...", "Yes."]),
    "quotes": ('He said "Go." Then left. (So be it.) Fine', ['He said "Go."', "Then left.", "(So be it.)", "Fine"]),
    "Chinese": ("好的。谢谢！「再见。」完", ["好的。", "谢谢！", "「再见。」", "完"]),
    "Hindi": ("नमस्ते। आप कैसे हैं? ठीक।", ["नमस्ते।", "आप कैसे हैं?", "ठीक।"]),
    "a list": ("We have:\n- milk\n- eggs", ["We have:", "- milk", "- eggs"]),
    "a soft line break": ("Hello\nthere. Bye", ["Hello\nthere.", "Bye"]),
    "a paragraph": ("Hello\n\nBye", ["Hello", "Bye"]),
    "a link": ("[Go. There](https://a.b) now. Ok", ["[Go. There](https://a.b) now.", "Ok"]),
    "a block of code": ("```\nA. B\n```\nYes. No", ["```\nA. B\n```\nYes.", "No"]),
    "nothing": ("  ", []),
}  # fmt: skip
LONG: Final = "I have three rooms, one of them with a view; shall I book it? Say yes. Or no."
texts = st.lists(
    st.sampled_from([*".!?,…。「」\n()[]*- aB5", "```", "Dr", "No", "p.m", "etc", "Monday"])
).map("".join)


def piece_by_piece(text: str, *, size: int) -> list[str]:
    taken = Sentences()
    found = [one for at in range(0, len(text), size) for one in taken.add(text[at : at + size])]
    rest = taken.rest()
    return [*found, rest] if rest else found


@pytest.mark.parametrize(("text", "expected"), TAKEN_APART.values(), ids=TAKEN_APART)
def test_a_text_is_taken_apart_where_sentences_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize("size", [1, 2, 7])
@pytest.mark.parametrize("text", [text for text, _ in TAKEN_APART.values()], ids=TAKEN_APART)
def test_a_text_that_comes_in_pieces_is_taken_apart_alike(text: str, size: int) -> None:
    assert piece_by_piece(text, size=size) == sentences(text)


def test_a_sentence_is_given_as_soon_as_the_next_one_begins() -> None:
    taken = Sentences()

    given_then = [taken.add(piece) for piece in ("Yes", ", I", " can.", " ", "W", "hen?")]

    assert given_then == [[], [], [], [], ["Yes, I can."], []]
    assert taken.rest() == "When?"
    assert taken.rest() == ""


@settings(deadline=None, derandomize=True, max_examples=300)
@given(texts, st.integers(1, 9))
def test_nothing_is_lost_between_sentences(text: str, size: int) -> None:
    assert "".join("".join(piece_by_piece(text, size=size)).split()) == "".join(text.split())


@settings(deadline=None, derandomize=True, max_examples=300)
@given(texts, st.integers(1, 40))
def test_no_piece_is_longer_than_allowed_and_nothing_is_lost(text: str, longest: int) -> None:
    parts = split(text, longest)

    assert all(0 < len(part) <= longest for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_what_fits_stays_whole() -> None:
    assert split(LONG, 200) == [LONG]


def test_a_long_text_is_split_at_sentences_then_at_clauses_then_between_words() -> None:
    assert split(LONG, 62) == [
        "I have three rooms, one of them with a view; shall I book it?",
        "Say yes. Or no.",
    ]
    assert split(LONG, 50) == [
        "I have three rooms, one of them with a view;",
        "shall I book it? Say yes. Or no.",
    ]
    assert split("one two three", 7) == ["one two", "three"]
    assert split("abcdefgh", 3) == ["abc", "def", "gh"]


THOUGHTFUL: Final = (
    "Hi. <think>He <b>may</b> be.</think>Yes [no] <b>x</b> < y. [THINK]hm[/THINK]<|channel|>"
    "commentary to=x<|message|>{}<|call|>Done. <reasoning effort='1'>so.</reasoning>End [th"
)


@pytest.mark.parametrize("size", [1, 3, 500])
def test_thoughts_are_taken_out_of_a_text_that_comes_in_pieces(size: int) -> None:
    aloud = Aloud()

    heard = "".join(aloud.add(THOUGHTFUL[at : at + size]) for at in range(0, len(THOUGHTFUL), size))

    assert heard + aloud.rest() == "Hi. Yes [no] <b>x</b> < y. Done. End [th"
    assert without_thoughts(THOUGHTFUL) == "Hi. Yes [no] <b>x</b> < y. Done. End [th"


def test_thoughts_without_end_are_thoughts() -> None:
    aloud = Aloud()

    assert (aloud.add("Yes. <think>or"), aloud.add(" no"), aloud.rest()) == ("Yes. ", "", "")
