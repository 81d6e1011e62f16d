"""What settings may hold, where no table is needed to say it."""

import pytest

from chalicelib.setting_kinds import SENTENCES


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ("One moment.", "must be a list of sentences"),
        (["One moment.", 1, "```"], "cannot be spoken: 1, '```'"),
        (["One moment."], "must be none, or at least two, all different"),
        (["One moment.", "*One* moment."], "must be none, or at least two, all different"),
        (["a" * 201, "b"], "each must be at most 200 characters"),
        ([f"Sentence {place}." for place in range(21)], "must be at most 20 sentences"),
    ],
)
def test_sentences_said_in_turn_are_several_that_can_be_spoken(texts: object, reason: str) -> None:
    assert SENTENCES.fault(texts) == reason


@pytest.mark.parametrize("texts", [[], ["One moment.", "Let me see."]])
def test_there_may_be_no_sentences_or_several(texts: list[str]) -> None:
    assert SENTENCES.fault(texts) == ""
