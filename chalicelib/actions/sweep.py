"""Look after calls that nobody looked after, and tell of those that are over."""

import math
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from chalicelib import log, metrics
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.fire_timer import settle_overdue
from chalicelib.calls.call import LOOK_AT_LIVE_EVERY, Call, CallId, Direction
from chalicelib.errors import GatewayError, UnknownCallError
from chalicelib.metrics import Metric
from chalicelib.store.base import CallStore
from chalicelib.timers.base import TimerKind, Timers

MOST_PER_RUN: Final = 100
LOOK_AGAIN_AFTER: Final = timedelta(minutes=1)


def sweep(
    *,
    calls: CallStore,
    timers: Timers,
    exchange_of: Callable[[Call], Exchange],
    now: Callable[[], datetime],
) -> dict[str, int]:
    """Stop the clocks of ended calls, and settle overdue calls with the carrier's truth.

    A bounded piece of work, safe to run twice at once; what is left, the next run finds.
    """
    notes = calls.ended_notes(limit=MOST_PER_RUN)
    for note in notes:
        timers.stop(note.call_id)
        _tell(note.call_id, calls)
        calls.drop_ended_note(note)
    overdue = calls.overdue(now(), limit=MOST_PER_RUN)
    _tell_stuck(overdue, now())
    failed = 0
    for call in overdue:
        failed += not _settled(call, exchange_of)
        # Whatever came of it, the calls behind it have their turn first.
        calls.postpone(call.call_id, _next_look(call, now()))
        if call.direction is Direction.INBOUND and _may_go_on(call, now()):
            # Its caller did not have to wait for its clock to be started.
            timers.start(call.call_id, TimerKind.MAX_DURATION, call.must_end_at)
    return {"clocks_stopped": len(notes), "overdue": len(overdue), "failed": failed}


def _next_look(call: Call, at: datetime) -> datetime:
    """A call that may go on is asked about now and then: the news of its end may be lost."""
    if _may_go_on(call, at):
        return min(at + LOOK_AT_LIVE_EVERY, call.must_end_at)
    return at + LOOK_AGAIN_AFTER


def _may_go_on(call: Call, at: datetime) -> bool:
    return call.is_answered and call.end_requested is None and at < call.must_end_at


def _settled(call: Call, exchange_of: Callable[[Call], Exchange]) -> bool:
    try:
        settle_overdue(call, exchange=exchange_of(call))
    except GatewayError as error:
        log.warning("overdue call could not be settled", call_id=call.call_id, reason=str(error))
        return False
    return True


def _tell(call_id: CallId, calls: CallStore) -> None:
    """Count a call that is over: whoever made it final did not read how it came to that."""
    try:
        call = calls.get(call_id)
    except UnknownCallError:
        return  # its owner had it erased meanwhile
    if call.ended_at is None:
        return
    since_answer = (call.ended_at - call.answered_at).total_seconds() if call.answered_at else 0.0
    counted = metrics.of(
        {Metric.CALLS_ENDED: 1, Metric.CALL_MINUTES: math.ceil(since_answer / 60)},
        provider=call.provider,
        direction=call.direction,
        outcome=call.state,
    )
    log.info("call ended", call_id=call_id, account=call.account, secs=since_answer, **counted)


def _tell_stuck(overdue: Sequence[Call], at: datetime) -> None:
    late = [at - over for call in overdue if (over := _should_be_over_at(call)) <= at]
    if late:
        oldest = round(max(late).total_seconds())
        counted = {Metric.CALLS_STUCK: len(late), Metric.OLDEST_STUCK: oldest}
        log.warning("calls should be over", **metrics.of(counted))


def _should_be_over_at(call: Call) -> datetime:
    ends = [call.must_end_at]
    if call.end_requested_at:
        ends.append(call.end_requested_at)
    if not call.is_answered:
        ends.append(call.started_at + timedelta(seconds=call.ring_timeout_secs))
    return min(ends)
