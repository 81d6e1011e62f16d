"""MCP with a handshake, as clients of before July 2026 speak it; we keep no session for it.

https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from chalicelib.mcp import telephone
from chalicelib.mcp.messages import (
    INVALID_PARAMS,
    Json,
    Method,
    ProtocolError,
    Question,
    Reply,
    error,
    find,
    result,
)
from chalicelib.tool.running import Caller

VERSIONS: Final = ("2025-11-25", "2025-06-18", "2025-03-26")
"""Newest first; there was no such transport before the last one."""
WITH_BATCHES: Final = "2025-03-26"
"""The only revision that has batches; its clients do not say which one they speak."""


def _initialize(question: Question, _caller: Caller, _events: list[Json]) -> Json:
    wanted = question.params.get("protocolVersion")
    if not isinstance(wanted, str):
        raise ProtocolError(INVALID_PARAMS, "protocolVersion must be text, like 2025-11-25")
    return {
        "protocolVersion": wanted if wanted in VERSIONS else VERSIONS[0],
        "capabilities": telephone.CAPABILITIES,
        "serverInfo": telephone.SERVER,
        "instructions": telephone.INSTRUCTIONS,
    }


def _ping(_question: Question, _caller: Caller, _events: list[Json]) -> Json:
    return {}


_METHODS: Final[Mapping[str, Method]] = {
    "initialize": _initialize,
    "ping": _ping,
    "tools/list": telephone.list_tools,
    "tools/call": telephone.call_tool,
}


def answer(question: Question, caller: Caller) -> Reply:
    """Answer *question*; what is wrong with it is told with status 200, as was the custom."""
    events: list[Json] = []
    try:
        found = find(_METHODS, question.method)(question, caller, events)
    except ProtocolError as problem:
        return Reply(HTTPStatus.OK, error(question.request_id, problem))
    return Reply(HTTPStatus.OK, result(question.request_id, found), events)
