"""Reads what a server sends bit by bit, as it comes: server-sent events, or one body.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from collections.abc import Iterator
from typing import Final

import requests

from chalicelib import internet
from chalicelib.errors import AgentError

MOST_BYTES: Final = 4_000_000
"""A reply with all its thoughts is far shorter; a server that never ends is not listened to."""


def whole_body(response: requests.Response) -> bytes:
    """Give the body of *response*.

    Raises:
        AgentError: the server breaks off, hangs, or does not come to an end.
    """
    return b"".join(_bytes(response))


def events(response: requests.Response) -> Iterator[str]:
    """Give the text of each event, as soon as it is whole.

    Raises:
        AgentError: the server breaks off, hangs, or does not come to an end.
    """
    lines: list[str] = []
    for line in _lines(response):
        field, _, value = line.partition(":")
        if field == "data":
            lines.append(value.removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines)
            lines = []
    if lines:
        yield "\n".join(lines)


def _lines(response: requests.Response) -> Iterator[str]:
    begun = b""
    for piece in _bytes(response):
        *whole, begun = (begun + piece).split(b"\n")
        yield from (line.rstrip(b"\r").decode("utf-8", "replace") for line in whole)
    if begun:
        yield begun.decode("utf-8", "replace")


def _bytes(response: requests.Response) -> Iterator[bytes]:
    try:
        yield from internet.pieces(response, most_bytes=MOST_BYTES)
    except internet.BrokenOffError as error:
        message = f"the model server {error}"
        raise AgentError(message) from None
