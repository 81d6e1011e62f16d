"""End a call."""

from datetime import timedelta
from typing import Final

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.calls.call import Call, State
from chalicelib.errors import CallGoneError
from chalicelib.store.base import Ending

RETRY_AFTER: Final = timedelta(seconds=30)
"""When the sweep asks the carrier again, should it not have confirmed the end by then."""


def end_call(call: Call, *, exchange: Exchange, reason: State = State.HANGUP_BOT) -> Call:
    """Ask the carrier to end *call*; it is over once the carrier confirms.

    What was asked for, and why, is kept first: the sweep asks again if the carrier fails.
    Ending a call that is over is not an error.

    Raises:
        ProviderError: the carrier refused or failed; the call may still be going on.
    """
    now = exchange.now()
    call = exchange.calls.request_end(call.call_id, reason, at=now, retry_at=now + RETRY_AFTER)
    if call.state.is_final or not call.provider_call_id:
        return call
    try:
        exchange.provider.hang_up(call.provider_call_id)
    except CallGoneError:
        return close_call(call, Ending(at=exchange.now()), exchange=exchange)
    log.info("hanging up", call_id=call.call_id, account=call.account, reason=reason)
    return call


def close_call(call: Call, ending: Ending, *, exchange: Exchange) -> Call:
    """Make *call* final here, because it is over at the carrier."""
    if not exchange.calls.finish(call.call_id, ending, account=call.account):
        return exchange.calls.get(call.call_id)
    return call.ended(ending.reason or call.natural_end, at=ending.at, error=ending.error)
