"""Take what the far end said or pressed, and answer it."""

from datetime import UTC, datetime
from typing import Final

from chalicelib import log
from chalicelib.actions.break_silence import silence_line
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import (
    filler,
    is_wanted_over,
    line_verbs,
    opening_verbs,
    waiting_verbs,
    words,
)
from chalicelib.actions.spoken import phrases
from chalicelib.calls.call import Call, CallId, Mode, State, inbound_call_id
from chalicelib.calls.events import CarrierEvent, Input, InputGathered, ReplyAwaited, ResumeAsked
from chalicelib.calls.transcript import Kind, Line, Slot, Speaker
from chalicelib.calls.verbs import HangUp, Manner, Verb
from chalicelib.errors import AgentError, UnknownCallError
from chalicelib.store.base import Heard, Reply

_NOT_YET: Final = -1
"""How often we asked for a reply of which the far end does not know yet that it is late."""


def take_input(event: InputGathered, *, exchange: Exchange) -> list[Verb]:
    """Keep what was heard in the turn, and answer it; silence is asked about, twice.

    The reply is spoken at once if it comes within the account's budget; else the far end
    hears a filler and we come back for it. Delivered twice, it is answered alike.
    """
    call_id = call_id_of(event, exchange)
    if event.input is Input.NOTHING:
        return _break_silence(event, call_id, exchange)
    now = exchange.now()
    kind = Kind.DTMF if event.input is Input.KEYS else Kind.SPEECH
    line = Line(speaker=Speaker.USER, text=event.text, kind=kind, at=now)
    heard = exchange.calls.hear(
        call_id,
        event.turn,
        line,
        account=exchange.account.account_id,
        delivery=event.delivery,
    )
    if heard is Heard.OVER:
        return [HangUp()]
    if heard is Heard.FRESH:
        budget = exchange.account.agent.reply_budget_secs
        try:
            answer = exchange.turns.take(
                exchange.account.account_id, call_id, event.turn, budget_secs=budget
            )
        except AgentError as error:
            log.warning("no reply", call_id=call_id, turn=event.turn, reason=str(error))
            return _apologise(call_id, event.turn, exchange)
        if answer is not None:
            turn = event.turn + 1
            return line_verbs(answer.line, answer.manner, turn=turn, exchange=exchange)
    else:
        log.info("input was delivered twice", call_id=call_id, turn=event.turn)
    since = int(now.timestamp())
    return _reply_or_wait(call_id, event.turn, since=since, asked=_NOT_YET, exchange=exchange)


def await_reply(event: ReplyAwaited, *, exchange: Exchange) -> list[Verb]:
    """Speak the late reply if it is there by now; else wait on, but not for ever."""
    call_id = call_id_of(event, exchange)
    waited = exchange.now().timestamp() - event.since
    if waited > exchange.account.agent.timeout_secs:
        log.warning("reply is late beyond patience", call_id=call_id, turn=event.turn)
        return _apologise(call_id, event.turn, exchange)
    return _reply_or_wait(
        call_id, event.turn, since=event.since, asked=event.asked, exchange=exchange
    )


def resume(event: ResumeAsked, *, exchange: Exchange) -> list[Verb]:
    """Do what the call was interrupted for, and go on where it was."""
    call = _live(call_id_of(event, exchange), exchange)
    line = exchange.calls.line(call.call_id, Slot.parse(event.slot)) if call else None
    if call is None or line is None:
        return [HangUp()]
    manner = Manner.of(call)
    if call.mode is Mode.NOTIFY and line.kind is Kind.DTMF:
        # The keys cut the message off: it is the message that has to be heard.
        return [*words(line, manner), *opening_verbs(call, exchange=exchange)]
    if call.state is not State.ACTIVE:
        return line_verbs(line, manner, turn=call.turn, exchange=exchange)
    # The agent is thinking about what it heard before we interrupted: come back for its reply.
    since = int(exchange.now().timestamp())
    wait = waiting_verbs(manner, turn=call.turn, since=since, asked=1, exchange=exchange)
    return [*words(line, manner), *wait]


def call_id_of(event: CarrierEvent, exchange: Exchange) -> CallId:
    """The call that *event* is about: ours by its address, the caller's by the carrier's id."""
    if event.call_id:
        return CallId(event.call_id)
    return inbound_call_id(exchange.account.account_id, event.provider_call_id)


def _reply_or_wait(
    call_id: CallId, turn: int, *, since: int, asked: int, exchange: Exchange
) -> list[Verb]:
    call = _unfinished(call_id, exchange)
    if call is None:
        return [HangUp()]
    manner = Manner.of(call)
    reply = exchange.calls.line(call_id, Slot.bot(turn + 1)) if call.turn > turn else None
    if reply is not None:
        # Even if it was a goodbye: whoever asks again has not heard it.
        return line_verbs(reply, manner, turn=turn + 1, exchange=exchange)
    if is_wanted_over(call):
        return [HangUp()]
    if asked == _NOT_YET:
        _keep_filler(manner, turn, since, exchange)
    return waiting_verbs(manner, turn=turn, since=since, asked=asked + 1, exchange=exchange)


def _break_silence(event: InputGathered, call_id: CallId, exchange: Exchange) -> list[Verb]:
    call = _unfinished(call_id, exchange)
    if call is None or (call.turn == event.turn and is_wanted_over(call)):
        return [HangUp()]
    line = silence_line(call, event.quiet, exchange)
    return _speak_instead(call, event.turn, line, quiet=event.quiet + 1, exchange=exchange)


def _apologise(call_id: CallId, turn: int, exchange: Exchange) -> list[Verb]:
    call = _live(call_id, exchange)
    if call is None:
        return [HangUp()]
    text = phrases(call.language).apology
    line = Line(speaker=Speaker.BOT, text=text, at=exchange.now())
    return _speak_instead(call, turn, line, quiet=0, exchange=exchange)


def _speak_instead(
    call: Call, turn: int, line: Line, *, quiet: int, exchange: Exchange
) -> list[Verb]:
    """Speak *line* as the answer to *turn*, unless there is one already: then that."""
    spoken = exchange.calls.reply(call.call_id, turn, Reply(line=line))
    if spoken is None:
        return [HangUp()]
    manner = Manner.of(call)
    return line_verbs(spoken, manner, turn=turn + 1, quiet=quiet, exchange=exchange)


def _keep_filler(manner: Manner, turn: int, since: int, exchange: Exchange) -> None:
    line = Line(speaker=Speaker.BOT, text=filler(manner, turn), at=exchange.now())
    heard_at = datetime.fromtimestamp(since, UTC)
    exchange.calls.add_line(manner.call_id, Slot.meanwhile(turn, heard_at), line)


def _live(call_id: CallId, exchange: Exchange) -> Call | None:
    call = _unfinished(call_id, exchange)
    return call if call and not is_wanted_over(call) else None


def _unfinished(call_id: CallId, exchange: Exchange) -> Call | None:
    try:
        call = exchange.calls.get(call_id)
    except UnknownCallError:
        return None
    is_ours = call.account == exchange.account.account_id
    return call if is_ours and not call.state.is_final else None
