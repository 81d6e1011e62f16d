"""Have the agent answer one turn, for a webhook that waits for it."""

import time
from collections.abc import Callable
from typing import Final

from chalicelib.actions.answering import Answering
from chalicelib.actions.exchange import Exchange
from chalicelib.agents.base import Agent
from chalicelib.calls.call import Call
from chalicelib.calls.verbs import Manner
from chalicelib.turns.base import WHOLE_SECS, Answer, Question

WAY_BACK_SECS: Final = 0.3
"""So much earlier than the webhook stops waiting, a reply has to be on its way."""


def take_turn(
    question: Question, *, exchange: Exchange, agent_of: Callable[[Call], Agent]
) -> Answer | None:
    """Ask the agent for its reply to *question*, and keep it before anything is done with it.

    The reply comes back if it is whole while the webhook waits; what comes later is kept part by
    part, and the webhook finds it. A failing agent becomes a spoken apology. Nothing happens when
    the call is over, should be, or has gone on. Asked twice, the first reply counts.
    """
    conversation = exchange.calls.conversation(question.call_id)
    call = conversation.call
    is_late = exchange.now() >= call.must_end_at
    if call.state.is_final or call.turn != question.turn or is_late:
        return None
    answering = Answering(
        conversation, webhook_at=question.at, exchange=exchange, agent_of=agent_of
    )
    lost = (exchange.now() - question.at).total_seconds()
    begun = time.monotonic() - max(0.0, lost)
    waits_until = begun + WHOLE_SECS - WAY_BACK_SECS
    late_at = begun + exchange.agent_settings(call).timeout_secs
    while True:
        if not answering.wait(until=late_at, together_until=waits_until):
            answering.apologise()
        in_time = time.monotonic() < waits_until
        line = answering.keep(told=in_time)
        if line is None:
            return None
        if not line.more:
            return Answer(line, Manner.of(call)) if line.part == 1 else None
