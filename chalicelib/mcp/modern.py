"""MCP without sessions: every request says which revision it speaks, and stands for itself.

https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
"""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from chalicelib.mcp import telephone
from chalicelib.mcp.messages import (
    HEADER_MISMATCH,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    Json,
    Method,
    ProtocolError,
    Question,
    Reply,
    check_version,
    error,
    find,
    result,
    shown,
)
from chalicelib.tool.running import Caller

VERSIONS: Final = ("2026-07-28",)
VERSION_HEADER: Final = "mcp-protocol-version"
_ABOUT: Final = "io.modelcontextprotocol/"
VERSION_KEY: Final = f"{_ABOUT}protocolVersion"
_CAPABILITIES_KEY: Final = f"{_ABOUT}clientCapabilities"
_SERVER_KEY: Final = f"{_ABOUT}serverInfo"
_ENCODED: Final = re.compile(r"=\?base64\?(.*)\?=")

_HOUR_MS: Final = 3_600_000


def _discover(_question: Question, _caller: Caller, _events: list[Json]) -> Json:
    return {
        "supportedVersions": list(VERSIONS),
        "capabilities": telephone.CAPABILITIES,
        "instructions": telephone.INSTRUCTIONS,
        "ttlMs": _HOUR_MS,
        "cacheScope": "public",
    }


def _list_tools(question: Question, caller: Caller, events: list[Json]) -> Json:
    # What is listed depends on the token: nobody else may be shown it.
    listed = telephone.list_tools(question, caller, events)
    return {**listed, "ttlMs": _HOUR_MS, "cacheScope": "private"}


_METHODS: Final[Mapping[str, Method]] = {
    "server/discover": _discover,
    "tools/list": _list_tools,
    "tools/call": telephone.call_tool,
}
_STATUSES: Final = {METHOD_NOT_FOUND: HTTPStatus.NOT_FOUND}


def is_modern(question: Question) -> bool:
    """Whether *question* is asked in a revision without sessions."""
    return VERSION_KEY in question.meta or question.headers.get(VERSION_HEADER) in VERSIONS


def answer(question: Question, caller: Caller, *, known: tuple[str, ...]) -> Reply:
    """Answer *question*; *known* are all revisions that are spoken here."""
    events: list[Json] = []
    try:
        _check(question, known)
        found = find(_METHODS, question.method)(question, caller, events)
    except ProtocolError as problem:
        status = _STATUSES.get(problem.number, HTTPStatus.BAD_REQUEST)
        return Reply(status, error(question.request_id, problem))
    about = {"resultType": "complete", "_meta": {_SERVER_KEY: telephone.SERVER}}
    return Reply(HTTPStatus.OK, result(question.request_id, {**found, **about}), events)


def _check(question: Question, known: tuple[str, ...]) -> None:
    version = question.meta.get(VERSION_KEY)
    for key, kind in ((VERSION_KEY, str), (_CAPABILITIES_KEY, dict)):
        if not isinstance(question.meta.get(key), kind):
            raise ProtocolError(INVALID_PARAMS, f"params._meta must have {key}")
    _check_header(question, VERSION_HEADER, version)
    _check_header(question, "mcp-method", question.method)
    if question.method == "tools/call":
        _check_header(question, "mcp-name", question.params.get("name"))
    check_version(version, VERSIONS, known)


def _check_header(question: Question, name: str, body_says: object) -> None:
    """Refuse *question* if what stands between us and its client was told something else."""
    header = question.headers.get(name)
    if header is None:
        raise ProtocolError(HEADER_MISMATCH, f"the header {name} is missing")
    if _decoded(header) != body_says:
        message = f"the header {name} says {shown(header)}, the body {shown(body_says)}"
        raise ProtocolError(HEADER_MISMATCH, message)


def _decoded(header: str) -> str | None:
    encoded = _ENCODED.fullmatch(header)
    if not encoded:
        return header
    try:
        return b64decode(encoded[1], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
