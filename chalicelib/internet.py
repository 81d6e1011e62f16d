"""The one way to other people's servers: certificates checked, no proxy, no habits of ours."""

import os
import re
import time
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import requests

_PIECE_BYTES: Final = 65_536

_NUMBER_IN_DISGUISE: Final = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?")

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

# RFC 3056, RFC 4380, RFC 6052, RFC 8215
_WITH_NUMBERS_INSIDE: Final = ("2002::/16", "2001::/32", "64:ff9b::/96", "64:ff9b:1::/48")
"""Numbers of the sixth version that stand for any of the fourth."""


class BrokenOffError(Exception):
    """A server did not answer to the end; the message says what it did instead."""


class Bearer:
    """Shows an API key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, r: "requests.PreparedRequest") -> "requests.PreparedRequest":
        """Have *r* show it."""
        r.headers["Authorization"] = f"Bearer {self._key}"
        return r


def is_safe(url: str) -> bool:
    """Whether secrets may be sent to *url*: by https to the outside, or by http on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if not host or is_inside(url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def is_inside(address: str) -> bool:
    """Whether *address* names a machine of some inner network by its number.

    On Lambda that is loopback, too: there the runtime listens, which hands out our events.
    Numbers only: what a name leads to is known when it is connected, and may change.
    """
    host = urlsplit(address).hostname or ""
    if host in LOOPBACK:
        return _is_on_lambda()
    try:
        number = ip_address(host)
    except ValueError:
        # Whoever writes 10.1 or 0x0a000001 means no name, whatever a resolver makes of it.
        return bool(_NUMBER_IN_DISGUISE.fullmatch(host))
    if isinstance(number, IPv6Address):
        disguises = map(IPv6Network, _WITH_NUMBERS_INSIDE)
        if any(number in network for network in disguises):
            return True
    return not number.is_global or number.is_multicast


def leads_inside(peer: str) -> bool:
    """Whether the machine with the number *peer* is none that we may be led to.

    On Lambda none of an inner network is. Elsewhere the network is the owner's own.
    """
    host = f"[{peer}]" if ":" in peer else peer
    return _is_on_lambda() and is_inside(f"https://{host}")


def _is_on_lambda() -> bool:
    """Whether this is AWS itself: an emulated one is on the machine that it calls loopback."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ and "AWS_ENDPOINT_URL" not in os.environ


def pieces(
    response: "requests.Response", *, most_bytes: int, within_secs: float = float("inf")
) -> Iterator[bytes]:
    """Give the body of *response* as it comes.

    Raises:
        BrokenOffError: it does not come to its end.
    """
    from urllib3.exceptions import HTTPError, ReadTimeoutError  # noqa: PLC0415

    left, deadline = most_bytes, time.monotonic() + within_secs
    try:
        # The ways of `requests` itself wait until so many bytes are there.
        while piece := response.raw.read1(_PIECE_BYTES):
            left -= len(piece)
            if left < 0 or time.monotonic() > deadline:
                message = "does not come to an end"
                raise BrokenOffError(message)
            yield piece
    except ReadTimeoutError:
        message = "fell silent"
        raise BrokenOffError(message) from None
    except (HTTPError, OSError):
        message = "broke off"
        raise BrokenOffError(message) from None


@cache
def session() -> "requests.Session":
    """Give the session whose connections all requests of this container share."""
    return new_session()


def new_session() -> "requests.Session":
    """Make a session for one conversation: no cookie and no connection of another is in it."""
    # Most containers answer many webhooks before they ask a carrier for anything.
    import requests  # noqa: PLC0415

    from chalicelib.certificates import OneContext  # noqa: PLC0415

    made = requests.Session()
    # REQUESTS_CA_BUNDLE, proxies and .netrc of the machine are not the other side's business.
    made.trust_env = False
    made.mount("https://", OneContext())
    return made
