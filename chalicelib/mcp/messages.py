"""JSON-RPC as MCP speaks it: what is asked, and what is answered.

https://modelcontextprotocol.io/specification/2026-07-28/basic
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from chalicelib.errors import GatewayError
from chalicelib.tool.running import Caller

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL: Final = -32603
HEADER_MISMATCH: Final = -32020
UNSUPPORTED_VERSION: Final = -32022
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403

LONGEST_SHOWN: Final = 80

Json = dict[str, Any]
RequestId = str | int


class ProtocolError(GatewayError):
    """A message that is not as the protocol wants it; models cannot put that right."""

    code = "protocol"

    def __init__(self, number: int, message: str, **more: object) -> None:
        super().__init__(message)
        self.number = number
        self.more = more


@dataclass(frozen=True, slots=True)
class Question:
    """A request; `headers` with names in lower case."""

    request_id: RequestId
    method: str
    params: Json
    headers: Mapping[str, str]

    @property
    def meta(self) -> Json:
        """What the client says of itself and of this request."""
        found = self.params.get("_meta")
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a message, or none; and what happened on the way to it."""

    status: int
    message: Any = None
    events: list[Json] = field(default_factory=list)


Method = Callable[[Question, Caller, list[Json]], Json]
"""Answers a question, and adds to the list what its asker should be told on the way."""


def shown(value: object) -> str:
    """Show *value*, which anybody may have sent, in a message."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def check_version(version: object, spoken: Sequence[str], known: Sequence[str]) -> None:
    """Refuse *version* unless it is one of *spoken*; *known* are all there are here.

    Raises:
        ProtocolError: it is another.
    """
    if version not in spoken:
        message = f"revision {shown(version)} is not spoken here; choose one of {', '.join(known)}"
        told = {"supported": list(known), "requested": version}
        raise ProtocolError(UNSUPPORTED_VERSION, message, **told)


def find(methods: Mapping[str, Method], name: str) -> Method:
    """Find the method that is called *name*.

    Raises:
        ProtocolError: there is none.
    """
    if name in methods:
        return methods[name]
    message = f"there is no method {shown(name)}; there are {', '.join(methods)}"
    raise ProtocolError(METHOD_NOT_FOUND, message)


def result(request_id: RequestId, found: Json) -> Json:
    """Answer with what was *found*."""
    return {"jsonrpc": "2.0", "id": request_id, "result": found}


def error(request_id: RequestId | None, problem: ProtocolError) -> Json:
    """Answer with the *problem*; a message whose id cannot be told has none."""
    told: Json = {"code": problem.number, "message": str(problem)}
    if problem.more:
        told["data"] = problem.more
    known = {} if request_id is None else {"id": request_id}
    return {"jsonrpc": "2.0", **known, "error": told}


def refusal(problem: ProtocolError, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Reply:
    """Answer a message that cannot be told from others."""
    return Reply(status, error(None, problem))
