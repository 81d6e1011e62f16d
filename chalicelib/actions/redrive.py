"""Fire again what was given up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.fire_timer import fire_timer
from chalicelib.calls.call import Call
from chalicelib.errors import GatewayError, UnknownCallError
from chalicelib.store.base import CallStore
from chalicelib.timers.base import LostTimer, LostTimers

MOST_PER_RUN: Final = 10
"""As many as carriers can be asked about within one request."""
UNREADABLE: Final = "is no timer that can be read; look at the message in the queue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What came of a timer that was fired again; it stays in the queue if it failed."""

    call_id: str
    kind: str
    state: str = ""
    failure: str = ""


def redrive(
    *, lost: LostTimers, calls: CallStore, exchange_of: Callable[[Call], Exchange]
) -> list[Fired]:
    """Fire timers that were given up, and forget those that did what they were set for.

    A bounded piece of work, harmless to repeat and to do twice at once: a timer that fires on a
    call that is over, or past what it was set for, does nothing.
    """
    return [_fire(one, lost, calls, exchange_of) for one in lost.take(limit=MOST_PER_RUN)]


def _fire(
    one: LostTimer, lost: LostTimers, calls: CallStore, exchange_of: Callable[[Call], Exchange]
) -> Fired:
    if one.kind is None:
        return Fired(call_id="", kind="", failure=UNREADABLE)
    try:
        call = calls.get(one.call_id)
        state = str(fire_timer(call, one.kind, mark=one.mark, exchange=exchange_of(call)).state)
    except UnknownCallError:
        state = "unknown"
    except GatewayError as error:
        log.warning("lost timer failed again", call_id=one.call_id, reason=str(error))
        return Fired(call_id=one.call_id, kind=one.kind, failure=str(error))
    log.info("lost timer fired", call_id=one.call_id, kind=one.kind)
    lost.drop(one)
    return Fired(call_id=one.call_id, kind=one.kind, state=state)
