"""What this MCP server is, and the one tool it has: for every revision of the protocol."""

import json
from dataclasses import replace
from typing import Any, Final

from chalicelib.calls.transcript import Conversation
from chalicelib.mcp.messages import INVALID_PARAMS, Json, ProtocolError, Question, shown
from chalicelib.settings import VERSION
from chalicelib.tool.definition import NAME
from chalicelib.tool.formats import mcp
from chalicelib.tool.running import Caller
from chalicelib.tool.use import use

SERVER: Final[Json] = {"name": "moltis-phone", "title": "Telephone for agents", "version": VERSION}
CAPABILITIES: Final[Json] = {"tools": {}}
INSTRUCTIONS: Final = (
    f"{NAME} makes real telephone calls. Ask the user before a telephone rings, unless the user "
    "told you to call. Follow a call with action wait until it has ended, and report what was said."
)

MOST_BYTES: Final = 40_000
"""Of transcript in one result: about ten thousand tokens."""


def list_tools(question: Question, caller: Caller, _events: list[Json]) -> Json:
    """Describe the tool, as far as *caller* may use it."""
    if "cursor" in question.params:
        message = "there is no such cursor: all tools are on the first page"
        raise ProtocolError(INVALID_PARAMS, message)
    return {"tools": [mcp(caller.scope)]}


def call_tool(question: Question, caller: Caller, events: list[Json]) -> Json:
    """Use the tool; what goes wrong in that is for the model to read, and a result."""
    name, arguments = question.params.get("name"), question.params.get("arguments", {})
    if name != NAME:
        raise ProtocolError(INVALID_PARAMS, f"there is no tool {shown(name)}; there is {NAME}")
    if not isinstance(arguments, dict):
        raise ProtocolError(INVALID_PARAMS, "arguments must be an object")
    progress = _Progress(question.meta.get("progressToken"), events)
    found = use(lambda: arguments, replace(caller, most_bytes=MOST_BYTES, notice=progress))
    return {
        "content": [{"type": "text", "text": json.dumps(found, ensure_ascii=False)}],
        "structuredContent": found,
        "isError": found["status"] == "error",
    }


class _Progress:
    """Tells whoever gave a token of each change in a call that is waited for."""

    def __init__(self, token: Any, events: list[Json]) -> None:  # noqa: ANN401  # whatever came
        is_token = isinstance(token, str | int) and not isinstance(token, bool)
        self._token, self._events = token if is_token else None, events

    def __call__(self, conversation: Conversation) -> None:
        if self._token is None:
            return
        line = conversation.lines[-1] if conversation.lines else None
        said = f": {line.speaker} said {line.text!r}" if line else ""
        params = {
            "progressToken": self._token,
            "progress": len(self._events) + 1,
            "message": f"{conversation.call.state}{said}",
        }
        self._events.append(
            {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
        )
