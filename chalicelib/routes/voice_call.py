"""The tool `voice_call` over plain HTTP."""

import json

from chalice import Blueprint, Response

from chalicelib.accounts.audit import Door
from chalicelib.errors import Fault, GatewayError, InvalidParamsError
from chalicelib.routes.access import asker, asker_of, door_of
from chalicelib.routes.received import LONGEST_BODY, json_response, raw_body

blueprint = Blueprint(__name__)


class UnauthorizedError(GatewayError):
    """Nobody knows who is asking."""

    code = "unauthorized"


@blueprint.route("/voice_call", methods=["POST"], content_types=["application/json"])
def voice_call() -> Response:
    """Use the telephone."""
    from chalicelib.tool.running import Caller  # noqa: PLC0415  # no webhook needs the tool
    from chalicelib.tool.statuses import http_status  # noqa: PLC0415
    from chalicelib.tool.use import refusal, use  # noqa: PLC0415

    request = blueprint.current_request
    token = asker(request)
    if token is None:
        message = "a valid access token is needed: Authorization: Bearer TOKEN"
        result = refusal(UnauthorizedError(message))
        return json_response(result, http_status(result))
    body = raw_body(request)
    who = asker_of(token, door_of(request, Door.TOOL))
    result = use(lambda: _read(body), Caller(scope=token.scope, asker=who))
    return json_response(result, http_status(result))


def _read(body: bytes) -> object:
    if len(body) > LONGEST_BODY:
        raise InvalidParamsError(Fault("", f"the body must be at most {LONGEST_BODY} bytes"))
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidParamsError(Fault("", "the body must be JSON")) from error
