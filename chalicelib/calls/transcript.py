"""What was said and pressed in a call, line by line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.calls.call import Call
from chalicelib.calls.replies import Act, AskKeys, EndCall, SendKeys
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
class Timing:
    """When what happened between the end of the far end's words and the beginning of ours."""

    understood_at: datetime | None
    """When the carrier had understood them, where it says so."""
    webhook_at: datetime
    """When we began to act on them."""
    asked_at: datetime
    first_at: datetime
    """When the first sentence was there."""
    sent_at: datetime
    """When it was handed on: to the webhook that waits for it, or to the carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a transcript."""

    speaker: Speaker
    text: str
    at: datetime
    kind: Kind = Kind.SPEECH
    act: Act | None = None
    """What the bot does once these words were heard."""
    part: int = 0
    """Which part of a reply it is, from 1 on; 0 for what is no part of one."""
    more: bool = False
    """Whether more parts of the reply are to come."""
    timing: Timing | None = None
    """How long the far end waited for it, of a reply."""
    audio: str = ""
    """Where its sound is, if it is spoken in a voice of ours."""

    @property
    def ends_call(self) -> bool:
        """Whether we hang up once these words were heard."""
        return isinstance(self.act, EndCall)


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a line in its call: a slot is filled once, however often it is tried.

    In each *turn* the bot speaks, maybe in parts, may add something (`aside`), then the far end
    answers, and while the agent thinks about that answer the bot may fill the silence.
    """

    turn: int
    part: str

    @classmethod
    def bot(cls, turn: int) -> "Slot":
        """What the bot says to open *turn*."""
        return cls(turn, "bot")

    @classmethod
    def rest(cls, turn: int, line: Line) -> "Slot":
        """Where the bot goes on with what opened *turn*: *line*, a later part."""
        return cls(turn, f"bot-{_stamp(line.at)}-{line.part}")

    @classmethod
    def aside(cls, turn: int, at: datetime, nth: int = 0) -> "Slot":
        """Something more from the bot, before the far end has answered in *turn*.

        What happens at one moment is told apart by *nth*.
        """
        return cls(turn, f"bot-{_stamp(at)}{_nth(nth)}")

    @classmethod
    def keys(cls, turn: int) -> "Slot":
        """The keys that the bot presses behind its words."""
        return cls(turn, "botkeys")

    @classmethod
    def user(cls, turn: int) -> "Slot":
        """The far end's answer in *turn*."""
        return cls(turn, "user")

    @classmethod
    def overheard(cls, turn: int, at: datetime, nth: int = 0) -> "Slot":
        """What the far end said at some time in *turn*, where it may speak at any time.

        Stands with what is said `meanwhile`, in order of time.
        """
        return cls(turn, f"user-{_stamp(at)}{_nth(nth)}")

    @classmethod
    def meanwhile(cls, turn: int, at: datetime, nth: int = 0) -> "Slot":
        """Something from the bot after the answer of *turn* and before the next turn."""
        return cls(turn, f"user-{_stamp(at)}-wait{_nth(nth)}")

    def behind(self) -> "Slot":
        """What is said again behind the words in this slot, because they overtook it."""
        return Slot(self.turn, f"{self.part}-again")

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
        told = _joined(_all_lines(call, (*opening, *lines)))
        return cls(call, tuple(line for line in told if line.text))


def _all_lines(call: Call, lines: Iterable[Line]) -> Iterator[Line]:
    """Give *lines*, each followed by the keys that the document had sent behind its words."""
    for line in lines:
        yield line
        if isinstance(line.act, SendKeys) and not call.reports_speech:
            yield replace(line, text=line.act.digits, kind=Kind.DTMF, act=None, part=0)


def _joined(lines: Iterable[Line]) -> Iterator[Line]:
    """Give *lines* as they were heard: a reply, and keys pressed one by one, are one line."""
    before: Line | None = None
    asked: AskKeys | None = None
    for line in lines:
        joined = _together(before, line) if before else None
        if before and joined is None:
            yield _without_finish(before, asked)
            if before.speaker is Speaker.BOT:
                asked = before.act if isinstance(before.act, AskKeys) else None
        before = joined or line
    if before:
        yield _without_finish(before, asked)


def _together(before: Line, line: Line) -> Line | None:
    if _is_pressed(before) and _is_pressed(line):
        return replace(before, text=before.text + line.text)
    if before.part and line.part == before.part + 1:
        text = f"{before.text} {line.text}".strip()
        return replace(before, text=text, act=line.act, part=line.part, more=line.more)
    return None


def _without_finish(line: Line, asked: AskKeys | None) -> Line:
    # The key that ends the keys is none of them; most carriers keep it to themselves.
    if asked and asked.finish_key and _is_pressed(line):
        return replace(line, text=line.text.removesuffix(asked.finish_key))
    return line


def _is_pressed(line: Line) -> bool:
    return line.speaker is Speaker.USER and line.kind is Kind.DTMF


def _stamp(at: datetime) -> str:
    return f"{(at - _EPOCH) // timedelta(microseconds=1):016}"


def _nth(number: int) -> str:
    return f"-{number:06}" if number else ""
