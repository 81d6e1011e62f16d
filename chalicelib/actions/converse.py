"""Answer what the far end said, where it may speak at any time and we by command."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chalicelib import log
from chalicelib.actions.after_words import after_words
from chalicelib.actions.answering import Answering, cut_short
from chalicelib.actions.await_reply import call_id_of
from chalicelib.actions.break_silence import ask_again
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.fill_silence import AGAIN_SECS, STALLED_SECS, keep_filler
from chalicelib.actions.next_words import words
from chalicelib.actions.perform import break_off, perform
from chalicelib.agents.base import Agent
from chalicelib.calls.call import Call
from chalicelib.calls.events import Input, InputOverheard
from chalicelib.calls.replies import AskKeys
from chalicelib.calls.transcript import Kind, Line, Speaker
from chalicelib.calls.verbs import Manner

BETWEEN_KEYS_SECS: Final = 1.0
"""Keys that follow each other sooner than this are one answer."""
BETWEEN_ASKED_KEYS_SECS: Final = 3.0
"""So long we wait for the next of the keys that were asked for."""
OVERTAKING_SECS: Final = 0.3
"""So much later than the last key another may be told that was pressed before it."""


def converse(
    event: InputOverheard, *, by: str = "", exchange: Exchange, agent_of: Callable[[Call], Agent]
) -> None:
    """Keep what was said, break off what we are saying, and speak the agent's reply as it comes.

    When more is said meanwhile, that is answered instead, and this reply is dropped. Whoever is
    known as *by* and comes again after it failed goes on where it was.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    begun_at = exchange.now()
    kind = Kind.DTMF if event.input is Input.KEYS else Kind.SPEECH
    overheard = exchange.calls.overhear(
        call_id_of(event, exchange),
        Line(speaker=Speaker.USER, text=event.text, kind=kind, at=event.at),
        delivery=event.delivery,
        account=exchange.account.account_id,
        by=by,
    )
    if overheard is None:
        return
    call = overheard.call
    if overheard.interrupts:
        break_off(call, exchange=exchange)
    if call.turn > overheard.turn:
        _speak_again(call, exchange)
        return
    if kind is Kind.DTMF:
        _await_more_keys(call, event.text, exchange)
    conversation = exchange.calls.conversation(call.call_id)
    if not _stands(conversation.call, call):
        return
    if conversation.lines[-1].speaker is Speaker.BOT:
        # Nothing but the key that ends the keys.
        ask_again(conversation.call, call.quiet, exchange=exchange)
    else:
        answering = Answering(
            conversation,
            understood_at=event.at,
            webhook_at=begun_at,
            exchange=exchange,
            agent_of=agent_of,
        )
        _answer(conversation.call, answering, exchange)


def _await_more_keys(call: Call, key: str, exchange: Exchange) -> None:
    asked = call.act
    if not isinstance(asked, AskKeys):
        time.sleep(BETWEEN_KEYS_SECS)
        return
    pressed = exchange.calls.conversation(call.call_id).lines[-1].text
    is_last = key == asked.finish_key or len(pressed) >= asked.digits
    time.sleep(OVERTAKING_SECS if is_last else BETWEEN_ASKED_KEYS_SECS)


def _answer(call: Call, answering: Answering, exchange: Exchange) -> None:
    """Speak the reply as it comes; a late one is announced, one that never comes apologised for."""
    settings = exchange.agent_settings(call)
    begun = time.monotonic()
    late_at, silent_at = begun + settings.timeout_secs, begun + settings.reply_budget_secs
    while True:
        if not answering.wait(until=min(silent_at, late_at)):
            if time.monotonic() < late_at:
                if not _fill(call, exchange):
                    return
                silent_at = time.monotonic() + AGAIN_SECS
                continue
            log.warning("reply is late beyond patience", call_id=call.call_id, turn=call.turn)
            answering.apologise()
        line = answering.keep()
        if line is None or not _speak(call, line, exchange):
            return
        if not line.more:
            break
        silent_at = time.monotonic() + STALLED_SECS
    if not line.text:
        # Nothing of which the end would be told: what follows, follows now.
        after_words(exchange.calls.get(call.call_id), exchange=exchange)


def _fill(call: Call, exchange: Exchange) -> bool:
    """Say a filler, unless the call has gone on without us; say whether it has not."""
    now = exchange.calls.get(call.call_id)
    if now.state.is_final or now.heard != call.heard or now.turn > call.turn + 1:
        return False
    line = keep_filler(now, exchange.now(), exchange=exchange)
    if line is None:
        return False
    mark = f"filler-{now.turn}-{now.heard}-{now.fillers}"
    return perform(now, words(line, Manner.of(now)), mark=mark, exchange=exchange)


def _speak(call: Call, line: Line, exchange: Exchange) -> bool:
    """Speak *line*, a part of the answer to the turn of *call*; say whether it could be."""
    verbs = words(line, Manner.of(call))
    mark = f"turn-{call.turn + 1}" if line.part == 1 else f"turn-{call.turn + 1}-{line.part}"
    return not verbs or perform(call, verbs, mark=mark, exchange=exchange)


def _speak_again(call: Call, exchange: Exchange) -> None:
    """Say what of a reply may not have been said, because whoever was to say it failed."""
    asked = replace(call, turn=call.turn - 1)
    spoken = [line for line in exchange.calls.parts(call.call_id, call.turn) if line.text]
    unheard = max(0, call.given - len(call.spoken))
    rest = spoken[max(0, len(spoken) - unheard) :]
    if call.more:
        rest.append(cut_short(call, exchange=exchange))
    if all(_speak(asked, line, exchange) for line in rest):
        after_words(exchange.calls.get(call.call_id), exchange=exchange)


def _stands(now: Call, then: Call) -> bool:
    return not now.state.is_final and (now.turn, now.heard) == (then.turn, then.heard)
