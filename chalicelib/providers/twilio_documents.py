"""Twilio's documents: TwiML.

https://www.twilio.com/docs/voice/twiml
"""

from typing import Final
from xml.etree import ElementTree as ET

from chalicelib.calls.sentences import split
from chalicelib.calls.verbs import (
    Dial,
    Gather,
    HangUp,
    Pause,
    Play,
    Redirect,
    Reject,
    Say,
    SendDigits,
    Verb,
)
from chalicelib.providers.documents import append_common, element

LONGEST_SAY: Final = 4096
"""So many characters one `<Say>` holds."""


def append(parent: ET.Element, verb: Verb) -> None:
    """Put *verb* at the end of *parent*."""
    match verb:
        case Say():
            attributes = {"language": verb.language} | ({"voice": verb.voice} if verb.voice else {})
            for piece in split(verb.text, LONGEST_SAY):
                element(parent, "Say", attributes, piece)
        case Pause(seconds):
            element(parent, "Pause", {"length": str(seconds)})
        case SendDigits(digits):
            element(parent, "Play", {"digits": digits})
        case Reject(reason):
            element(parent, "Reject", {"reason": reason})
        case Gather():
            _append_gather(parent, verb)
        case Play() | Redirect() | HangUp() | Dial():
            append_common(parent, verb)


def _append_gather(parent: ET.Element, verb: Gather) -> None:
    attributes = {
        "action": verb.action,
        "method": "POST",
        "timeout": str(verb.timeout_secs),
        "actionOnEmptyResult": "true",
    }
    if verb.keys:
        keys = {"numDigits": str(verb.keys), "finishOnKey": verb.finish_key}
        attributes |= {"input": "dtmf", **keys}
    else:
        speech = {"speechTimeout": "auto", "language": verb.language}
        attributes |= {"input": "dtmf speech", **speech}
    gather = element(parent, "Gather", attributes)
    for prompt in verb.prompts:
        append(gather, prompt)
