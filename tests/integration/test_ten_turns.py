"""Ten turns on every carrier, with interruptions, keys and silences in between."""

from collections.abc import Iterator
from typing import Final

import pytest

from chalicelib.actions import after_words
from chalicelib.providers import registry
from moltis.carriers.line import Presses, Says, StaysSilent
from tests.phone import Phone, a_phone, audible, words
from tests.scripted_agents import Storyteller, agent

__all__ = ["agent"]

AGAIN: Final = "Are you still there?"
AGAIN_LOUDER: Final = "I did not hear anything. Please say something, or press a key."
FAR_END: Final = (
    Says("The first."),
    Says("The second.", interrupting=0.5, when="answer one"),
    Presses("33", when="answer two"),
    StaysSilent(when="answer three"),
    Says("The fourth.", when=AGAIN),
    Says("The fifth.", interrupting=0.5, when="answer four"),
    Says("The sixth.", interrupting=1.0, when="answer five"),
    Presses("7", when="answer six"),
    StaysSilent(when="answer seven"),
    StaysSilent(when=AGAIN),
    Presses("88", when=AGAIN_LOUDER),
    Says("The ninth.", when="answer eight"),
    Says("The tenth.", interrupting=0.5, when="answer nine"),
    Says("Bye.", when="answer ten"),
)
NUMBERS: Final = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def answer(number: str) -> str:
    return f"This is answer {number}, and it is long enough to fall into the middle of it."


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let silence be short where the clock tells it, and not the carrier."""
    monkeypatch.setattr(after_words, "LISTEN_SECS", 2)


def test_of_ten_turns_the_transcript_is_exactly_what_was_said_in_its_order(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script(*map(answer, NUMBERS))

    call = phone.over(phone.initiate(phone.far_end(*FAR_END), "Hello."))

    one, two, three, four, five, six, seven, eight, nine, ten = map(answer, NUMBERS)
    assert [text for _, text in words(call)] == [
        *("Hello.", "The first.", one, "The second.", two, "33", three, AGAIN),
        *("The fourth.", four, "The fifth.", five, "The sixth.", six, "7", seven),
        *(AGAIN, AGAIN_LOUDER, "88", eight, "The ninth.", nine, "The tenth.", ten),
        *("Bye.", "Goodbye."),
    ]
    assert words(call) == audible(phone, call)
    theirs = [text for speaker, text in words(call) if speaker == "user"]
    assert [asked[-1] for asked in agent.asked] == theirs
    assert call["end_reason"] == "hangup_bot"
    assert phone.at_carrier(call).alerts == []
