"""Documents in a carrier's XML, read without mercy: what it would ignore is an error here."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET

from moltis.carriers.addresses import is_address

MOST_HINTS: Final = 500
LONGEST_HINT: Final = 100

Check = Callable[[str], bool]


class DocumentError(Exception):
    """The document is not one that the carrier could carry out; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One element of a document: its attributes are checked, its text is stripped."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    children: tuple["Verb", ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The attribute *name*."""
        return self.attributes.get(name, default)


def one_of(*words: str) -> Check:
    """Allow *words* only."""
    return frozenset(words).__contains__


def matching(pattern: str) -> Check:
    """Allow what is described by *pattern* from end to end."""
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def whole(lowest: int, highest: int) -> Check:
    """Allow whole numbers from *lowest* to *highest*."""

    def check(value: str) -> bool:
        return (
            value.isascii()
            and value.isdecimal()
            and len(value) <= len(str(highest))
            and lowest <= int(value) <= highest
        )

    return check


def either(*checks: Check) -> Check:
    """Allow what one of *checks* allows."""
    return lambda value: any(check(value) for check in checks)


def are_hints(value: str) -> bool:
    """Whether *value* is a list of phrases for a speech recogniser."""
    hints = value.split(",")
    return len(hints) <= MOST_HINTS and all(len(hint.strip()) <= LONGEST_HINT for hint in hints)


def are_inputs(value: str) -> bool:
    """Whether *value* names one or both of the things that can be listened for."""
    words = value.split()
    return bool(words) and len(set(words)) == len(words) and set(words) <= {"dtmf", "speech"}


TELEPHONE: Final = matching(r"\+[1-9][0-9]{6,14}")
METHOD: Final = one_of("GET", "POST")
YES_OR_NO: Final = one_of("true", "false")
LANGUAGE: Final = matching(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an element may hold; *together* looks at the whole of it."""

    attributes: Mapping[str, Check] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    children: frozenset[str] = frozenset()
    text: bool = False
    together: Callable[[Verb], None] | None = None


def wants_address(verb: Verb) -> None:
    """Refuse *verb* unless its text is a whole address."""
    if not is_address(verb.text):
        message = f"<{verb.name}> wants a whole address, not {verb.text!r}"
        raise DocumentError(message)


def wants_number(verb: Verb) -> None:
    """Refuse *verb* unless its text is a telephone number in international form."""
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", verb.text):
        message = f"<{verb.name}> wants a number like +15559876543, not {verb.text!r}"
        raise DocumentError(message)


def wants_one_child(verb: Verb) -> None:
    """Refuse *verb* unless exactly one element stands in it."""
    if len(verb.children) != 1:
        message = f"<{verb.name}> is simulated with one element in it, not {len(verb.children)}"
        raise DocumentError(message)


def wants_words(verb: Verb, most: int) -> None:
    """Refuse *verb* unless it has words, *most* characters of them."""
    if not verb.text:
        message = f"<{verb.name}> has no words"
        raise DocumentError(message)
    if len(verb.text) > most:
        message = f"<{verb.name}> holds {len(verb.text)} characters, more than {most}"
        raise DocumentError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A carrier's XML: the *shapes* of its elements, and those that are not *simulated*."""

    carrier: str
    shapes: Mapping[str, Shape]
    unsimulated: frozenset[str]

    def read(self, document: bytes) -> tuple[Verb, ...]:
        """Give the elements of *document*.

        Raises:
            DocumentError: the carrier would not, or not entirely, carry it out.

        """
        if re.search(rb"<!(DOCTYPE|ENTITY)", document, re.IGNORECASE):
            message = "a document type is not allowed"
            raise DocumentError(message)
        try:
            root = ET.fromstring(document)  # noqa: S314  # no document type, so no entities
        except (ET.ParseError, ValueError, LookupError) as error:
            message = f"it is not XML: {error}"
            raise DocumentError(message) from error
        if root.tag != "Response":
            message = f"the root must be <Response>, not <{root.tag}>"
            raise DocumentError(message)
        return self._read(root).children

    def _read(self, element: ET.Element) -> Verb:
        name, shape = element.tag, self.shapes[element.tag]
        _check_attributes(element, shape)
        text = (element.text or "").strip()
        stray = [child.tail for child in element if (child.tail or "").strip()]
        if stray or (text and not shape.text):
            message = f"<{name}> holds words that nobody would hear: {(stray or [text])[0]!r}"
            raise DocumentError(message)
        for child in element:
            self._allow(child.tag, name, shape)
        verb = Verb(
            name=name,
            attributes=dict(element.attrib),
            text=text,
            children=tuple(self._read(child) for child in element),
        )
        if shape.together is not None:
            shape.together(verb)
        return verb

    def _allow(self, child: str, parent: str, shape: Shape) -> None:
        if child in shape.children:
            return
        if child in self.unsimulated:
            message = f"the simulated {self.carrier} does not know <{child}>"
        elif child in self.shapes:
            message = f"<{child}> may not stand in <{parent}>"
        else:
            message = f"there is no verb <{child}>; case counts"
        raise DocumentError(message)


def _check_attributes(element: ET.Element, shape: Shape) -> None:
    name = element.tag
    for key, value in element.attrib.items():
        if key not in shape.attributes:
            message = f"<{name}> has no attribute {key!r}"
            raise DocumentError(message)
        if not shape.attributes[key](value):
            message = f"<{name}> does not take {value!r} as {key}"
            raise DocumentError(message)
    missing = sorted(shape.required - element.attrib.keys())
    if missing:
        message = f"<{name}> wants the attribute {missing[0]!r}"
        raise DocumentError(message)
