"""TwiML, read without mercy: what Twilio would refuse or quietly ignore is an error here.

https://www.twilio.com/docs/voice/twiml
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

SAY_LIMIT: Final = 4096
MOST_HINTS: Final = 500
LONGEST_HINT: Final = 100
MOST_LOOPS: Final = 1000
LONGEST_WAIT_SECS: Final = 3600

SPEECH_MODELS: Final = frozenset(
    {
        "default", "numbers_and_commands", "phone_call", "experimental_conversations",
        "experimental_utterances", "googlev2_long", "googlev2_short", "googlev2_telephony",
        "googlev2_telephony_short", "deepgram_nova-2", "deepgram_nova-3",
    }
)  # fmt: skip

Check = Callable[[str], bool]


class DocumentError(Exception):
    """The document is not one that Twilio could carry out; says why."""


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


def _one_of(*words: str) -> Check:
    return frozenset(words).__contains__


def _matching(pattern: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def _whole(lowest: int, highest: int) -> Check:
    def check(value: str) -> bool:
        return (
            value.isascii()
            and value.isdecimal()
            and len(value) <= len(str(highest))
            and lowest <= int(value) <= highest
        )

    return check


def is_address(value: str) -> bool:
    """Whether *value* is a whole http address: nothing relative, no spaces, no underscore host."""
    if re.search(r"[\s<>\"]", value):
        return False
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in {"http", "https"} and bool(host) and "_" not in host and port != 0


def _hints(value: str) -> bool:
    hints = value.split(",")
    return len(hints) <= MOST_HINTS and all(len(hint.strip()) <= LONGEST_HINT for hint in hints)


def _input(value: str) -> bool:
    words = value.split()
    return bool(words) and len(set(words)) == len(words) and set(words) <= {"dtmf", "speech"}


_METHOD: Final = _one_of("GET", "POST")
_YES_OR_NO: Final = _one_of("true", "false")
_LANGUAGE: Final = _matching(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LOOP: Final = _whole(0, MOST_LOOPS)
_SECONDS: Final = _whole(1, LONGEST_WAIT_SECS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    attributes: Mapping[str, Check] = field(default_factory=dict)
    children: frozenset[str] = frozenset()
    text: bool = False


VERBS: Final = frozenset({"Say", "Play", "Pause", "Gather", "Redirect", "Reject", "Hangup"})

_SHAPES: Final[Mapping[str, _Shape]] = {
    "Response": _Shape(children=VERBS),
    "Say": _Shape(
        attributes={
            "voice": _matching(r"man|woman|alice|(Polly|Google)\.[A-Za-z0-9-]+"),
            "language": _LANGUAGE,
            "loop": _LOOP,
        },
        text=True,
    ),
    "Play": _Shape(attributes={"loop": _LOOP, "digits": _matching(r"[0-9A-D*#wW]{1,}")}, text=True),
    "Pause": _Shape(attributes={"length": _SECONDS}),
    "Gather": _Shape(
        attributes={
            "input": _input,
            "action": is_address,
            "method": _METHOD,
            "timeout": _SECONDS,
            "speechTimeout": lambda value: value == "auto" or _SECONDS(value),
            "maxSpeechTime": _whole(1, 60),
            "numDigits": _whole(1, 1000),
            "finishOnKey": _matching(r"[0-9*#]*"),
            "actionOnEmptyResult": _YES_OR_NO,
            "language": _LANGUAGE,
            "hints": _hints,
            "speechModel": SPEECH_MODELS.__contains__,
            "profanityFilter": _YES_OR_NO,
            "bargeIn": _YES_OR_NO,
            "enhanced": _YES_OR_NO,
        },
        children=frozenset({"Say", "Play", "Pause"}),
    ),
    "Redirect": _Shape(attributes={"method": _METHOD}, text=True),
    "Reject": _Shape(attributes={"reason": _one_of("rejected", "busy")}),
    "Hangup": _Shape(),
}

_UNSIMULATED: Final = frozenset(
    {"Connect", "Dial", "Enqueue", "Leave", "Pay", "Prompt", "Queue", "Record", "Refer", "Sms",
     "Siprec", "Start", "Stop", "Stream"}
)  # fmt: skip


def read(document: bytes) -> tuple[Verb, ...]:
    """Give the verbs of *document*.

    Raises:
        DocumentError: Twilio would not, or not entirely, carry it out.

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
    verbs = _read(root).children
    if any(verb.name == "Reject" for verb in verbs[1:]):
        message = "<Reject> must be the first verb"
        raise DocumentError(message)
    return verbs


def _read(element: ET.Element) -> Verb:
    name, shape = element.tag, _SHAPES[element.tag]
    for key, value in element.attrib.items():
        if key not in shape.attributes:
            message = f"<{name}> has no attribute {key!r}"
            raise DocumentError(message)
        if not shape.attributes[key](value):
            message = f"<{name}> does not take {value!r} as {key}"
            raise DocumentError(message)
    text = (element.text or "").strip()
    stray = [child.tail for child in element if (child.tail or "").strip()]
    if stray or (text and not shape.text):
        message = f"<{name}> holds words that nobody would hear: {(stray or [text])[0]!r}"
        raise DocumentError(message)
    for child in element:
        _allow(child.tag, name, shape)
    verb = Verb(
        name=name,
        attributes=dict(element.attrib),
        text=text,
        children=tuple(_read(child) for child in element),
    )
    if name in _TOGETHER:
        _TOGETHER[name](verb)
    return verb


def _allow(child: str, parent: str, shape: _Shape) -> None:
    if child in shape.children:
        return
    if child in _UNSIMULATED:
        message = f"the simulated Twilio does not know <{child}>"
    elif child in _SHAPES:
        message = f"<{child}> may not stand in <{parent}>"
    else:
        message = f"there is no verb <{child}>; case counts"
    raise DocumentError(message)


def _check_say(verb: Verb) -> None:
    if not verb.text:
        message = "<Say> has no words"
        raise DocumentError(message)
    if len(verb.text) > SAY_LIMIT:
        message = f"<Say> holds {len(verb.text)} characters, more than {SAY_LIMIT}"
        raise DocumentError(message)


def _check_play(verb: Verb) -> None:
    if bool(verb.text) == ("digits" in verb.attributes):
        message = "<Play> wants either an address or digits"
        raise DocumentError(message)
    if verb.text and not is_address(verb.text):
        message = f"<Play> wants a whole address, not {verb.text!r}"
        raise DocumentError(message)


def _check_redirect(verb: Verb) -> None:
    if not is_address(verb.text):
        message = f"<Redirect> wants a whole address, not {verb.text!r}"
        raise DocumentError(message)


def _check_gather(verb: Verb) -> None:
    if verb.get("speechTimeout") == "auto" and "speechModel" in verb.attributes:
        # https://www.twilio.com/docs/api/errors/13335
        message = "<Gather> does not take speechTimeout='auto' together with a speechModel"
        raise DocumentError(message)
    if any("digits" in child.attributes for child in verb.children):
        message = "<Play digits> may not stand in <Gather>"
        raise DocumentError(message)


_TOGETHER: Final[Mapping[str, Callable[[Verb], None]]] = {
    "Say": _check_say,
    "Play": _check_play,
    "Redirect": _check_redirect,
    "Gather": _check_gather,
}
