"""Who vouches for other people's servers: read once, not at each connection (urllib3 #3623).

And who they may be: a name may lead anywhere, and to somewhere else the next time, so what it has
led to is looked at when it is connected, before anything is said.
"""

import socket
import ssl
from functools import cache
from typing import Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import NewConnectionError

from chalicelib.internet import leads_inside
from chalicelib.overriding import override


class Outward(HTTPSConnection):
    """A connection to the world: on Lambda, never to a machine of an inner network."""

    @override
    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        if leads_inside(connected.getpeername()[0]):
            connected.close()
            message = "it leads to a machine of an inner network"
            raise NewConnectionError(self, message)
        return connected


class _OutwardPool(HTTPSConnectionPool):
    ConnectionCls = Outward


class OneContext(HTTPAdapter):
    """Has all connections share one TLS context."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=_tls())
        pools = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {**pools, "https": _OutwardPool}

    @override
    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Do nothing: the context verifies already."""


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certifi.where())
