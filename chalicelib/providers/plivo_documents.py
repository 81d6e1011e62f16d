"""Plivo's documents: Plivo XML.

https://www.plivo.com/docs/voice/xml/overview
"""

from itertools import dropwhile
from typing import Final
from xml.etree import ElementTree as ET

from chalicelib.calls.sentences import split
from chalicelib.calls.verbs import (
    AwaitSilence,
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

LONGEST_SPEAK: Final = 3000
"""So many characters one `<Speak>` holds."""
SHORTEST_LISTENING_SECS: Final = 5
LONGEST_LISTENING_SECS: Final = 60
SILENCE_MSECS: Final = 2000
"""So long nothing is heard before a wait for silence is over."""


def append(parent: ET.Element, verb: Verb) -> None:
    """Put *verb* at the end of *parent*."""
    match verb:
        case Say():
            attributes = {"language": verb.language} | ({"voice": verb.voice} if verb.voice else {})
            for piece in split(verb.text, LONGEST_SPEAK):
                element(parent, "Speak", attributes, piece)
        case Pause() | AwaitSilence():
            _append_wait(parent, verb)
        case SendDigits(digits):
            element(parent, "DTMF", {"async": "false"}, digits)
        case Reject(reason):
            element(parent, "Hangup", {"reason": reason})
        case Gather():
            _append_gather(parent, verb)
        case Play() | Redirect() | HangUp() | Dial():
            append_common(parent, verb)


def _append_wait(parent: ET.Element, verb: Pause | AwaitSilence) -> None:
    # Of silence="true" one page says that it keeps music away, another that the wait ends as soon
    # as nothing was heard for minSilence (else 2 s): in a pause that has to last as long.
    # https://docs.plivo.com/docs/voice/xml/wait
    if isinstance(verb, Pause):
        secs, silence_msecs = verb.seconds, verb.seconds * 1000
    else:
        secs, silence_msecs = verb.longest_secs, SILENCE_MSECS
    attributes = {"length": str(secs), "silence": "true", "minSilence": str(silence_msecs)}
    element(parent, "Wait", attributes)


def _append_gather(parent: ET.Element, verb: Gather) -> None:
    # <GetInput> holds no <Wait>: all up to the last pause is heard before we listen.
    backwards = list(reversed(verb.prompts))
    before = list(dropwhile(lambda prompt: not isinstance(prompt, Pause), backwards))[::-1]
    for prompt in before:
        append(parent, prompt)
    secs = min(max(verb.timeout_secs, SHORTEST_LISTENING_SECS), LONGEST_LISTENING_SECS)
    attributes = {
        "action": verb.action,
        "method": "POST",
        "executionTimeout": str(secs),
        "redirect": "true",
    }
    if verb.keys:
        keys = {"numDigits": str(verb.keys), "finishOnKey": verb.finish_key or "none"}
        attributes |= {"inputType": "dtmf", **keys}
    else:
        attributes |= {"inputType": "dtmf speech", "language": verb.language}
    listening = element(parent, "GetInput", attributes)
    for prompt in verb.prompts[len(before) :]:
        append(listening, prompt)
