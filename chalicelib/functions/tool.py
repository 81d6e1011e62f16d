"""The agent tool `voice_call`, as a Lambda function."""

from typing import Final

from chalice import Blueprint

from chalicelib.tool.envelopes.base import Answer, Event
from chalicelib.tool.envelopes.registry import envelope_of
from chalicelib.tool.running import Caller
from chalicelib.tool.use import use

blueprint = Blueprint(__name__)

ANSWERING_SECS: Final = 1.5
"""How long before the end of an invocation the answer must be on its way."""


@blueprint.lambda_function(name="voice_call")
def voice_call(event: Event, context: object) -> Answer:
    """Do what *event* asks for, in whosever envelope; what goes wrong is told, never raised."""
    envelope = envelope_of(event, context)
    secs = min(envelope.longest_wait_secs, _secs_left(context))
    result = use(
        lambda: _keyed(envelope.open(event, context), context),
        Caller(secs=secs, most_bytes=envelope.most_bytes),
    )
    return envelope.seal(result, event)


def _secs_left(context: object) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return max(remaining() / 1000 - ANSWERING_SECS, 0) if remaining else float("inf")


def _keyed(asked: object, context: object) -> object:
    """Give a call the invocation's id as its key, if it has none.

    Lambda delivers an asynchronous invocation at least once, with the same id each time: it
    must not ring twice.
    """
    invocation = getattr(context, "aws_request_id", "")
    if not invocation or not isinstance(asked, dict) or asked.get("action") != "initiate_call":
        return asked
    return {"idempotency_key": f"invocation:{invocation}", **asked}
