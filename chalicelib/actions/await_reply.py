"""Speak a reply that takes its time as it comes, and keep the line alive until then."""

import time
from datetime import UTC, datetime
from typing import Final

from chalicelib import log
from chalicelib.actions.answering import apology, cut_short, keep_part
from chalicelib.actions.end_call import RETRY_AFTER
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.fill_silence import AGAIN_SECS, STALLED_SECS, keep_filler
from chalicelib.actions.next_words import (
    Wait,
    is_wanted_over,
    msecs,
    opening_verbs,
    reply_verbs,
    wait_verbs,
    words,
)
from chalicelib.calls.call import Call, CallId, State, inbound_call_id
from chalicelib.calls.events import CarrierEvent, ReplyAwaited
from chalicelib.calls.transcript import Line
from chalicelib.calls.verbs import HangUp, Manner, Verb
from chalicelib.errors import UnknownCallError

LONGEST_BUDGET_SECS: Final = 8.0
"""A document that takes longer comes too late for a carrier that waits 10 s."""
HOLD_SECS: Final = 3.0
"""So long a carrier that came back is kept, if there is nothing for it yet."""
LOOK_EVERY_SECS: Final = 0.25


def await_reply(event: ReplyAwaited, *, exchange: Exchange) -> list[Verb]:
    """Speak what there is by now of the late reply; else wait on, but not for ever."""
    call_id = call_id_of(event, exchange)
    wait = Wait(turn=event.turn, since=event.since, told=event.told, part=event.part)
    begun = time.monotonic()
    call = unfinished(call_id, exchange)
    if call is None:
        return [HangUp()]
    patience = exchange.agent_settings(call).timeout_secs
    if msecs(exchange.now()) - wait.since <= patience * 1000:
        return _speak_or_wait(call, wait, until=begun + HOLD_SECS, exchange=exchange)
    log.warning("reply is late beyond patience", call_id=call_id, turn=wait.turn)
    return apologise(call_id, wait, exchange=exchange)


def speak_or_wait(call_id: CallId, wait: Wait, *, until: float, exchange: Exchange) -> list[Verb]:
    """Speak what is there *until* then, on the monotonic clock, of what *wait* waits for.

    If nothing is, the far end hears that it has to wait, or nothing for a moment, and we come back.
    """
    call = unfinished(call_id, exchange)
    return _speak_or_wait(call, wait, until=until, exchange=exchange)


def _speak_or_wait(
    call: Call | None, wait: Wait, *, until: float, exchange: Exchange
) -> list[Verb]:
    while call is not None:
        parts = _parts(call, wait, exchange)
        if parts:
            # Even if it was a goodbye: whoever asks again has not heard it.
            return _speak(call, parts, wait, exchange)
        if is_wanted_over(call):
            return [HangUp()]
        left = until - time.monotonic()
        if left <= 0:
            return _wait_on(call, wait, exchange)
        time.sleep(min(LOOK_EVERY_SECS, left))
        call = unfinished(call.call_id, exchange)
    return [HangUp()]


def go_on(call: Call, *, exchange: Exchange) -> list[Verb]:
    """Answer a carrier that asks for the first document of *call*, maybe not for the first time.

    One that could not be given a later document asks so: the far end hears once more what was
    said last, or waits on for the reply.
    """
    is_thinking = call.state is State.ACTIVE
    if exchange.provider.takes_commands or (call.turn == 1 and not is_thinking):
        return opening_verbs(call, exchange=exchange)
    turn = call.turn if is_thinking else call.turn - 1
    wait = Wait(turn=turn, since=msecs(exchange.now()))
    return speak_or_wait(call.call_id, wait, until=time.monotonic(), exchange=exchange)


def apologise(call_id: CallId, wait: Wait, *, exchange: Exchange) -> list[Verb]:
    """Apologise for what *wait* waits for, and that does not come; or speak it, if it came."""
    call = unfinished(call_id, exchange)
    if call is None or is_wanted_over(call):
        return [HangUp()]
    if call.turn == wait.turn:
        keep_part(call, apology(call, exchange=exchange), failed=True, exchange=exchange)
    elif call.turn == wait.turn + 1 and call.more:
        cut_short(call, exchange=exchange)
    return speak_or_wait(call_id, wait, until=time.monotonic(), exchange=exchange)


def call_id_of(event: CarrierEvent, exchange: Exchange) -> CallId:
    """The call that *event* is about: ours by its address, the caller's by the carrier's id."""
    if event.call_id:
        return CallId(event.call_id)
    return inbound_call_id(exchange.account.account_id, event.provider_call_id)


def unfinished(call_id: CallId, exchange: Exchange) -> Call | None:
    """Read a call of the account, if there is one, and it is not over and may go on.

    Who comes back after the maximum duration is a guard of its own: it needs no clock.
    """
    try:
        call = exchange.calls.get(call_id)
    except UnknownCallError:
        return None
    if call.account != exchange.account.account_id or call.state.is_final:
        return None
    now = exchange.now()
    if now < call.must_end_at:
        return call
    retry_at = now + RETRY_AFTER
    exchange.calls.request_end(call.call_id, State.TIMEOUT, at=now, retry_at=retry_at)
    return None


def _parts(call: Call, wait: Wait, exchange: Exchange) -> list[Line]:
    if call.turn <= wait.turn:
        return []
    there = exchange.calls.parts(call.call_id, wait.turn + 1)
    return [line for line in there if line.part >= wait.part]


def _speak(call: Call, parts: list[Line], wait: Wait, exchange: Exchange) -> list[Verb]:
    turn, manner, last = wait.turn + 1, Manner.of(call), parts[-1]
    saying = " ".join(line.text for line in parts)
    exchange.calls.note_told(call.call_id, turn, last.part, saying, exchange.now())
    if not last.more:
        return reply_verbs(parts, manner, turn=turn, exchange=exchange)
    spoken = [verb for line in parts for verb in words(line, manner)]
    told = msecs(exchange.now())
    rest = Wait(turn=wait.turn, since=wait.since, told=told, part=last.part + 1)
    return wait_verbs(rest, manner, spoken, exchange=exchange)


def _wait_on(call: Call, wait: Wait, exchange: Exchange) -> list[Verb]:
    now, manner = msecs(exchange.now()), Manner.of(call)
    patience = AGAIN_SECS if wait.part == 1 else STALLED_SECS
    if wait.told and now - wait.told < patience * 1000:
        return wait_verbs(wait, manner, exchange=exchange)
    silent_since = datetime.fromtimestamp((wait.told or wait.since) / 1000, UTC)
    line = keep_filler(call, silent_since, exchange=exchange)
    if line is None:
        return wait_verbs(wait, manner, exchange=exchange)
    # The next silence is another one, even if no millisecond passed: its filler has its own place.
    later = Wait(turn=wait.turn, since=wait.since, told=max(now, wait.since + 1), part=wait.part)
    return wait_verbs(later, manner, words(line, manner), exchange=exchange)
