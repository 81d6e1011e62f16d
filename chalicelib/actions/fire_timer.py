"""Do what a timer was set for."""

from datetime import timedelta
from typing import Final

from chalicelib import log
from chalicelib.actions.break_silence import break_silence
from chalicelib.actions.end_call import close_call, end_call
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.place_call import dial_order
from chalicelib.calls.call import AnsweredBy, Call, CallFailure, Mode, State
from chalicelib.errors import CallGoneError
from chalicelib.providers.base import CarrierView
from chalicelib.store.base import Ending
from chalicelib.timers.base import TimerKind

SLOWEST_CHARS_PER_SEC: Final = 8
"""Slower than any voice we know of: the guard must never cut a message that is being spoken."""
NOTIFY_SLACK_SECS: Final = 15


def fire_timer(call: Call, kind: TimerKind, *, mark: str = "", exchange: Exchange) -> Call:
    """Act on *call*, whose timer of *kind* has run out; on a call that is over, do nothing.

    Raises:
        ProviderError: the carrier refused or failed; the clock tries again.
    """
    if call.state.is_final:
        return call
    log.info("timer fired", call_id=call.call_id, account=call.account, kind=kind)
    match kind:
        case TimerKind.MAX_DURATION:
            return _settle(call, State.TIMEOUT, exchange)
        case TimerKind.SILENCE:
            return break_silence(call, mark, exchange=exchange)
        case TimerKind.NOTIFY_HANGUP:
            return _settle(call, State.COMPLETED, exchange)
        case TimerKind.RING_TIMEOUT:
            if call.is_answered:
                return _guard_message(call, exchange)
            return _settle(call, State.NO_ANSWER, exchange)


def _guard_message(call: Call, exchange: Exchange) -> Call:
    """Have the clock hang up, should the document that speaks a message not do it.

    Whoever answered did not have to wait for this; and most messages are over by now.
    """
    opened_at, is_person = call.opened_at, call.answered_by is not AnsweredBy.MACHINE
    if opened_at and is_person and call.mode is Mode.NOTIFY and not call.reports_speech:
        speaking = len(call.opening) / SLOWEST_CHARS_PER_SEC
        secs = speaking + call.notify_hangup_delay_secs + NOTIFY_SLACK_SECS
        at = min(opened_at + timedelta(seconds=secs), call.must_end_at)
        exchange.timers.start(call.call_id, TimerKind.NOTIFY_HANGUP, at)
    return call


def settle_overdue(call: Call, *, exchange: Exchange) -> Call:
    """Compare a call with the carrier's truth; close it, or have it ended if it should be over.

    Raises:
        ProviderError: the carrier refused or failed; the sweep comes again.
    """
    return _settle(call, call.end_requested or _overdue_as(call, exchange), exchange)


def _overdue_as(call: Call, exchange: Exchange) -> State | None:
    """Why the call should be over; nothing when it may go on, if it does."""
    if not call.is_answered:
        return State.NO_ANSWER
    return State.TIMEOUT if exchange.now() >= call.must_end_at else None


def _settle(call: Call, reason: State | None, exchange: Exchange) -> Call:
    view = _truth(call, exchange)
    if view is None:
        failure = CallFailure(
            code="carrier_failed", message="the carrier knows nothing of the call"
        )
        ending = Ending(at=exchange.now(), reason=State.ERROR, error=failure)
        return close_call(call, ending, exchange=exchange)
    if not call.provider_call_id:
        exchange.calls.attach(call.call_id, view.provider_call_id)
    if view.ended:
        ending = Ending(at=exchange.now(), reason=view.reason, error=view.error)
        return close_call(call, ending, exchange=exchange)
    if reason is None:
        return call
    if reason is State.NO_ANSWER and view.state is State.ANSWERED:
        # It was answered, and that webhook is late or lost: leave it to the other guards.
        return call
    return end_call(call, reason=reason, exchange=exchange)


def _truth(call: Call, exchange: Exchange) -> CarrierView | None:
    if not call.provider_call_id:
        return exchange.provider.find(dial_order(call, exchange))
    try:
        return exchange.provider.look_up(call.provider_call_id)
    except CallGoneError:
        return None
