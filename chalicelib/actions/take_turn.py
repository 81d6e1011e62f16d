"""Have the agent answer one turn, and keep its reply."""

from collections.abc import Callable
from datetime import datetime

from chalicelib import log
from chalicelib.actions.spoken import phrases
from chalicelib.agents.base import Agent, Reply
from chalicelib.calls.call import Call
from chalicelib.calls.transcript import Line, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.errors import AgentError
from chalicelib.store.base import CallStore
from chalicelib.turns.base import Answer


def take_turn(
    call_id: str,
    turn: int,
    *,
    heard: int = 0,
    agent_of: Callable[[Call], Agent],
    calls: CallStore,
    now: Callable[[], datetime],
) -> Answer | None:
    """Ask the agent for its reply to *turn*, and keep it before anything is done with it.

    When the far end was *heard* more often meanwhile, there is something newer to answer.
    A failing agent becomes a spoken apology. Nothing comes back when the call is over, or has
    gone on meanwhile. Asked twice, the first reply counts.
    """
    conversation = calls.conversation(call_id)
    call = conversation.call
    if call.state.is_final or (call.turn, call.heard) != (turn, heard):
        return None
    try:
        reply = _speakable(agent_of(call).reply(conversation))
    except AgentError as error:
        log.warning("agent failed", call_id=call_id, turn=turn, reason=str(error))
        reply = Reply(text=phrases(call.language).apology)
    line = Line(speaker=Speaker.BOT, text=reply.text, at=now(), ends_call=reply.end_call)
    speaking = call.reports_speech
    kept = calls.reply(call_id, turn, line, heard=heard, speaking=speaking)
    return None if kept is None else Answer(kept, Manner.of(call))


def _speakable(reply: Reply) -> Reply:
    if not reply.text.strip():
        message = "the reply is empty"
        raise AgentError(message)
    return reply
