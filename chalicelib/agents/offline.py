"""Answers by hand-written rules: no model, no network, and no pretence of understanding."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from chalicelib.agents.base import Agent, Reply
from chalicelib.calls.call import Direction
from chalicelib.calls.transcript import Conversation, Kind, Line, Speaker
from chalicelib.overriding import override


class _Asked(Enum):
    """What we asked last, and so what a bare yes or no answers."""

    OPENING = auto()
    HELP = auto()
    DAY = auto()
    TIME = auto()
    RIGHT = auto()
    MORE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """Where the conversation stands; *opening* holds our first words, *last* our latest."""

    asked: _Asked
    opening: str
    last: str = ""
    day: str = ""
    time: str = ""
    reply: Reply

    @property
    def wish(self) -> str:
        return f"{self.day} {self.time}"

    @property
    def is_about_a_date(self) -> bool:
        return bool(_ABOUT_A_DATE.search(self.opening) or _day(self.opening))


_React = Callable[[_Talk], _Talk]

_NUMBER: Final = r"(?:1[0-2]|0?[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_CLOCK: Final = (
    rf"(?:(?:half|quarter|ten|twenty|five) (?:past|to) {_NUMBER}"
    rf"|{_NUMBER}[ :](?:[0-5]\d|fifteen|twenty|thirty|forty(?:[ -]five)?)|{_NUMBER})\b"
)
_SUFFIX: Final = r"(?: ?[ap]m\b| ?o'?clock\b| in the (?:morning|afternoon|evening)\b| at night\b)"
_ORDINAL: Final = (
    r"(?:\d{1,2}(?:st|nd|rd|th)|(?:twenty|thirty)[ -](?:first|second|third|fourth|fifth|sixth"
    r"|seventh|eighth|ninth)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth"
    r"|nineteenth|twentieth|thirtieth)"
)
_MONTH: Final = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_DAY: Final = re.compile(
    rf"\b(?:today|tonight|(?:the )?day after tomorrow|tomorrow|next week"
    rf"|(?:(?:this|next) )?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    rf"|{_MONTH} (?:the )?(?:{_ORDINAL}|\d{{1,2}})|(?:the )?{_ORDINAL} of {_MONTH}"
    rf"|(?:the )\d{{1,2}}(?:st|nd|rd|th)|the {_ORDINAL}(?! one\b| time\b))\b"
)
_TIME: Final = re.compile(
    rf"\b(?:{_CLOCK}{_SUFFIX}|[0-2]?\d:[0-5]\d\b|at {_CLOCK}"
    rf"|(?:half|quarter) (?:past|to) {_NUMBER}\b"
    r"|noon\b|midday\b|(?:in the )?(?:morning|afternoon|evening)\b)"
)
_BARE_TIME: Final = re.compile(rf"\b{_CLOCK}")
_CAPITAL: Final = re.compile(rf"\b(?:{_MONTH}|[a-z]+day)\b")
_ABOUT_A_DATE: Final = re.compile(
    r"(?i)\b(?:appointments?|book(?:ing|ed)|reserv\w*|table|meeting|visit|check-?up|interview"
    r"|lesson|class|deliver\w*|confirm|reschedule|o'clock)\b"
)
_OFFERS_HELP: Final = re.compile(r"(?i)\b(?:help|do for you)\b")

_CAN: Final = "I can confirm an appointment, or note another day for it. What would you like?"
_MORE: Final = "Is there anything else?"
_KEY_NAMES: Final = {"*": "star", "#": "pound"}


class OfflineAgent(Agent):
    """A few rules that can confirm or move an appointment; the conversation is all they know.

    The whole conversation is gone through again each time: the same one has the same reply.
    """

    @override
    def reply(self, conversation: Conversation) -> Reply:
        talk = _begin(conversation)
        for line in conversation.lines:
            talk = _note(talk, line) if line.speaker is Speaker.BOT else _hear(talk, line)
        return talk.reply


def _begin(conversation: Conversation) -> _Talk:
    call = conversation.call
    opening = call.opening.strip()
    has_message = call.direction is Direction.OUTBOUND and not _OFFERS_HELP.search(opening)
    asked = _Asked.OPENING if has_message and opening else _Asked.HELP
    return _Talk(asked=asked, opening=opening, last=opening, reply=Reply(text=opening or _CAN))


def _note(talk: _Talk, line: Line) -> _Talk:
    # Keys that we pressed were not words.
    return replace(talk, last=line.text) if line.kind is Kind.SPEECH else talk


def _hear(talk: _Talk, line: Line) -> _Talk:
    if line.kind is Kind.DTMF:
        return _hear_keys(talk, line.text)
    said = _plain(line.text)
    meant = _meaning(said)
    if meant in _AT_ANY_TIME:
        return _REACTIONS[meant](talk)
    dated = _dated(talk, said)
    is_old = dated.wish == talk.wish
    if is_old or (talk.asked is _Asked.OPENING and meant in {_yes, _ask}):
        return _REACTIONS[meant](talk)
    return _ask_on(dated)


def _hear_keys(talk: _Talk, keys: str) -> _Talk:
    if keys == "1":
        return _yes(talk)
    if keys == "2":
        return _no(talk)
    names = [_KEY_NAMES.get(key, key) for key in keys]
    heard = f"keys {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"key {keys}"
    return _say(talk, f"I heard the {heard}. Press 1 for yes, or 2 for no.")
