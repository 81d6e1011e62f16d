"""One turn of the agent."""

from typing import Any

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.actions.follow_events import follow_event
from chalicelib.actions.take_turn import take_turn as act
from chalicelib.turns.aws_lambda import read_event, write_answer

blueprint = Blueprint(__name__)


@blueprint.lambda_function(name="take_turn")
def take_turn(event: dict[str, Any], _context: object) -> dict[str, Any] | None:
    """Have the agent answer `{"account", "call_id", "turn"}`; gives its line, or nothing.

    Or act on `{"account", "event"}`, what happened at a carrier that takes commands.
    """
    exchange = wiring.exchange(event["account"])
    if "event" in event:
        follow_event(read_event(event["event"]), exchange=exchange, agent_of=wiring.agent_of)
        return None
    answer = act(
        event["call_id"],
        event["turn"],
        exchange=exchange,
        agent_of=wiring.agent_of,
    )
    return write_answer(answer)
