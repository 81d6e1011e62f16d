"""Where sentences end: in a text that comes in pieces, and in one that is too long."""

import re
from collections.abc import Callable
from typing import Final

_ABBREVIATIONS: Final = re.compile(
    r"mr|mrs|ms|dr|prof|rev|hon|st|mt|jr|sr|sen|gov|gen|capt|sgt|lt|sra|dra|sig|mme|mlle|hr|fr"
    r"|vs|ca|cf|al|ave|blvd|rd|dept|est|fig|vol|ext|tel|approx|min|max|e\.g|i\.e"
    r"|z\.b|d\.h|u\.a|bzw|usw|nr|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"
)
"""Behind these a full stop does not end a sentence."""
_ENDINGS: Final = re.compile(r"[ap]\.?m|etc|inc|ltd|co|corp|u\.s|u\.k|e\.u|ph\.d")
"""Behind these it may."""
_NUMBERING: Final = re.compile(r"nos?|art|pp?")
_CALENDAR: Final = re.compile(
    r"(?i)(?:mon|tues|wednes|thurs|fri|satur|sun)day|january|february|march|april|may|june|july"
    r"|august|september|october|november|december|eastern|pacific|central|mountain|utc|gmt"
)
"""What goes on behind a time of the day, though it begins with a capital."""
_BREAK: Final = re.compile(
    r"""
    (?P<mark>[.!?…؟۔।]+) [\"'”’»)\]*_`]* \s+ (?=\S)          # a mark, a space, and more
    | [。！？｡]+ [」』”’）】]* (?=[^。！？｡…」』”’）】])      # no space is wanted there
    | [ \t]* \n (?= [ \t]* (?: \n | [-*•+]\s | \d{1,3}[.)]\s | \#{1,6}\s | \|.*\n ) )
    """,
    re.VERBOSE,
)
_OPEN: Final = re.compile(r"\[[^\[\]\n]{0,200}$|【[^】\n]{0,200}$|<[A-Za-z/!?][^<>]{0,300}$")
_INITIAL: Final = re.compile(r"[A-HJ-Z]")
_CLAUSE: Final = re.compile(r"(?<=[,;:—–])\s+|(?<=[、，；：])|\s+(?=[(—–])")
_NEAR: Final = 200
"""How far back the beginning of a break may lie."""


class Sentences:
    """Gives sentences as soon as they are whole, of a text that comes in pieces."""

    def __init__(self) -> None:
        self._text = ""
        self._seen = 0

    def add(self, piece: str) -> list[str]:
        """Give the sentences that *piece* makes whole."""
        self._text += piece
        whole: list[str] = []
        while found := _BREAK.search(self._text, self._seen):
            ends = _ends_sentence(self._text, found)
            if ends is None:
                return whole
            if ends and not _is_open(self._text[: found.end()]):
                whole.append(self._text[: found.end()].strip())
                self._text, self._seen = self._text[found.end() :], 0
            else:
                self._seen = found.end()
        self._seen = max(self._seen, len(self._text) - _NEAR)
        return [sentence for sentence in whole if sentence]

    def rest(self) -> str:
        """Give what is left when nothing more comes."""
        left, self._text, self._seen = self._text.strip(), "", 0
        return left


def sentences(text: str) -> list[str]:
    """Take *text* apart."""
    taken = Sentences()
    whole = taken.add(text)
    rest = taken.rest()
    return [*whole, rest] if rest else whole


def split(text: str, longest: int) -> list[str]:
    """Give *text* in pieces of at most *longest* characters: sentences if they fit, else clauses.

    Words are broken only where one is longer than that. What is short enough stays as it is.
    """
    if len(text) <= longest:
        return [text] if text else []
    return _packed(sentences(text), longest, _clauses)


def _clauses(sentence: str, longest: int) -> list[str]:
    clauses = [clause for clause in _CLAUSE.split(sentence) if clause]
    return _packed(clauses, longest, _words)


def _words(clause: str, longest: int) -> list[str]:
    return _packed(clause.split(), longest, _letters)


def _letters(word: str, longest: int) -> list[str]:
    return [word[start : start + longest] for start in range(0, len(word), longest)]


def _packed(parts: list[str], longest: int, smaller: Callable[[str, int], list[str]]) -> list[str]:
    """Put neighbours of *parts* together while they fit; take those apart that never will."""
    packed: list[str] = []
    for part in parts:
        if packed and len(packed[-1]) + 1 + len(part) <= longest:
            packed[-1] = f"{packed[-1]} {part}"
        elif len(part) <= longest:
            packed.append(part)
        else:
            packed += smaller(part, longest)
    return packed


def _ends_sentence(text: str, found: re.Match[str]) -> bool | None:
    """Whether the break that was *found* is one; nothing if what follows is to be awaited."""
    mark = found["mark"]
    if mark is None:
        return True
    following = text[found.end() :]
    if following[0].islower():
        return False
    if mark != ".":
        return True
    line = text[: found.start()].rpartition("\n")[2]
    word = line.split()[-1].lstrip("\"'([“‘«*_") if line.split() else ""
    if word.isdigit():
        # "1. Open the door" is of a list, "It costs 5. Shall I?" is not.
        return line.strip() != word
    return _ends_at(word, following)


def _ends_at(word: str, following: str) -> bool | None:
    plain = word.lower()
    if _NUMBERING.fullmatch(plain):
        return not following[0].isdigit()
    if _ENDINGS.fullmatch(plain):
        next_word = re.match(r"\w+", following)
        if next_word and next_word.end() == len(following):
            return None
        return not (next_word and (_CALENDAR.fullmatch(next_word[0]) or next_word[0].isdigit()))
    return not (_ABBREVIATIONS.fullmatch(plain) or _INITIAL.fullmatch(word))


def _is_open(text: str) -> bool:
    """Whether something stands open at the end of *text* that reads differently when cut."""
    return bool(text.count("```") % 2 or _OPEN.search(text))
