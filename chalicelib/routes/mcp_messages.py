"""A message of the Model Context Protocol over streamable HTTP, without sessions.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
"""

import json
from http import HTTPStatus
from typing import Any, Final

from chalice import Response
from chalice.app import Request

from chalicelib import log
from chalicelib.accounts.audit import Door
from chalicelib.mcp.messages import (
    FORBIDDEN,
    INTERNAL,
    INVALID_REQUEST,
    PARSE_ERROR,
    UNAUTHORIZED,
    ProtocolError,
    Reply,
    refusal,
)
from chalicelib.mcp.server import answer
from chalicelib.routes.access import asker, asker_of, may_come_from
from chalicelib.routes.received import LONGEST_BODY, json_response, json_text, raw_body
from chalicelib.tool.running import Caller

_EVENTS: Final = "text/event-stream"


def respond(request: Request) -> Response:
    """Answer the message in *request*."""
    if not may_come_from(request):
        message = "pages of other sites may not use this telephone"
        return _respond(refusal(ProtocolError(FORBIDDEN, message), HTTPStatus.FORBIDDEN))
    token = asker(request) if request.headers.get("authorization") else None
    if token is None:
        message = "a valid access token is needed: Authorization: Bearer TOKEN"
        reply = refusal(ProtocolError(UNAUTHORIZED, message), HTTPStatus.UNAUTHORIZED)
        return _respond(reply, {"WWW-Authenticate": _challenge(request)})
    try:
        reply = _answer(request, Caller(scope=token.scope, asker=asker_of(token, Door.MCP)))
    except Exception:  # noqa: BLE001  # the outermost door
        log.error("mcp failed")
        message = "something of ours failed; the log says what"
        reply = refusal(ProtocolError(INTERNAL, message), HTTPStatus.INTERNAL_SERVER_ERROR)
    if reply.events and _EVENTS in request.headers.get("accept", ""):
        return _stream(reply)
    return _respond(reply)


def _answer(request: Request, caller: Caller) -> Reply:
    body = raw_body(request)
    if len(body) > LONGEST_BODY:
        message = f"a message is at most {LONGEST_BODY} bytes"
        too_long = ProtocolError(INVALID_REQUEST, message)
        return refusal(too_long, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return refusal(ProtocolError(PARSE_ERROR, "the body is not JSON"))
    headers = {name.lower(): value for name, value in request.headers.items()}
    return answer(message, headers, caller)


def _challenge(request: Request) -> str:
    told = 'Bearer realm="moltis-phone", scope="read write"'
    return f'{told}, error="invalid_token"' if request.headers.get("authorization") else told


def _respond(reply: Reply, more: dict[str, str] | None = None) -> Response:
    if reply.message is None:
        return Response("", {"Content-Type": "text/plain"}, int(reply.status))
    response = json_response(reply.message, reply.status)
    response.headers |= more or {}
    return response


def _stream(reply: Reply) -> Response:
    """Answer with what happened on the way, then the message.

    API Gateway keeps the whole stream until it has ended: the order is right, the time is not.
    """
    sent = "".join(_event(message) for message in (*reply.events, reply.message))
    headers: dict[str, Any] = {
        "Content-Type": _EVENTS,
        "Cache-Control": "no-cache",
        "X-Accel-Buffering": "no",
    }
    return Response(sent, headers, int(reply.status))


def _event(message: object) -> str:
    return f"event: message\ndata: {json_text(message)}\n\n"
