"""What the description says of each route, besides its path and its docstring."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.openapi import examples
from chalicelib.tool.statuses import STATUSES

Json = dict[str, Any]

_BEARER: Final[list[Json]] = [{"bearer": []}]
_BEARER_OR_PAGE: Final[list[Json]] = [{"bearer": []}, {"session": []}]
_CARRIER: Final[list[Json]] = [{"twilio": []}, {"telnyx": []}, {"plivo": []}]
_JSON: Final = "application/json"
_HTML: Final = "text/html"
_FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who may knock, what is handed in, and what comes out by status."""

    tag: str
    security: list[Json] = field(default_factory=list)
    takes: Mapping[str, Json] = field(default_factory=dict)
    """What the body holds, by content type."""
    gives: Mapping[int, tuple[str, Mapping[str, Json]]]


def _ref(name: str) -> Json:
    return {"schema": {"$ref": f"#/components/schemas/{name}"}}


def _said(words: str, name: str = "", kind: str = _JSON) -> tuple[str, Mapping[str, Json]]:
    return words, {kind: _ref(name) if name else {"schema": {}}}


def _silent(words: str) -> tuple[str, Mapping[str, Json]]:
    return words, {}


def _tool_statuses() -> dict[int, tuple[str, Mapping[str, Json]]]:
    codes: dict[int, list[str]] = {500: ["internal"]}
    for code, status in STATUSES.items():
        codes.setdefault(int(status), []).append(code)
    return {status: _said(", ".join(named), "VoiceCallResult") for status, named in codes.items()}


_WEBHOOK: Final = Door(
    tag="webhooks",
    security=_CARRIER,
    takes={_FORM: {"schema": {"type": "object"}}, _JSON: {"schema": {"type": "object"}}},
    gives={
        200: ("A document that says what to do next.", {"text/xml": {"schema": {}}, _JSON: {}}),
        403: _silent("The carrier did not sign it."),
        404: _silent("There is no such account."),
        413: _silent("The body is too large."),
        503: _silent("It is to be delivered again."),
    },
)
_PAGE: Final = Door(tag="pages", gives={200: _said("The page.", kind=_HTML)})
_DATA: Final = Door(
    tag="pages",
    security=_BEARER_OR_PAGE,
    gives={
        200: _said("What the page shows."),
        304: _silent("Nothing has changed."),
        401: _said("No valid token, and no session.", "RpcError"),
    },
)

DOORS: Final[Mapping[tuple[str, str], Door]] = {
    ("POST", "/api/channels/telephony/{account}/answer"): _WEBHOOK,
    ("POST", "/api/channels/telephony/{account}/gather"): _WEBHOOK,
    ("POST", "/api/channels/telephony/{account}/status"): _WEBHOOK,
    ("GET", "/api/channels/telephony/{account}/audio/{name}"): Door(
        tag="webhooks",
        gives={
            200: _said("The sound, a WAV.", kind="audio/x-wav"),
            304: _silent("It is the one that you have."),
            403: _silent("We did not write that address, or it is too old."),
            404: _silent("There is no such account."),
        },
    ),
    ("POST", "/voice_call"): Door(
        tag="calls",
        security=_BEARER_OR_PAGE,
        takes={_JSON: {**_ref("VoiceCall"), "examples": examples.tool()}},
        gives={200: _said("What came of it.", "VoiceCallResult"), **_tool_statuses()},
    ),
    ("POST", "/rpc"): Door(
        tag="calls",
        security=_BEARER_OR_PAGE,
        takes={_JSON: {**_ref("RpcRequest"), "examples": examples.messages(examples.RPC)}},
        gives={
            200: _said("The answer, also if it is an error.", "RpcResponse"),
            204: _silent("There was nothing to answer."),
            401: _said("No valid token.", "RpcResponse"),
            403: _said("The scope of the token is too small.", "RpcResponse"),
        },
    ),
    ("POST", "/mcp"): Door(
        tag="calls",
        security=_BEARER,
        takes={_JSON: {**_ref("McpMessage"), "examples": examples.messages(examples.MCP)}},
        gives={
            200: (
                "The answer, or a stream that ends with it.",
                {_JSON: _ref("McpMessage"), "text/event-stream": {"schema": {}}},
            ),
            202: _silent("A notification was taken."),
            400: _said("It is no message, or its headers say something else.", "McpMessage"),
            401: _said("No valid token.", "McpMessage"),
            403: _said("It comes from a page of another site.", "McpMessage"),
            404: _said("There is no such method.", "McpMessage"),
            413: _said("The message is too long.", "McpMessage"),
        },
    ),
    ("GET", "/mcp"): Door(tag="calls", gives={405: _silent("There is no stream.")}),
    ("DELETE", "/mcp"): Door(tag="calls", gives={405: _silent("There is no session.")}),
    ("GET", "/session"): Door(tag="pages", gives={200: _said("Who is signed in.")}),
    ("POST", "/session"): Door(
        tag="pages",
        takes={_JSON: {"schema": {"type": "object", "required": ["token"]}}},
        gives={200: _said("Who is signed in."), 401: _said("The token is not known.")},
    ),
    ("DELETE", "/session"): Door(
        tag="pages",
        security=[{"session": []}],
        gives={200: _said("Nobody is signed in."), 401: _said("Nobody was.")},
    ),
    ("GET", "/calls"): _PAGE,
    ("GET", "/calls/{call_id}"): _PAGE,
    ("GET", "/settings/phone"): _PAGE,
    ("GET", "/web/{name}"): Door(
        tag="pages",
        gives={200: _said("The file.", kind="*/*"), 404: _silent("There is no such file.")},
    ),
    ("GET", "/data/calls"): _DATA,
    ("GET", "/data/calls/{call_id}"): _DATA,
    ("GET", "/healthz"): Door(tag="about", gives={200: _said("We are here.", "Health")}),
    ("GET", "/openapi.json"): Door(tag="about", gives={200: _said("This description.")}),
}
"""By method and path, as the app has them."""

UNDESCRIBED: Final = Door(tag="other", gives={200: _said("The answer.")})
"""What is said of a route that nothing is known of; a test finds those."""
