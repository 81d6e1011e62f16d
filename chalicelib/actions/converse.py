"""Answer what the far end said, where it may speak at any time and we by command."""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import filler, say, words
from chalicelib.actions.perform import break_off, perform
from chalicelib.actions.spoken import phrases
from chalicelib.actions.take_input import call_id_of
from chalicelib.actions.take_turn import take_turn
from chalicelib.agents.base import Agent
from chalicelib.calls.call import Call
from chalicelib.calls.events import Input, InputOverheard
from chalicelib.calls.transcript import Kind, Line, Slot, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.store.base import Reply
from chalicelib.turns.base import Answer

BETWEEN_KEYS_SECS: Final = 1.0
"""Keys that follow each other sooner than this are one answer."""

Outcome = SimpleQueue[Answer | Exception | None]


def converse(
    event: InputOverheard, *, exchange: Exchange, agent_of: Callable[[Call], Agent]
) -> None:
    """Keep what was said, break off what we are saying, and speak the agent's reply.

    A reply that is late is announced by a filler; one that never comes is apologised for. When
    more is said meanwhile, that is answered instead, and this reply is dropped.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    line = Line(
        speaker=Speaker.USER,
        text=event.text,
        kind=Kind.DTMF if event.input is Input.KEYS else Kind.SPEECH,
        at=event.at,
    )
    overheard = exchange.calls.overhear(
        call_id_of(event, exchange),
        line,
        delivery=event.delivery,
        account=exchange.account.account_id,
    )
    if overheard is None:
        return
    call = overheard.call
    if overheard.interrupts:
        break_off(call, exchange=exchange)
    if line.kind is Kind.DTMF:
        time.sleep(BETWEEN_KEYS_SECS)
    outcome = _ask(call, exchange, agent_of)
    answer = _await(outcome, call, exchange)
    if answer is not None:
        _speak(call, answer, exchange)


def _ask(call: Call, exchange: Exchange, agent_of: Callable[[Call], Agent]) -> Outcome:
    """Have the agent think in a thread of its own: we may have to speak meanwhile."""
    outcome: Outcome = SimpleQueue()

    def think() -> None:
        try:
            answer = take_turn(
                call.call_id,
                call.turn,
                heard=call.heard,
                exchange=exchange,
                agent_of=agent_of,
            )
        except Exception as error:  # noqa: BLE001  # it is apologised for, whatever it is
            log.error("turn failed", call_id=call.call_id, turn=call.turn)
            outcome.put(error)
        else:
            outcome.put(answer)

    Thread(target=think, name=f"turn-{call.call_id}", daemon=True).start()
    return outcome


def _await(outcome: Outcome, call: Call, exchange: Exchange) -> Answer | None:
    settings = exchange.account.agent
    try:
        found = outcome.get(timeout=settings.reply_budget_secs)
    except Empty:
        if not _fill(call, exchange):
            return None
        try:
            found = outcome.get(timeout=settings.timeout_secs - settings.reply_budget_secs)
        except Empty:
            log.warning("reply is late beyond patience", call_id=call.call_id, turn=call.turn)
            return _apology(call, exchange)
    return _apology(call, exchange) if isinstance(found, Exception) else found


def _fill(call: Call, exchange: Exchange) -> bool:
    """Say a filler, unless the call has gone on without us; say whether it has not."""
    manner = Manner.of(call)
    verbs = [say(manner, filler(manner, call.turn))]
    line = Line(speaker=Speaker.BOT, text=verbs[0].text, at=exchange.now())
    slot = Slot.meanwhile(call.turn, line.at)
    given = exchange.provider.utterances(verbs)
    if not exchange.calls.interject(call, slot, line, given=given):
        return False
    return perform(call, verbs, mark=f"filler-{call.turn}-{call.heard}", exchange=exchange)


def _apology(call: Call, exchange: Exchange) -> Answer | None:
    line = Line(speaker=Speaker.BOT, text=phrases(call.language).apology, at=exchange.now())
    given = exchange.provider.utterances(words(line, Manner.of(call)))
    reply = Reply(line=line, heard=call.heard, given=given)
    kept = exchange.calls.reply(call.call_id, call.turn, reply)
    return None if kept is None else Answer(kept, Manner.of(call))


def _speak(call: Call, answer: Answer, exchange: Exchange) -> None:
    verbs = words(answer.line, answer.manner)
    perform(call, verbs, mark=f"turn-{call.turn + 1}", exchange=exchange)
