"""The addresses that we hand to a carrier, and how to read them again.

Every value is of `[A-Za-z0-9_-]` and every key stands once, in alphabetical order: so the
address that a carrier signs can be rebuilt from the parts that API Gateway leaves of it.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlencode

PREFIX = "/api/channels/telephony"

_SAFE = re.compile(r"[A-Za-z0-9_-]*")


class Route(StrEnum):
    """The three doors that carriers knock at."""

    ANSWER = "answer"
    GATHER = "gather"
    STATUS = "status"


def callback_url(base: str, account: str, route: Route, **query: str | int) -> str:
    """The address of *route* for *account* below the public address *base*."""
    values = {key: str(value) for key, value in query.items()}
    unsafe = [key for key, value in values.items() if not _SAFE.fullmatch(value)]
    if unsafe:
        msg = f"callback values must be of [A-Za-z0-9_-]: {', '.join(unsafe)}"
        raise ValueError(msg)
    return webhook_url(base, account, route, values)


def audio_url(base: str, account: str, name: str) -> str:
    """The address of the sound that is called *name*."""
    return f"{webhook_url(base, account, 'audio', {})}/{name}"


def webhook_url(base: str, account: str, route: str, query: Mapping[str, str]) -> str:
    """Rebuild the address that was called from the parts that are left of it."""
    address = f"{base.rstrip('/')}{PREFIX}/{account}/{route}"
    return f"{address}?{urlencode(sorted(query.items()))}" if query else address
