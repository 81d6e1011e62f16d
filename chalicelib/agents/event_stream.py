"""Reads what a server sends bit by bit, as it comes: server-sent events, or one body.

https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from collections.abc import Iterator
from typing import Final

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from chalicelib.errors import AgentError

MOST_BYTES: Final = 4_000_000
"""A reply with all its thoughts is far shorter; a server that never ends is not listened to."""
_PIECE_BYTES: Final = 65_536


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
    left = MOST_BYTES
    try:
        # The ways of `requests` itself wait until so many bytes are there.
        while piece := response.raw.read1(_PIECE_BYTES):
            left -= len(piece)
            if left < 0:
                message = "the model server does not come to an end"
                raise AgentError(message)
            yield piece
    except ReadTimeoutError:
        message = "the model server fell silent"
        raise AgentError(message) from None
    except (HTTPError, OSError):
        message = "the model server broke off"
        raise AgentError(message) from None
