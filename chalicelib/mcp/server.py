"""The MCP server: one message in, one out; nothing is remembered between two of them."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from chalicelib.mcp import legacy, modern
from chalicelib.mcp.messages import (
    INVALID_REQUEST,
    Json,
    ProtocolError,
    Question,
    Reply,
    check_version,
    refusal,
)
from chalicelib.tool.running import Caller

VERSIONS: Final = (*modern.VERSIONS, *legacy.VERSIONS)
MOST_AT_ONCE: Final = 25


def answer(body: object, headers: Mapping[str, str], caller: Caller) -> Reply:
    """Answer the message *body*, which came with *headers* from *caller*."""
    version = headers.get(modern.VERSION_HEADER, legacy.WITH_BATCHES)
    if isinstance(body, list) and version == legacy.WITH_BATCHES:
        return _batch(body, headers, caller)
    try:
        return _answer(body, headers, version, caller)
    except ProtocolError as problem:
        return refusal(problem)


def _answer(body: object, headers: Mapping[str, str], version: str, caller: Caller) -> Reply:
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_REQUEST, 'a message is {"jsonrpc": "2.0", ...}')
    if _has_no_answer(body):
        check_version(version, VERSIONS, VERSIONS)
        return Reply(HTTPStatus.ACCEPTED)
    question = _question(body, headers)
    if modern.is_modern(question):
        return modern.answer(question, caller, known=VERSIONS)
    check_version(version, VERSIONS, VERSIONS)
    return legacy.answer(question, caller)


def _has_no_answer(body: Json) -> bool:
    """Whether it is a notification, or an answer to something that we never asked."""
    is_notification = isinstance(body.get("method"), str) and "id" not in body
    return is_notification or ("method" not in body and bool({"result", "error"} & body.keys()))


def _question(body: Json, headers: Mapping[str, str]) -> Question:
    request_id, method, params = body.get("id"), body.get("method"), body.get("params", {})
    if not isinstance(request_id, str | int) or isinstance(request_id, bool):
        raise ProtocolError(INVALID_REQUEST, "the id of a request is text or a whole number")
    if not isinstance(method, str):
        raise ProtocolError(INVALID_REQUEST, "a request has a method")
    if not isinstance(params, dict):
        raise ProtocolError(INVALID_REQUEST, "params must be an object, by name")
    return Question(request_id, method, params, headers)


def _batch(bodies: list[object], headers: Mapping[str, str], caller: Caller) -> Reply:
    if not 0 < len(bodies) <= MOST_AT_ONCE:
        message = f"a batch holds 1 to {MOST_AT_ONCE} messages"
        return refusal(ProtocolError(INVALID_REQUEST, message))
    if any(isinstance(body, list) for body in bodies):
        return refusal(ProtocolError(INVALID_REQUEST, "a batch holds messages, and no batches"))
    # Who asks for much at once waits for each a little.
    patient = replace(caller, secs=caller.secs / len(bodies))
    replies = [answer(body, headers, patient) for body in bodies]
    messages = [reply.message for reply in replies if reply.message is not None]
    if not messages:
        return Reply(HTTPStatus.ACCEPTED)
    return Reply(HTTPStatus.OK, messages, [event for reply in replies for event in reply.events])
