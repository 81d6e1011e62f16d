"""Plivo XML, read without mercy: what Plivo would refuse or quietly ignore is an error here.

https://www.plivo.com/docs/voice/xml/overview
"""

from functools import partial
from typing import Final

from moltis.carriers.addresses import is_address
from moltis.carriers.xml_documents import (
    LANGUAGE,
    METHOD,
    TELEPHONE,
    YES_OR_NO,
    DocumentError,
    Language,
    Shape,
    Verb,
    are_hints,
    are_inputs,
    either,
    matching,
    one_of,
    wants_address,
    wants_number,
    wants_one_child,
    wants_words,
    whole,
)

MOST_BYTES: Final = 100 * 1024
MOST_HINT_LETTERS: Final = 10_000
SPEAK_LIMIT: Final = 3000
LONGEST_SECS: Final = 86400

_LOOP: Final = whole(0, 1000)
_END_TIMEOUT: Final = either(one_of("auto"), whole(2, 10))


def read(document: bytes) -> tuple[Verb, ...]:
    """Give the elements of *document*.

    Raises:
        DocumentError: Plivo would not, or not entirely, carry it out.

    """
    if len(document) >= MOST_BYTES:
        message = f"it has {len(document)} bytes, which is not less than {MOST_BYTES}"
        raise DocumentError(message)
    return PLIVO_XML.read(document)


def _hints(value: str) -> bool:
    return len(value) <= MOST_HINT_LETTERS and are_hints(value)


def _check_digits(verb: Verb) -> None:
    if not matching(r"[0-9A-D*#wW]+")(verb.text):
        message = f"<DTMF> does not press {verb.text!r}"
        raise DocumentError(message)


PLIVO_XML: Final = Language(
    carrier="Plivo",
    shapes={
        "Response": Shape(
            children=frozenset(
                {"Speak", "Play", "Wait", "DTMF", "GetInput", "Dial", "Redirect", "Hangup"}
            )
        ),
        "Speak": Shape(
            attributes={
                "voice": matching(r"WOMAN|MAN|Polly\.[A-Za-z0-9-]+"),
                "language": LANGUAGE,
                "loop": _LOOP,
            },
            text=True,
            together=partial(wants_words, most=SPEAK_LIMIT),
        ),
        "Play": Shape(attributes={"loop": _LOOP}, text=True, together=wants_address),
        "Wait": Shape(
            attributes={
                "length": whole(1, LONGEST_SECS),
                "silence": YES_OR_NO,
                "minSilence": whole(1, LONGEST_SECS * 1000),
            }
        ),
        "DTMF": Shape(attributes={"async": YES_OR_NO}, text=True, together=_check_digits),
        "GetInput": Shape(
            attributes={
                "action": is_address,
                "method": METHOD,
                "inputType": are_inputs,
                "executionTimeout": whole(5, 60),
                "digitEndTimeout": _END_TIMEOUT,
                "speechEndTimeout": _END_TIMEOUT,
                "numDigits": whole(1, 32),
                "finishOnKey": matching(r"[0-9*#]|none|"),
                "language": LANGUAGE,
                "speechModel": one_of("default", "command_and_search", "phone_call"),
                "hints": _hints,
                "profanityFilter": YES_OR_NO,
                "log": YES_OR_NO,
                "redirect": YES_OR_NO,
            },
            required=frozenset({"action", "inputType"}),
            children=frozenset({"Speak", "Play"}),
        ),
        # https://www.plivo.com/docs/voice/xml/dial
        "Dial": Shape(
            attributes={
                "action": is_address,
                "method": METHOD,
                "timeout": whole(1, LONGEST_SECS),
                "timeLimit": whole(1, LONGEST_SECS),
                "callerId": TELEPHONE,
                "redirect": YES_OR_NO,
            },
            children=frozenset({"Number"}),
            together=wants_one_child,
        ),
        "Number": Shape(text=True, together=wants_number),
        "Redirect": Shape(attributes={"method": METHOD}, text=True, together=wants_address),
        "Hangup": Shape(
            attributes={
                "reason": one_of("rejected", "busy"),
                "schedule": whole(1, LONGEST_SECS),
            }
        ),
    },
    unsimulated=frozenset(
        {"Conference", "GetDigits", "Message", "MultiPartyCall", "PreAnswer", "Record",
         "Stream"}
    ),
)  # fmt: skip
