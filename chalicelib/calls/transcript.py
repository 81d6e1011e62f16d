"""What was said and pressed in a call, line by line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.calls.call import Call
from chalicelib.overriding import override

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Speaker(StrEnum):
    """Who said or pressed it."""

    BOT = "bot"
    USER = "user"


class Kind(StrEnum):
    """Whether it was spoken or keyed."""

    SPEECH = "speech"
    DTMF = "dtmf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a transcript."""

    speaker: Speaker
    text: str
    at: datetime
    kind: Kind = Kind.SPEECH
    ends_call: bool = False
    """Whether we hang up once these words were heard."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a line in its call: a slot is filled once, however often it is tried.

    In each *turn* the bot speaks, may add something (`aside`), then the far end answers, and
    while the agent thinks about that answer the bot may fill the silence.
    """

    turn: int
    part: str

    @classmethod
    def bot(cls, turn: int) -> "Slot":
        """What the bot says to open *turn*."""
        return cls(turn, "bot")

    @classmethod
    def aside(cls, turn: int, at: datetime) -> "Slot":
        """Something more from the bot, before the far end has answered in *turn*."""
        return cls(turn, f"bot-{_stamp(at)}")

    @classmethod
    def user(cls, turn: int) -> "Slot":
        """The far end's answer in *turn*."""
        return cls(turn, "user")

    @classmethod
    def overheard(cls, turn: int, at: datetime) -> "Slot":
        """What the far end said at some time in *turn*, where it may speak at any time."""
        return cls(turn, f"user-{_stamp(at)}")

    @classmethod
    def meanwhile(cls, turn: int, at: datetime) -> "Slot":
        """Something from the bot after the answer of *turn* and before the next turn."""
        return cls(turn, f"wait-{_stamp(at)}")

    @override
    def __str__(self) -> str:
        # Sorts as the conversation went, and may stand in an address.
        return f"{self.turn:06}-{self.part}"

    @classmethod
    def parse(cls, text: str) -> "Slot":
        """Read what `str()` wrote."""
        turn, _, part = text.partition("-")
        return cls(int(turn), part)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A call with everything that was said in it so far, oldest first."""

    call: Call
    lines: tuple[Line, ...]

    @classmethod
    def of(cls, call: Call, lines: Iterable[Line]) -> "Conversation":
        """Put *lines*, in the order of their slots, behind the first words of *call*."""
        opening = (
            [Line(speaker=Speaker.BOT, text=call.opening, at=call.opened_at)]
            if call.opened_at and call.opening
            else []
        )
        return cls(call, (*opening, *_joined(lines)))


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Give *lines* with keys that were reported one by one as what was pressed together."""
    before: Line | None = None
    for line in lines:
        if before and _is_pressed(before) and _is_pressed(line):
            before = replace(before, text=before.text + line.text)
            continue
        if before:
            yield before
        before = line
    if before:
        yield before


def _is_pressed(line: Line) -> bool:
    return line.speaker is Speaker.USER and line.kind is Kind.DTMF


def _stamp(at: datetime) -> str:
    return f"{(at - _EPOCH) // timedelta(microseconds=1):016}"
