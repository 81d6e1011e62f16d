"""Take a call that arrives, or refuse it."""

from datetime import timedelta
from typing import Final

from chalicelib import log, metrics
from chalicelib.accounts.policy import admits
from chalicelib.actions.await_reply import go_on
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import about_to_open, is_wanted_over
from chalicelib.actions.voiced import read_ahead
from chalicelib.calls.call import (
    LOOK_AT_LIVE_EVERY,
    Call,
    CallFailure,
    Direction,
    Mode,
    State,
    inbound_call_id,
)
from chalicelib.calls.events import CallArrived
from chalicelib.calls.phone_numbers import caller, masked
from chalicelib.calls.verbs import Answer, HangUp, Reject, Verb
from chalicelib.metrics import Metric
from chalicelib.timers.base import TimerKind

CLOCK_CAN_WAIT: Final = 2 * LOOK_AT_LIVE_EVERY
"""A limit that is further away than that is left to the sweep, which comes by before."""


def admit_call(event: CallArrived, *, exchange: Exchange) -> list[Verb]:
    """Greet the caller if the owner's policy says so; refuse without answering if not.

    A refused call is kept too, so that the owner can see who tried.
    """
    if not admits(exchange.account, event.from_number):
        return _refuse(event, exchange)
    answers_now = not exchange.provider.takes_commands
    state = State.LISTENING if answers_now else State.RINGING
    call = _arrived(event, exchange, state=state)
    created = exchange.calls.create(call)
    if created.fresh:
        _start_clock(call, exchange)
        read_ahead(call, exchange=exchange)
        log.info("call admitted", call_id=call.call_id, account=call.account)
    if is_wanted_over(created.call):
        return [HangUp()]
    if exchange.provider.takes_commands:
        return [Answer()]
    return go_on(created.call, exchange=exchange)


def _start_clock(call: Call, exchange: Exchange) -> None:
    """Start the clock of the new *call*, unless its caller would have to wait for that.

    Then the sweep starts it, when it first looks after the call.
    """
    limit_is_far = call.must_end_at - call.started_at > CLOCK_CAN_WAIT
    if exchange.provider.takes_commands or not limit_is_far:
        exchange.timers.start(call.call_id, TimerKind.MAX_DURATION, call.must_end_at)


def _refuse(event: CallArrived, exchange: Exchange) -> list[Verb]:
    call = _arrived(event, exchange, state=State.ERROR)
    exchange.calls.record(call)
    log.info(
        "call refused",
        call_id=call.call_id,
        account=call.account,
        policy=exchange.account.inbound_policy,
        caller=masked(event.from_number),
        **metrics.of({Metric.CALLS_REFUSED: 1}, rule="phone.inbound_policy"),
    )
    return [Reject()]


def _arrived(event: CallArrived, exchange: Exchange, *, state: State) -> Call:
    account, now = exchange.account, exchange.now()
    refused = CallFailure(
        code="refused_by_policy",
        message=f"the inbound policy is {account.inbound_policy}",
    )
    taken = not state.is_final
    # Our own number is in one shape already, as a rule: a caller waits while others are read.
    is_known = event.to_number == account.from_number
    to_number = event.to_number if is_known else caller(event.to_number) or event.to_number
    terms = account.terms_on(to_number)
    answered_at = now if state is State.LISTENING else None
    call = Call(
        call_id=inbound_call_id(account.account_id, event.provider_call_id),
        account=account.account_id,
        provider=account.provider,
        provider_call_id=event.provider_call_id,
        direction=Direction.INBOUND,
        mode=Mode.CONVERSATION,
        from_number=caller(event.from_number) or event.from_number,
        to_number=to_number,
        state=state,
        started_at=now,
        reports_speech=exchange.provider.takes_commands,
        answered_at=answered_at,
        opened_at=answered_at,
        ended_at=None if taken else now,
        error=None if taken else refused,
        deadline=now + min(timedelta(seconds=account.max_duration_secs), LOOK_AT_LIVE_EVERY),
        max_duration_secs=account.max_duration_secs,
        ring_timeout_secs=account.ring_timeout_secs,
        notify_hangup_delay_secs=account.notify_hangup_delay_secs,
        opening=terms.greeting if taken else "",
        language=terms.language,
        voice=terms.voice,
        agent=terms.agent,
        speech=terms.speech,
    )
    return about_to_open(call, exchange=exchange)
