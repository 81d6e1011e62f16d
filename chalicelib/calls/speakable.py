"""Makes plain speech of what a model wrote for the eye."""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from chalicelib.calls.thoughts import without_thoughts

_PASSES: Final = 10
"""After this many the text has long settled; one made up to never settle must not hold a call."""
_PLAIN: Final = re.compile(
    r"(?:[A-Za-z]+(?:['-][A-Za-z]+)*|\d+)(?:[,.!?]? (?:[A-Za-z]+(?:['-][A-Za-z]+)*|\d+))*[.!?]?",
    re.ASCII,
)
"""Words and numbers on one line, as a model that was told to speak mostly writes them."""
_FENCE: Final = re.compile(r"(```|~~~)(.*?)(?:\1`*|\Z)", re.DOTALL)
_PROSE: Final = re.compile(r"(?:te?xt|plain(?:text)?|markdown|md)?\s*\n(.*)", re.DOTALL)
_ORNATE: Final = re.compile("[\U0001d400-\U0001d7ff\u2460-\u24ff\ufb00-\ufb06\uff10-\uff5a]+")
_ZERO_WIDTH: Final = frozenset("\u200c\u200d")
_PICTURES: Final = re.compile(
    "[\u2190-\u21ff\u2300-\u23ff\u2500-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\ufe00-\ufe0f\u20e3\U0001f000-\U0001faff\U000e0000-\U000e01ef]+"
)
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
_TOKENS: Final = re.compile(r"\S+")
_LIST_MARK: Final = re.compile(r"[ \t]*(?:[-*+•◦▪‣·–][ \t]+)+(?:\[[ xX]\][ \t]+)?")
_NUMBERING: Final = re.compile(r"[ \t]*\d{1,3}[.)][ \t]+(?=\S)")
_HEADING: Final = re.compile(r"[ \t]*#{1,6}[ \t]+")
_QUOTE: Final = re.compile(r"[ \t]*(?:>[ \t]?)+")
_RULE: Final = frozenset("-=*_~|: \t")
_SHORTEST_RULE: Final = 3

_MARKUP: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    # What is meant for machines, with all that stands in it.
    (
        re.compile(
            r"<(tool_calls?|tool_use|function_calls?|invoke|script|style|svg|math)\b[^<>]*>"
            r".*?(?:</\1\s*>|\Z)",
            re.DOTALL | re.IGNORECASE,
        ),
        "\n",
    ),
    (
        re.compile(
            r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>"
            r"|<\|(?:start|channel)\|>\s*\w*|<\|[^|<>\n]{1,40}\|>",
            re.DOTALL,
        ),
        "",
    ),
    # Citations, but not "press [1]".
    (re.compile("\ue200[^\ue201]*(?:\ue201|\\Z)"), ""),
    (re.compile(r"\s?【(?=[^】\n]{0,80}[\d†])[^】\n]{0,200}】"), ""),
    (re.compile(r"^[ \t]*\[[^\]\n]{1,80}\]:[ \t]*\S.*$", re.MULTILINE), ""),
    (
        re.compile(
            r"\s?(?<!press )(?<!dial )(?<!enter )(?<!key )\[\^?\d+(?:\s?[-–,;]\s?\d+)*\](?!\()"
            r"|\s?\[(?:citation needed|sources?(?:: ?\d+)?|\^[^\]\s]{1,40})\]",
            re.IGNORECASE,
        ),
        "",
    ),
    # Links give their text, addresses their host.
    (
        re.compile(r"!?\[([^\[\]]*)\](?:\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)|\[[^\[\]\n]*\])"),
        r"\1",
    ),
    (
        re.compile(
            r"<?(?:(?:https?|ftp)://(?:[^\s/@<>]*@)?(?:www\.)?|\bwww\.)"
            r"([^\s/:?#<>()\[\]\"'`*|]*[^\s/:?#<>()\[\]\"'`*|.,;!])(?:[/:?#][^\s<>()\[\]\"'`*|]*"
            r"[^\s<>()\[\]\"'`*|.,;:!?])?/?>?",
            re.IGNORECASE,
        ),
        r"\1",
    ),
    (re.compile(r"\bmailto:", re.IGNORECASE), ""),
    (re.compile(r"<([^\s<>@]+@[^\s<>@]+)>"), r"\1"),
    # Elements, whoever's language they are of.
    (re.compile(r"</?(?:br|p|div|li|tr|td|h[1-6]|s|break)\b[^<>]*>", re.IGNORECASE), "\n"),
    (re.compile(r"</?[A-Za-z][\w:.-]*(?:\s[^<>]*)?/?>|<[?!][^<>]*>"), ""),
)
_MARKS: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"\\([^\w\s])"), r"\1"),
    (re.compile(r"(?<=\d)\s*\*+\s*(?=\d)"), " * "),
    # Star and pound are keys, where they stand alone.
    (re.compile(r"(?<![\s(\"'])\*+|\*+(?![\s,.;:!?)\"'])|\*{2,}"), ""),
    (re.compile(r"#+(?=[^\W\d])|#{2,}"), ""),
    (_TOKENS, lambda token: token[0] if "@" in token[0] else token[0].replace("_", " ")),
    (re.compile(r"`+|~+|={2,}|\${2,}"), ""),
    (re.compile(r"(?<!\S)(?:[:;=8][-^']?[)(DPp]|<3|\^_?\^)(?!\S)"), ""),
    (re.compile(r"(?<=\s)-{2,3}(?=\s)"), ","),
    (re.compile(r"[-=]+>|(?<!\s)[<>]+|[<>]+(?!=?\s?\d)"), " "),
    (re.compile(r"\s*\|+\s*"), ", "),
    (re.compile(r"[\[\]{}\\【】]"), " "),
)
_TIDY: Final = (
    (re.compile(r"\s+"), " "),
    (re.compile(r" (?=[,.;:!?…](?![\w]))"), ""),
    (re.compile(r"\(\s*\)|\"\s*\""), ""),
    (re.compile(r",(?:\s*,)+"), ","),
    (re.compile(r"[,;:](?=\s?[.!?])"), ""),
    (re.compile(r"([.!?…])(?:\s?,)+"), r"\1"),
    (re.compile(r"([!?])[!?]+"), r"\1"),
    (re.compile(r"\.{4,}"), "..."),
    (re.compile(r"^(?:(?!\.\d)[\s,;:.!?)…])+|\s+$"), ""),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """What is to be said of a line; an item or a heading is no part of the text around it."""

    text: str
    stands_alone: bool = False
    is_item: bool = False


def speakable(text: str) -> str:
    """Give *text* as it can be spoken; empty when there is nothing in it that is speech."""
    if _PLAIN.fullmatch(text):
        # There is nothing in it that one would look for below.
        return text
    return _spoken(text)


def _spoken(text: str) -> str:
    for _ in range(_PASSES):
        spoken = _once(text)
        if spoken == text:
            break
        text = spoken
    return text


def _once(text: str) -> str:
    heard = without_thoughts(_unescaped(text))
    # A reply that is one block of text is meant to be heard.
    return _plain(_FENCE.sub(_inline, heard)) or _plain(_FENCE.sub(_prose, heard))


def _inline(fence: re.Match[str]) -> str:
    return "\n\n" if "\n" in fence[2] else fence[2]


def _prose(fence: re.Match[str]) -> str:
    prose = _PROSE.match(fence[2])
    return f"\n\n{prose[1]}\n\n" if prose else "\n\n"


def _plain(text: str) -> str:
    for pattern, plain in _MARKUP:
        text = pattern.sub(plain, text)
    text = " ".join(_lines(_readable(text)))
    for pattern, plain in (*_MARKS, *_TIDY):
        text = pattern.sub(plain, text)
    return text if any(letter.isalnum() for letter in text) else ""


def _unescaped(text: str) -> str:
    while (plain := _ENTITY.sub(lambda found: html.unescape(found[0]), text)) != text:
        text = plain
    return text


def _readable(text: str) -> str:
    """Give *text* without what is no letter, digit, mark or space of any language."""
    if text.isascii() and text.isprintable():
        # As most is that is spoken: there is nothing to look for, letter by letter.
        return text
    text = _ORNATE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = _PICTURES.sub(" ", "\n".join(text.splitlines()))
    return "".join(_read(letter, before) for before, letter in pairwise(f" {text}"))


def _read(letter: str, before: str) -> str:
    category = unicodedata.category(letter)
    if letter == "\n" or category[0] not in "CZ":
        return letter
    if letter in _ZERO_WIDTH and before.isalpha():
        # Some scripts need them within a word.
        return letter
    return " " if category in {"Cc", "Zs"} else ""


def _lines(text: str) -> Iterator[str]:
    """Give what is to be said of each line; where the eye sees an end, the ear hears one."""
    lines = [line for line in text.split("\n") if not _is_rule(line)]
    is_numbered = sum(bool(_NUMBERING.match(line)) for line in lines) > 1
    read = [_line(line, is_numbered=is_numbered) for line in lines]
    for line, following in pairwise([*read, None]):
        if line is None or not line.text:
            continue
        goes_on = following is not None and not following.stands_alone and bool(following.text)
        ends = line.stands_alone or (following is not None and not goes_on)
        lists_on = line.is_item and following is not None and following.is_item
        mark = "," if lists_on else "." if ends else ""
        yield f"{line.text}{mark}" if line.text[-1].isalnum() else line.text


def _line(line: str, *, is_numbered: bool) -> _Line:
    line = _QUOTE.sub("", line, count=1) if _QUOTE.match(line) else line
    heading = _HEADING.match(line)
    if heading:
        return _Line(line[heading.end() :].strip("# \t"), stands_alone=True)
    mark = _LIST_MARK.match(line) or (_NUMBERING.match(line) if is_numbered else None)
    if mark:
        return _Line(line[mark.end() :].strip(), stands_alone=True, is_item=True)
    text = line.strip()
    if text.startswith("|") or text.count("|") > 1:
        cells = [cell.strip() for cell in text.strip("|").split("|")]
        return _Line(", ".join(filter(None, cells)), stands_alone=True)
    return _Line(text)


def _is_rule(line: str) -> bool:
    marks = line.replace(" ", "")
    return len(marks) >= _SHORTEST_RULE and set(marks) <= _RULE
