"""One turn of the agent."""

from typing import Any

from chalice import Blueprint

from chalicelib import wiring
from chalicelib.actions.take_turn import take_turn as act
from chalicelib.turns.aws_lambda import write_answer

blueprint = Blueprint(__name__)


@blueprint.lambda_function(name="take_turn")
def take_turn(event: dict[str, Any], _context: object) -> dict[str, Any] | None:
    """Have the agent answer `{"call_id", "turn"}`; gives its line, or nothing."""
    answer = act(
        event["call_id"],
        event["turn"],
        agent_of=wiring.agent_of,
        calls=wiring.calls(),
        now=wiring.now,
    )
    return write_answer(answer)
