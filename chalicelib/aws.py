"""The one way to AWS: one session, and one client of each kind, per container."""

from functools import cache
from threading import Lock
from typing import Any, Final


@cache
def session() -> Any:  # noqa: ANN401  # botocore has no types of its own
    """Open the session that all clients share: loading the service models is what costs."""
    # Not needed to refuse a forged webhook; and what boto3 puts around it is not needed at all.
    from botocore.handlers import (  # noqa: PLC0415
        BUILTIN_HANDLERS,
        REGISTER_FIRST,
        REGISTER_LAST,
    )
    from botocore.session import Session  # noqa: PLC0415

    made = Session(include_builtin_handlers=False)
    events = made.get_component("event_emitter")
    register = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    for event, handler, *place in BUILTIN_HANDLERS:
        if _concerns_us(event):
            register.get(place[0] if place else None, events.register)(event, handler)
    return made


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
        return session().create_client(service, config=config)


def _concerns_us(event: str) -> bool:
    """Whether botocore's own handler of *event* may ever act for us.

    It has over a hundred, most for the documentation and for services that we do not ask; each is
    looked into before it is registered, which took a tenth of what a client takes.
    """
    kind, _, rest = event.partition(".")
    service = rest.partition(".")[0]
    return kind not in {"docs", "getattr"} and service in _OURS


_OURS: Final = frozenset({"", "*", "bedrock-runtime", "polly", "s3", "sqs"})
"""Of our services, those for which botocore has handlers, and all of them together."""
_ONE_AT_A_TIME: Final = Lock()
"""Clients may be used by several threads, but not made by two of them at once."""
