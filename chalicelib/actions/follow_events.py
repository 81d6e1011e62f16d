"""Act on the events of a carrier that takes commands: out of the webhook, with time to think."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from chalicelib import log
from chalicelib.actions.admit_call import admit_call
from chalicelib.actions.after_words import after_words
from chalicelib.actions.await_reply import call_id_of
from chalicelib.actions.converse import converse
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.hand_over import follow_transfer
from chalicelib.actions.open_call import open_call
from chalicelib.actions.perform import perform
from chalicelib.agents.base import Agent
from chalicelib.calls.call import Call
from chalicelib.calls.events import (
    CallArrived,
    CallOpened,
    CarrierEvent,
    InputOverheard,
    SpeechEnded,
    TransferEnded,
)
from chalicelib.calls.verbs import Verb
from chalicelib.errors import UnknownCallError


def follow_event(
    event: CarrierEvent, *, by: str = "", exchange: Exchange, agent_of: Callable[[Call], Agent]
) -> None:
    """Do what *event* calls for; the same event again changes nothing.

    Unless it comes to the same one, known as *by*, who has failed: then what is left is done.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    match event:
        case CallArrived():
            verbs = admit_call(event, exchange=exchange)
            _do(event, verbs, mark="arrived", exchange=exchange)
        case CallOpened():
            # What arrived and was answered comes back with the id that is derived from its own.
            ours = replace(event, call_id=call_id_of(event, exchange))
            verbs = open_call(ours, exchange=exchange)
            _do(ours, verbs, mark="opening", exchange=exchange)
        case InputOverheard():
            converse(event, by=by, exchange=exchange, agent_of=agent_of)
        case SpeechEnded():
            _after_speech(event, exchange)
        case TransferEnded():
            follow_transfer(event, exchange=exchange)
        case _:
            log.info("event ignored", call_id=event.call_id, kind=type(event).__name__)


def _do(event: CarrierEvent, verbs: Sequence[Verb], *, mark: str, exchange: Exchange) -> None:
    call = _call(event, exchange)
    if call is not None:
        known = replace(call, provider_call_id=call.provider_call_id or event.provider_call_id)
        perform(known, verbs, mark=mark, exchange=exchange)


def _after_speech(event: SpeechEnded, exchange: Exchange) -> None:
    call = exchange.calls.note_spoken(
        call_id_of(event, exchange),
        event.delivery,
        heard=event.heard,
        account=exchange.account.account_id,
    )
    if call is not None:
        after_words(call, exchange=exchange)


def _call(event: CarrierEvent, exchange: Exchange) -> Call | None:
    try:
        call = exchange.calls.get(call_id_of(event, exchange))
    except UnknownCallError:
        log.warning("event of an unknown call", call_id=event.call_id)
        return None
    return call if call.account == exchange.account.account_id else None
