"""Requests that can be sent as they are; every one of them is, by a test."""

from typing import Any, Final

from chalicelib.tool.definition import NAME

Json = dict[str, Any]

CALL_ID: Final = "6f1c1f8e-6f0b-4d4f-9a53-3f6f9a0f7c11"
NUMBER: Final = "+15559876543"

_ORDER: Final[Json] = {"to": NUMBER, "message": "Your table is ready.", "mode": "notify"}
_CALL: Final[Json] = {"call_id": CALL_ID}

TOOL: Final[dict[str, Json]] = {
    "initiate_call": {**_ORDER, "idempotency_key": "table-42"},
    "end_call": _CALL,
    "get_status": _CALL,
    "send_dtmf": {**_CALL, "digits": "1ww2#"},
    "speak": {**_CALL, "message": "One moment, please."},
    "wait": {**_CALL, "until": "change", "timeout_secs": 1},
    "list_calls": {"limit": 5},
}
"""What each action of the tool may be given."""

RPC: Final[dict[str, Json]] = {
    "voicecall.status": {},
    "voicecall.initiate": _ORDER,
    "voicecall.end": _CALL,
    "voicecall.speak": {**_CALL, "message": "One moment, please."},
    "voicecall.dtmf": {**_CALL, "digits": "1ww2#"},
    "voicecall.history": {"limit": 5, "direction": "outbound"},
    "voicecall.wait": {**_CALL, "timeout_secs": 1},
    "phone.schema": {},
    "phone.settings": {},
    "phone.export": {},
    "tokens.create": {"name": "dashboard", "scope": "read"},
    "tokens.list": {},
    "audit.list": {"limit": 5},
}
"""What some methods of JSON-RPC may be given."""

_META: Final[Json] = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}

MCP: Final[dict[str, Json]] = {
    "initialize": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "example", "version": "1.0.0"},
    },
    "tools/list": {},
    "tools/call": {"name": NAME, "arguments": {"action": "list_calls", "limit": 5}},
    "server/discover": {"_meta": _META},
}
"""What methods of MCP may be given; the last one is of a revision that wants headers, too."""


def tool() -> dict[str, Json]:
    """Examples of questions to the tool."""
    return {name: {"value": {"action": name, **params}} for name, params in TOOL.items()}


def messages(params: dict[str, Json]) -> dict[str, Json]:
    """Examples of requests in JSON-RPC with those *params*, by method."""
    return {
        name.replace("/", "."): {
            "summary": name,
            "value": {"jsonrpc": "2.0", "id": 1, "method": name, "params": given},
        }
        for name, given in params.items()
    }
