"""Act on the events of a carrier that takes commands: out of the webhook, with time to think."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib import log
from chalicelib.actions.admit_call import admit_call
from chalicelib.actions.converse import converse
from chalicelib.actions.end_call import end_call
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import LISTEN_SECS
from chalicelib.actions.open_call import open_call
from chalicelib.actions.perform import perform
from chalicelib.actions.take_input import call_id_of
from chalicelib.agents.base import Agent
from chalicelib.calls.call import AnsweredBy, Call, Mode, State
from chalicelib.calls.events import (
    CallArrived,
    CallOpened,
    CarrierEvent,
    InputOverheard,
    SpeechEnded,
)
from chalicelib.calls.verbs import Verb
from chalicelib.errors import UnknownCallError
from chalicelib.timers.base import TimerKind

SLACK: Final = timedelta(seconds=1)
"""What a clock may be late or early by; silence is not measured finer."""


def follow_event(
    event: CarrierEvent, *, exchange: Exchange, agent_of: Callable[[Call], Agent]
) -> None:
    """Do what *event* calls for; the same event again changes nothing.

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
            converse(event, exchange=exchange, agent_of=agent_of)
        case SpeechEnded():
            _after_speech(event, exchange)
        case _:
            log.info("event ignored", call_id=event.call_id, kind=type(event).__name__)


def _do(event: CarrierEvent, verbs: Sequence[Verb], *, mark: str, exchange: Exchange) -> None:
    call = _call(event, exchange)
    if call is not None:
        known = replace(call, provider_call_id=call.provider_call_id or event.provider_call_id)
        perform(known, verbs, mark=mark, exchange=exchange)


def _after_speech(event: SpeechEnded, exchange: Exchange) -> None:
    """All our words were heard: hang up if they were the last, else wait for an answer."""
    call = exchange.calls.note_spoken(
        call_id_of(event, exchange),
        event.delivery,
        heard=event.heard,
        account=exchange.account.account_id,
    )
    if call is None or call.state is not State.SPEAKING or not call.has_spoken:
        # They were cut short, or only announced what is being thought about, or there are more.
        return
    if call.end_requested:
        end_call(call, exchange=exchange)
    elif call.mode is Mode.NOTIFY or call.answered_by is AnsweredBy.MACHINE:
        at = exchange.now() + timedelta(seconds=call.notify_hangup_delay_secs)
        exchange.timers.start(call.call_id, TimerKind.NOTIFY_HANGUP, at)
    elif exchange.calls.advance(
        call.call_id,
        State.LISTENING,
        account=call.account,
        provider_call_id=call.provider_call_id,
        at=exchange.now(),
    ):
        mark = f"{call.turn}-{call.heard}-{call.quiet}"
        at = exchange.now() + timedelta(seconds=LISTEN_SECS) + SLACK
        exchange.timers.start(call.call_id, TimerKind.SILENCE, at, mark=mark)


def _call(event: CarrierEvent, exchange: Exchange) -> Call | None:
    try:
        call = exchange.calls.get(call_id_of(event, exchange))
    except UnknownCallError:
        log.warning("event of an unknown call", call_id=event.call_id)
        return None
    return call if call.account == exchange.account.account_id else None
