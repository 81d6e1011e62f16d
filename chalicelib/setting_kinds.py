"""What a setting may hold: its kind, what is wrong with a value, and what a form has to know."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.calls.phone_numbers import e164
from chalicelib.calls.speakable import speakable
from chalicelib.errors import BadPhoneNumberError
from chalicelib.internet import is_inside, is_safe

LONGEST_SPOKEN: Final = 3_000
"""What every carrier speaks at once."""

MOST_SENTENCES: Final = 20
LONGEST_SENTENCE: Final = 200
"""What is said in between is short."""

Check = Callable[[Any], str]
"""Says what is wrong with a value, or nothing."""


Read = Callable[[Any], Any]
"""Makes of a good value what the app works with."""


def _as_it_is(value: Any) -> Any:  # noqa: ANN401  # whatever a setting holds
    return value


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value: its `name`, its `check`, and the `facts` that tell its bounds."""

    name: str
    check: Check
    facts: Mapping[str, Any] = field(default_factory=dict)
    read: Read = _as_it_is

    def fault(self, value: object) -> str:
        """Say what is wrong with *value*; nothing if it will do."""
        return self.check(value)


def one_of(*allowed: str) -> Kind:
    """One of some words."""
    return _one_of(allowed, _as_it_is)


def member_of(words: type[StrEnum]) -> Kind:
    """One of the words of a vocabulary."""
    return _one_of(tuple(words), words)


def _one_of(allowed: tuple[str, ...], read: Read) -> Kind:

    def check(value: object) -> str:
        return "" if value in allowed else f"must be one of {', '.join(allowed)}"

    return Kind("choice", check, {"choices": [str(one) for one in allowed]}, read)


def whole(low: int, high: int) -> Kind:
    """A whole number within bounds."""

    def check(value: object) -> str:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return (
            ""
            if is_whole and isinstance(value, int) and low <= value <= high
            else f"must be a whole number from {low} to {high}"
        )

    return Kind("whole", check, {"low": low, "high": high})


def seconds(low: float, high: float) -> Kind:
    """A number of seconds, or a part of one."""

    def check(value: object) -> str:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return (
            ""
            if is_number and isinstance(value, int | float) and low <= value <= high
            else f"must be a number of seconds from {low:g} to {high:g}"
        )

    return Kind("seconds", check, {"low": low, "high": high})


def _boolean(value: object) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "must be text"


def _words(value: object) -> str:
    return _text(value) or ("" if str(value).strip() else "must not be empty")


def _spoken(value: object) -> str:
    reason = _words(value)
    if reason:
        return reason
    said = speakable(str(value))
    if len(said) > LONGEST_SPOKEN:
        return f"must be at most {LONGEST_SPOKEN} characters"
    return "" if said else "must have something in it that can be spoken"


def _sentences(value: object) -> str:
    if not isinstance(value, list):
        return "must be a list of sentences"
    bad = [repr(item) for item in value if not isinstance(item, str) or _spoken(item)]
    if bad:
        return f"cannot be spoken: {', '.join(bad)}"
    said = [speakable(item) for item in value]
    if any(len(text) > LONGEST_SENTENCE for text in said):
        return f"each must be at most {LONGEST_SENTENCE} characters"
    if len(said) > MOST_SENTENCES:
        return f"must be at most {MOST_SENTENCES} sentences"
    is_enough = len(said) != 1 and len(set(said)) == len(said)
    return "" if is_enough else "must be none, or at least two, all different"


def _own_number(value: object) -> str:
    reason = _number(value) or ("" if value else "must not be empty")
    if not reason and e164(str(value)) != value:
        reason = f"must be written {e164(str(value))}"
    return reason


def _number(value: object) -> str:
    if value == "":
        return ""
    if not isinstance(value, str):
        return 'must be text, like "+15551234567"'
    try:
        e164(value)
    except BadPhoneNumberError as error:
        return error.faults[0].reason
    return ""


def _numbers(value: object) -> str:
    if not isinstance(value, list):
        return "must be a list of numbers"
    bad = [repr(item) for item in value if item == "" or _number(item)]
    return f"not in international form, like +15559876543: {', '.join(bad)}" if bad else ""


def _prefixes(value: object) -> str:
    if not isinstance(value, list):
        return "must be a list of prefixes"
    bad = [
        repr(item)
        for item in value
        if not (isinstance(item, str) and item[:1] == "+" and (item == "+" or item[1:].isdigit()))
    ]
    return f'a prefix is + and digits, like "+1" or "+": {", ".join(bad)}' if bad else ""


def _address(value: object) -> str:
    if value == "":
        return ""
    if not isinstance(value, str):
        return 'must be text, like "https://your-domain.com"'
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return "is not an address"
    if parts.query or parts.fragment or parts.username:
        return "must be an address without user, ? and #"
    if is_inside(value):
        return "must not be a machine of an inner network"
    return "" if is_safe(value) else "must begin with https:// (http:// on loopback only)"


BOOLEAN: Final = Kind("boolean", _boolean)
TEXT: Final = Kind("text", _text)
WORDS: Final = Kind("words", _words)
"""Text that must not be empty."""
SPOKEN: Final = Kind("words", _spoken, read=speakable)
"""Text that is said as it stands: what is no speech in it is left out."""
SENTENCES: Final = Kind("texts", _sentences, read=lambda texts: tuple(map(speakable, texts)))
"""Sentences that are said in turn, never the same one twice running."""
PROSE: Final = Kind("prose", _text)
"""Text of several lines."""
SECRET: Final = Kind("secret", _text)
"""What is kept in the credential store, and never shown."""
TELEPHONE: Final = Kind("telephone", _number, read=lambda text: e164(text) if text else "")
OWN_NUMBER: Final = Kind("telephone", _own_number)
"""A number in the one way of writing it, so that it can be a name."""
TELEPHONES: Final = Kind("telephones", _numbers, read=lambda texts: tuple(map(e164, texts)))
PREFIXES: Final = Kind("prefixes", _prefixes, read=tuple)
ADDRESS: Final = Kind("address", _address, read=lambda text: text.rstrip("/"))
