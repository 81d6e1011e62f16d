"""What our own addresses tell us when a carrier comes back with a form."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NotRequired, TypedDict
from urllib.parse import parse_qsl

from chalicelib.calls.call import AnsweredBy
from chalicelib.calls.events import (
    CallArrived,
    CallOpened,
    CarrierEvent,
    Input,
    InputGathered,
    InputInterposed,
    ReplyAwaited,
    ResumeAsked,
    TransferEnded,
)
from chalicelib.calls.transcript import Slot
from chalicelib.errors import SignatureError


class Common(TypedDict):
    """What every event holds."""

    provider_call_id: str
    call_id: str
    raw: tuple[tuple[str, str], ...]
    delivery: NotRequired[str]


@lru_cache(maxsize=1)
def read_form(body: bytes) -> tuple[tuple[str, str], ...]:
    """Give the fields of *body*, empty ones as well, in their order.

    Each is asked for twice: to check its signature, and to be understood.

    Raises:
        SignatureError: it is no text, so nobody can have signed it.
    """
    try:
        return tuple(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError as error:
        raise SignatureError("malformed") from error


def read_answer(
    query: Mapping[str, str], common: Common, *, from_number: str, to_number: str
) -> CarrierEvent:
    """Say who wants a first document: a call that we placed is named in the *query*."""
    if query.get("call"):
        by = AnsweredBy.MACHINE if "machine" in query else None
        return CallOpened(answered_by=by, **common)
    return CallArrived(from_number=from_number, to_number=to_number, **common)


def read_gather(
    query: Mapping[str, str], common: Common, *, speech: str, digits: str, reached: bool = False
) -> CarrierEvent:
    """Say what the carrier comes back for: with what was heard, or for a reply.

    Or because somebody that the call was handed to was *reached* and hung up, or was not.

    Raises:
        ValueError: a number in *query* is none.
    """
    if "resume" in query:
        return ResumeAsked(slot=str(Slot.parse(query["resume"])), **common)
    if "transfer" in query:
        return TransferEnded(turn=int(query["transfer"]), reached=reached, **common)
    turn = int(query.get("turn", "1"))
    speech, digits = speech.strip(), digits.strip()
    heard = Input.SPEECH if speech else Input.KEYS if digits else Input.NOTHING
    if "since" in query:
        since, told, part = (int(query.get(name, "0")) for name in ("since", "told", "part"))
        if heard is not Input.NOTHING:
            text = speech or digits
            return InputInterposed(turn=turn, told=told, input=heard, text=text, **common)
        return ReplyAwaited(turn=turn, since=since, told=told, part=max(part, 1), **common)
    quiet = int(query.get("quiet", "0"))
    return InputGathered(turn=turn, input=heard, text=speech or digits, quiet=quiet, **common)
