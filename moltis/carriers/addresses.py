"""Which addresses a carrier takes for its webhooks and sounds."""

import re
from urllib.parse import urlsplit


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
