"""Take what the far end said or pressed, and answer it."""

import time

from chalicelib import log
from chalicelib.actions.await_reply import (
    LONGEST_BUDGET_SECS,
    apologise,
    call_id_of,
    speak_or_wait,
    unfinished,
)
from chalicelib.actions.break_silence import silence_line
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import Wait, is_wanted_over, msecs, reply_verbs
from chalicelib.calls.call import CallId
from chalicelib.calls.events import Input, InputGathered, InputInterposed
from chalicelib.calls.transcript import Kind, Line, Speaker
from chalicelib.calls.verbs import HangUp, Manner, Verb
from chalicelib.errors import AgentError
from chalicelib.store.turns import Heard, Reply
from chalicelib.turns.base import WHOLE_SECS, Question


def take_input(event: InputGathered | InputInterposed, *, exchange: Exchange) -> list[Verb]:
    """Keep what was heard in the turn, and answer it; silence is asked about, twice.

    What of the reply comes within the account's budget is spoken at once; else the far end hears
    a filler, and we come back for it. What is heard meanwhile is answered instead: a reply that
    was not told yet is dropped, and the agent is given all that was said. Delivered twice, it is
    answered alike.
    """
    begun = time.monotonic()
    call_id = call_id_of(event, exchange)
    if isinstance(event, InputInterposed):
        return _take_interposed(event, call_id, begun=begun, exchange=exchange)
    if event.input is Input.NOTHING:
        return _break_silence(event, call_id, exchange)
    line = _line(event, exchange)
    account = exchange.account.account_id
    heard = exchange.calls.hear(call_id, event.turn, line, account=account, delivery=event.delivery)
    if heard is Heard.OVER:
        return [HangUp()]
    wait = Wait(turn=event.turn, since=msecs(line.at))
    if heard is Heard.REPEATED:
        log.info("input was delivered twice", call_id=call_id, turn=event.turn)
        return speak_or_wait(call_id, wait, until=begun, exchange=exchange)
    return _answer(call_id, wait, line, begun=begun, exchange=exchange)


def _take_interposed(
    event: InputInterposed, call_id: CallId, *, begun: float, exchange: Exchange
) -> list[Verb]:
    line = _line(event, exchange)
    interposed = exchange.calls.interpose(
        call_id,
        event.turn,
        line,
        account=exchange.account.account_id,
        delivery=f"wait-{event.turn}-{event.told}",
    )
    if interposed is None:
        return [HangUp()]
    # What it is told next stands behind what it said in this millisecond.
    wait = Wait(turn=interposed.turn, since=msecs(line.at) + 1)
    if interposed.heard is Heard.REPEATED:
        return speak_or_wait(call_id, wait, until=begun, exchange=exchange)
    return _answer(call_id, wait, line, begun=begun, exchange=exchange)


def _line(event: InputGathered | InputInterposed, exchange: Exchange) -> Line:
    kind = Kind.DTMF if event.input is Input.KEYS else Kind.SPEECH
    return Line(speaker=Speaker.USER, text=event.text, kind=kind, at=exchange.now())


def _answer(
    call_id: CallId, wait: Wait, line: Line, *, begun: float, exchange: Exchange
) -> list[Verb]:
    budget = min(exchange.account.agent.reply_budget_secs, LONGEST_BUDGET_SECS)
    account = exchange.account.account_id
    question = Question(account=account, call_id=call_id, turn=wait.turn, at=line.at)
    try:
        answer = exchange.turns.take(question, wait_secs=min(budget, WHOLE_SECS))
    except AgentError as error:
        log.warning("no reply", call_id=call_id, turn=wait.turn, reason=str(error))
        return apologise(call_id, wait, exchange=exchange)
    if answer is not None:
        return reply_verbs([answer.line], answer.manner, turn=wait.turn + 1, exchange=exchange)
    return speak_or_wait(call_id, wait, until=begun + budget, exchange=exchange)


def _break_silence(event: InputGathered, call_id: CallId, exchange: Exchange) -> list[Verb]:
    call = unfinished(call_id, exchange)
    if call is None or (call.turn == event.turn and is_wanted_over(call)):
        return [HangUp()]
    line = silence_line(call, event.quiet, exchange)
    reply = Reply(line=line, heard=call.heard, told=True)
    spoken = exchange.calls.reply(call.call_id, event.turn, reply)
    if spoken is None:
        return [HangUp()]
    turn, quiet = event.turn + 1, event.quiet + 1
    if spoken.more:
        # It was answered before, and not in one piece.
        wait = Wait(turn=event.turn, since=msecs(exchange.now()))
        return speak_or_wait(call_id, wait, until=time.monotonic(), exchange=exchange)
    manner = Manner.of(call)
    return reply_verbs([spoken], manner, turn=turn, quiet=quiet, exchange=exchange)
