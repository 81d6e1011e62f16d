"""What we say in a call of our own accord, by language; English where we have no words."""

from dataclasses import dataclass
from typing import Final

from chalicelib.calls.terms import AgentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The sentences of one language."""

    fillers: tuple[str, ...]
    apology: str
    """The agent failed or was late; the caller may try again."""
    reprompts: tuple[str, ...]
    """Said after each silence in a row; when they run out, the farewell follows."""
    farewell: str
    trouble: str
    """Something of ours failed; the call ends."""


ENGLISH: Final = Phrases(
    fillers=(
        "One moment, please.",
        "Let me see.",
        "Just a second.",
    ),
    apology="I am sorry, I could not work that out. Could you say it again?",
    reprompts=(
        "Are you still there?",
        "I did not hear anything. Please say something, or press a key.",
    ),
    farewell="I cannot hear you, so I will hang up now. Goodbye.",
    trouble="I am sorry, something went wrong on our side. Please try again later. Goodbye.",
)


def phrases(language: str) -> Phrases:
    """Our sentences in *language*, a BCP 47 tag."""
    del language
    return ENGLISH


def fillers(settings: AgentSettings, language: str) -> tuple[str, ...]:
    """What is said in turn to whoever waits: the owner's sentences, else ours of *language*."""
    return settings.fillers or phrases(language).fillers
