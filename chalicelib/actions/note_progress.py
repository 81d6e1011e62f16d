"""Keep what a carrier says of a call's progress and end."""

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.calls.call import inbound_call_id
from chalicelib.calls.events import CallEnded, CallProgressed
from chalicelib.store.base import Ending


def note_progress(event: CallProgressed, *, exchange: Exchange) -> None:
    """Move the call that *event* is about forward, if it is not further already."""
    account = exchange.account.account_id
    exchange.calls.advance(
        event.call_id or inbound_call_id(account, event.provider_call_id),
        event.state,
        account=account,
        provider_call_id=event.provider_call_id,
        at=exchange.now(),
    )


def note_end(event: CallEnded, *, exchange: Exchange) -> None:
    """Make the call that *event* is about final, once."""
    account = exchange.account.account_id
    call_id = event.call_id or inbound_call_id(account, event.provider_call_id)
    ending = Ending(
        at=exchange.now(),
        reason=event.reason,
        error=event.error,
        provider_call_id=event.provider_call_id,
    )
    if exchange.calls.finish(call_id, ending, account=account):
        log.info("call over", call_id=call_id, account=account, reason=event.reason or "natural")
