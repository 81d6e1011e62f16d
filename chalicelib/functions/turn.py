"""One turn of the agent."""

import chalicelib.start  # noqa: F401  # before anything else

# isort: split

from typing import Any

from chalice import Blueprint

from chalicelib import log, wiring
from chalicelib.turns.aws_lambda import read_event, read_question, read_reading, write_answer

blueprint = Blueprint(__name__)


@blueprint.lambda_function(name="take_turn")
def take_turn(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    """Have the agent answer `{"account", "call_id", "turn", "at"}`; gives its line, or nothing.

    Or act on `{"account", "event"}`, what happened at a carrier that takes commands; or have
    `{"account", "reading"}` made into sounds.
    """
    # The API handler has this function, too, and no webhook needs what only it does.
    from chalicelib.actions.await_reply import call_id_of  # noqa: PLC0415
    from chalicelib.actions.follow_events import follow_event  # noqa: PLC0415
    from chalicelib.actions.read_aloud import read_aloud as act_on_reading  # noqa: PLC0415
    from chalicelib.actions.take_turn import take_turn as act  # noqa: PLC0415

    exchange = wiring.exchange(event["account"])
    if "reading" in event:
        act_on_reading(read_reading(event["reading"]), exchange=exchange)
        return None
    if "event" in event:
        # Lambda repeats what failed under the same id.
        by = getattr(context, "aws_request_id", "")
        asked = read_event(event["event"])
        with log.about(call_id=call_id_of(asked, exchange)):
            follow_event(asked, by=by, exchange=exchange, agent_of=wiring.agent_of)
        return None
    question = read_question(event)
    with log.about(call_id=question.call_id):
        answer = act(question, exchange=exchange, agent_of=wiring.agent_of)
    return write_answer(answer)
