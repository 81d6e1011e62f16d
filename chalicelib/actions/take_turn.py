"""Have the agent answer one turn, and keep its reply."""

from collections.abc import Callable, Iterable

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import words
from chalicelib.actions.spoken import phrases
from chalicelib.agents.base import Agent
from chalicelib.calls.call import Call
from chalicelib.calls.replies import EndCall, Piece, Speak
from chalicelib.calls.transcript import Line, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.errors import AgentError
from chalicelib.store.base import Reply
from chalicelib.turns.base import Answer


def take_turn(
    call_id: str,
    turn: int,
    *,
    heard: int = 0,
    exchange: Exchange,
    agent_of: Callable[[Call], Agent],
) -> Answer | None:
    """Ask the agent for its reply to *turn*, and keep it before anything is done with it.

    When the far end was *heard* more often meanwhile, there is something newer to answer.
    A failing agent becomes a spoken apology. Nothing comes back when the call is over, or has
    gone on meanwhile. Asked twice, the first reply counts.
    """
    conversation = exchange.calls.conversation(call_id)
    call = conversation.call
    if call.state.is_final or (call.turn, call.heard) != (turn, heard):
        return None
    try:
        text, ends_call = _spoken(agent_of(call).reply(conversation))
    except AgentError as error:
        log.warning("agent failed", call_id=call_id, turn=turn, reason=str(error))
        text, ends_call = phrases(call.language).apology, False
    line = Line(speaker=Speaker.BOT, text=text, at=exchange.now(), ends_call=ends_call)
    manner = Manner.of(call)
    given = exchange.provider.utterances(words(line, manner))
    kept = exchange.calls.reply(call_id, turn, Reply(line=line, heard=heard, given=given))
    return None if kept is None else Answer(kept, manner)


def _spoken(pieces: Iterable[Piece]) -> tuple[str, bool]:
    """What the agent says, and whether the call ends with it."""
    words: list[str] = []
    ends_call = False
    for piece in pieces:
        match piece:
            case Speak(text):
                words.append(text.strip())
            case EndCall():
                ends_call = True
            case _:
                message = f"the agent wants {type(piece).__name__}, which cannot be done yet"
                raise AgentError(message)
    text = " ".join(filter(None, words))
    if not text:
        message = "the reply is empty"
        raise AgentError(message)
    return text, ends_call
