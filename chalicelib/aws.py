"""The one way to AWS: one session, and one client of each kind, per container."""

from functools import cache
from threading import Lock
from typing import Any, Final


@cache
def session() -> Any:  # noqa: ANN401  # boto3 has no types of its own
    """Open the session that all clients share: loading the service models is what costs."""
    import boto3  # noqa: PLC0415  # not needed to refuse a forged webhook

    return boto3.Session()


@cache
def client(service: str, *, read_timeout_secs: float = 0) -> Any:  # noqa: ANN401
    """Give the client for *service*.

    With *read_timeout_secs* it waits that long for an answer and never asks twice: for what
    must not be repeated.
    """
    from botocore.config import Config  # noqa: PLC0415

    config = (
        Config(
            connect_timeout=3,
            read_timeout=read_timeout_secs,
            retries={"total_max_attempts": 1},
        )
        if read_timeout_secs
        else Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard"})
    )
    with _ONE_AT_A_TIME:
        return session().client(service, config=config)


_ONE_AT_A_TIME: Final = Lock()
"""Clients may be used by several threads, but not made by two of them at once."""
