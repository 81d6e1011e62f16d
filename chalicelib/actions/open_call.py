"""Say the first words of a call that we placed."""

from dataclasses import replace

from chalicelib import log
from chalicelib.actions.await_reply import go_on
from chalicelib.actions.end_call import RETRY_AFTER, end_call
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import is_wanted_over, opening_verbs
from chalicelib.calls.call import AnsweredBy, Call, Mode, OnMachine, State
from chalicelib.calls.callbacks import Route
from chalicelib.calls.events import CallOpened, MachineDetected
from chalicelib.calls.verbs import AwaitSilence, HangUp, Verb
from chalicelib.providers.base import Feature

LONGEST_GREETING_SECS = 30
"""Whoever has not finished greeting by then will not."""


def open_call(event: CallOpened, *, exchange: Exchange) -> list[Verb]:
    """Greet whoever answered, or deliver the message; the same again if asked again."""
    opened = exchange.calls.open(
        event.call_id,
        account=exchange.account.account_id,
        provider_call_id=event.provider_call_id,
        at=exchange.now(),
        answered_by=event.answered_by,
    )
    if opened is None:
        log.warning("answered call is not ours", call_id=event.call_id)
        return [HangUp()]
    call = opened.call
    if is_wanted_over(call):
        return [HangUp()]
    if event.answered_by is AnsweredBy.MACHINE:
        return _meet_machine(call, exchange)
    return go_on(call, exchange=exchange)


def meet_machine(event: MachineDetected, *, exchange: Exchange) -> None:
    """Begin anew for a machine that took our first words for a person's, or hang up.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    opened = exchange.calls.open(
        event.call_id,
        account=exchange.account.account_id,
        provider_call_id=event.provider_call_id,
        at=exchange.now(),
        answered_by=AnsweredBy.MACHINE,
    )
    if opened is None or is_wanted_over(opened.call):
        return
    call = opened.call
    if call.on_machine is OnMachine.HANGUP:
        end_call(call, exchange=exchange)
    else:
        url = exchange.url(Route.ANSWER, call.call_id, machine=1)
        exchange.provider.interrupt(event.provider_call_id, url)


def _meet_machine(call: Call, exchange: Exchange) -> list[Verb]:
    """Leave the message, whatever the call is for, or hang up: nobody is there to talk to."""
    log.info("answering machine", call_id=call.call_id, account=call.account, then=call.on_machine)
    if call.on_machine is OnMachine.HANGUP:
        at = exchange.now()
        retry_at = at + RETRY_AFTER
        exchange.calls.request_end(call.call_id, State.HANGUP_BOT, at=at, retry_at=retry_at)
        return [HangUp()]
    message = opening_verbs(replace(call, mode=Mode.NOTIFY), exchange=exchange)
    if Feature.GREETING_END in exchange.provider.features:
        return message
    return [AwaitSilence(LONGEST_GREETING_SECS), *message]
