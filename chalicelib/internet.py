"""The one way to other people's servers: certificates checked, no proxy, no habits of ours."""

import re
import ssl
import time
from collections.abc import Iterator
from functools import cache
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError, ReadTimeoutError

from chalicelib.overriding import override

_PIECE_BYTES: Final = 65_536

_NUMBER_IN_DISGUISE: Final = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?")

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class BrokenOffError(Exception):
    """A server did not answer to the end; the message says what it did instead."""


class Bearer(AuthBase):
    """Shows an API key."""

    def __init__(self, key: str) -> None:
        self._key = key

    @override
    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._key}"
        return r


class _OneContext(HTTPAdapter):
    """Reads the certificate authorities once, not at each connection (urllib3 #3623)."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=_tls())

    @override
    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies already."""


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
    """Whether *address* names a machine of some inner network by its number: never loopback.

    Numbers only: what a name leads to is known when it is asked for, and may change.
    """
    host = urlsplit(address).hostname or ""
    if host in LOOPBACK:
        return False
    try:
        number = ip_address(host)
    except ValueError:
        # Whoever writes 10.1 or 0x0a000001 means no name, whatever a resolver makes of it.
        return bool(_NUMBER_IN_DISGUISE.fullmatch(host))
    return not number.is_global or number.is_multicast


def pieces(
    response: requests.Response, *, most_bytes: int, within_secs: float = float("inf")
) -> Iterator[bytes]:
    """Give the body of *response* as it comes.

    Raises:
        BrokenOffError: it does not come to its end.
    """
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
def session() -> requests.Session:
    """Give the session whose connections all requests of this container share."""
    return new_session()


def new_session() -> requests.Session:
    """Make a session for one conversation: no cookie and no connection of another is in it."""
    made = requests.Session()
    # REQUESTS_CA_BUNDLE, proxies and .netrc of the machine are not the other side's business.
    made.trust_env = False
    made.mount("https://", _OneContext())
    return made


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())
