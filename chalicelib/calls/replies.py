"""What an agent can do when it is its turn."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Speak:
    """Say *text*: a sentence or several, as the agent wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """Hang up, once the words before it were heard."""


@dataclass(frozen=True, slots=True)
class SendKeys:
    """Press *digits*, after the words before it: `0-9 A-D * #`, `w` waits 0.5 s, `W` a second."""

    digits: str


@dataclass(frozen=True, slots=True)
class AskKeys:
    """Have the far end press up to *digits* keys; *finish_key* ends them before (empty: none)."""

    digits: int
    finish_key: str = "#"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the call to the person at *to*, E.164, after the words before it."""

    to: str


@dataclass(frozen=True, slots=True)
class StaySilent:
    """Say nothing, and go on listening."""


Act = EndCall | SendKeys | AskKeys | Transfer | StaySilent
Piece = Speak | Act
"""A piece of a reply; an act, if there is one, is the last piece."""
