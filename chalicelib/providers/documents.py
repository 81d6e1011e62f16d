"""What the XML languages of carriers have in common."""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

from chalicelib.calls.verbs import Dial, HangUp, Play, Redirect
from chalicelib.providers.base import Document

ASKS_AGAIN: Final = "rc=2&rp=all"
"""A document that nobody gave, because a function died, is asked for twice more: else the far end
would hear an error of the carrier's, and the call would end. To answer again does no harm."""
UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold, escaped or not. Said the other way round, it takes 4 ms to compile."""


def element(
    parent: ET.Element, tag: str, attributes: Mapping[str, str], text: str = ""
) -> ET.Element:
    """Put a *tag* with *text* at the end of *parent*."""
    made = ET.SubElement(parent, tag, dict(attributes))
    made.text = text or None
    return made


Common = Play | Redirect | HangUp | Dial
"""What both languages write alike."""


def append_common(parent: ET.Element, verb: Common) -> None:
    """Put a *verb* that is written alike in both languages at the end of *parent*."""
    match verb:
        case Play(url):
            element(parent, "Play", {}, url)
        case Redirect(url):
            element(parent, "Redirect", {"method": "POST"}, url)
        case HangUp():
            element(parent, "Hangup", {})
        case Dial():
            _append_dial(parent, verb)


def _append_dial(parent: ET.Element, verb: Dial) -> None:
    # What follows is asked for when the person has hung up, or could not be reached.
    attributes = {
        "action": verb.action,
        "method": "POST",
        "timeout": str(verb.ring_secs),
        "timeLimit": str(verb.longest_secs),
        "callerId": verb.caller_id,
    }
    element(element(parent, "Dial", attributes), "Number", {}, verb.number)


def document(root: ET.Element) -> Document:
    """Write *root* with its declaration at the very beginning, as carriers insist."""
    text = UNSPEAKABLE.sub("", ET.tostring(root, encoding="unicode"))
    return Document(
        content_type="text/xml; charset=utf-8",
        body=f'<?xml version="1.0" encoding="UTF-8"?>{text}',
    )
