"""Do what a call was interrupted for, and go on where it was."""

from dataclasses import replace

from chalicelib.actions.await_reply import call_id_of, unfinished
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import (
    Wait,
    is_wanted_over,
    msecs,
    reply_verbs,
    wait_verbs,
    words,
)
from chalicelib.calls.call import Call, State
from chalicelib.calls.events import ResumeAsked
from chalicelib.calls.replies import AskKeys
from chalicelib.calls.transcript import Slot
from chalicelib.calls.verbs import HangUp, Manner, Verb


def resume(event: ResumeAsked, *, exchange: Exchange) -> list[Verb]:
    """Do what the line says that the call was interrupted for; then go on where it was.

    What was cut off for it is said again.
    """
    call = unfinished(call_id_of(event, exchange), exchange)
    if call is None or is_wanted_over(call):
        return [HangUp()]
    line = exchange.calls.line(call.call_id, Slot.parse(event.slot))
    if line is None:
        return [HangUp()]
    manner = Manner.of(call)
    again = exchange.calls.line(call.call_id, Slot.parse(event.slot).behind())
    lines = [line, again] if again else [line]
    wait = _wait(call, exchange)
    if wait is not None:
        verbs = [verb for one in lines for verb in words(one, manner)]
        return wait_verbs(wait, manner, verbs, exchange=exchange)
    # Keys that were asked for are still asked for.
    asked = call.act if isinstance(call.act, AskKeys) else None
    lines[-1] = replace(lines[-1], act=asked)
    return reply_verbs(lines, manner, turn=call.turn, exchange=exchange)


def _wait(call: Call, exchange: Exchange) -> Wait | None:
    """What the call waited for when we interrupted it, if it did."""
    now = msecs(exchange.now())
    if call.state is State.ACTIVE:
        # The agent thinks about what it heard before.
        return Wait(turn=call.turn, since=now, told=now)
    if call.more or call.parts > call.told:
        return Wait(turn=call.turn - 1, since=now, told=now, part=call.told + 1)
    return None
