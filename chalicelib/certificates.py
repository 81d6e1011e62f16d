"""Who vouches for other people's servers: read once, not at each connection (urllib3 #3623)."""

import ssl
from functools import cache
from typing import Any

import certifi
from requests.adapters import HTTPAdapter

from chalicelib.overriding import override


class OneContext(HTTPAdapter):
    """Has all connections share one TLS context."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=_tls())

    @override
    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies already."""


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())
