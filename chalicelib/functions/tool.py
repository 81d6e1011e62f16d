"""The agent tool `voice_call`, as a Lambda function."""

import chalicelib.start  # noqa: F401  # before anything else

# isort: split

from typing import TYPE_CHECKING, Final

from chalice import Blueprint

from chalicelib.accounts.audit import Asker, Door, Who

if TYPE_CHECKING:
    from chalicelib.tool.envelopes.base import Answer, Event

blueprint = Blueprint(__name__)

ANSWERING_SECS: Final = 1.5
"""How long before the end of an invocation the answer must be on its way."""


@blueprint.lambda_function(name="voice_call")
def voice_call(event: "Event", context: object) -> "Answer":
    """Do what *event* asks for, in whosever envelope; what goes wrong is told, never raised."""
    # The API handler has this function, too, and no webhook needs the tool.
    from chalicelib.tool.envelopes.registry import envelope_of  # noqa: PLC0415
    from chalicelib.tool.running import Caller  # noqa: PLC0415
    from chalicelib.tool.use import use  # noqa: PLC0415

    envelope = envelope_of(event, context)
    secs = min(envelope.longest_wait_secs, _secs_left(context))
    result = use(
        lambda: _keyed(envelope.open(event, context), context),
        Caller(asker=_asker(context), secs=secs, most_bytes=envelope.most_bytes),
    )
    return envelope.seal(result, event)


def _secs_left(context: object) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return max(remaining() / 1000 - ANSWERING_SECS, 0) if remaining else float("inf")


def _asker(context: object) -> Asker:
    """Whoever may invoke this function: CloudTrail knows who did, by the invocation."""
    invocation = getattr(context, "aws_request_id", "")
    return Asker(who=Who(token_id="", name=f"invocation {invocation}"), door=Door.FUNCTION)


def _keyed(asked: object, context: object) -> object:
    """Give a call the invocation's id as its key, if it has none.

    Lambda delivers an asynchronous invocation at least once, with the same id each time: it
    must not ring twice.
    """
    invocation = getattr(context, "aws_request_id", "")
    if not invocation or not isinstance(asked, dict) or asked.get("action") != "initiate_call":
        return asked
    return {"idempotency_key": f"invocation:{invocation}", **asked}
