"""What the REST interfaces of carriers have in common."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping

from moltis.carriers.exchange import Response
from moltis.carriers.faults import CreateFault, Faults


def basic_credentials(header: str) -> tuple[str, str]:
    """Read the name and the secret of an `Authorization` *header*; empty if there are none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, UnicodeDecodeError):
        return "", ""
    return name, secret


def create(
    faults: Faults, dial: Callable[[], Response], refusals: Mapping[CreateFault, Exception]
) -> Response:
    """Have a call made by *dial*, unless *faults* want it to go wrong: some by raising."""
    return act_with(faults.next_create(), dial, refusals, faults.hang_secs)


def act_with(
    fault: CreateFault | None,
    act: Callable[[], Response],
    refusals: Mapping[CreateFault, Exception],
    hang_secs: float,
) -> Response:
    """Have *act* done, unless it is to meet a *fault*: some are raised, others cut the line."""
    if fault is None:
        return act()
    if fault.dials:
        act()
    if fault in refusals:
        raise refusals[fault]
    return Response(cut=True, delay=hang_secs if fault is CreateFault.HANGS else 0.0)
