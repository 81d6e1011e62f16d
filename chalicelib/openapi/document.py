"""The whole interface as OpenAPI, made of the routes, the methods of RPC and the tool.

https://spec.openapis.org/oas/v3.1.0
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from chalicelib.openapi.doors import DOORS, UNDESCRIBED
from chalicelib.parameters import Takes
from chalicelib.settings import VERSION
from chalicelib.tool.schemas import CALL_PROPERTIES, exact_schema, output_schema

Json = dict[str, Any]

_TAGS: Final = {
    "calls": "Make calls and follow them.",
    "webhooks": "Carriers knock here.",
    "pages": "What a browser shows.",
    "about": "What this is.",
}
_HEADERS: Final = {
    "twilio": "X-Twilio-Signature",
    "telnyx": "telnyx-signature-ed25519",
    "plivo": "X-Plivo-Signature-V3",
}
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_ID: Final[Json] = {"type": ["string", "number", "null"]}
_RPC: Final[Json] = {"const": "2.0"}


def describe(routes: Iterable[tuple[str, str, str]], methods: Mapping[str, Takes]) -> Json:
    """Describe *routes* (method, path and words of each) and *methods* of RPC."""
    paths: dict[str, Json] = {}
    for method, path, words in sorted(routes, key=lambda route: (route[1], route[0])):
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, words)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "moltis-phone",
            "version": VERSION,
            "description": "A telephone for AI agents.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Where this was read: behind a gateway there may be a prefix.
        "servers": [{"url": "./"}],
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": _schemas(methods), "securitySchemes": _security()},
    }


def _operation(method: str, path: str, words: str) -> Json:
    door = DOORS.get((method, path), UNDESCRIBED)
    made: Json = {
        "operationId": _operation_id(method, path),
        "summary": words,
        "tags": [door.tag],
        "security": door.security,
        "responses": {
            str(status): {"description": told, **({"content": dict(content)} if content else {})}
            for status, (told, content) in sorted(door.gives.items())
        },
    }
    if variables := _VARIABLE.findall(path):
        made["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in variables
        ]
    if door.takes:
        made["requestBody"] = {"required": True, "content": dict(door.takes)}
    return made


def _operation_id(method: str, path: str) -> str:
    if (method, path) == ("POST", "/voice_call"):
        return "voice_call"
    words = re.findall(r"\w+", path)
    return "_".join([method.lower(), *words])


def _schemas(methods: Mapping[str, Takes]) -> Json:
    requests = [_request(name, takes) for name, takes in methods.items()]
    error = {"type": "object", "required": ["code", "message"]}
    return {
        "VoiceCall": exact_schema(),
        "VoiceCallResult": output_schema(),
        "Call": {"type": "object", "properties": CALL_PROPERTIES, "required": ["call_id"]},
        "RpcRequest": {
            "anyOf": [*requests, {"type": "array", "items": {"type": "object"}, "maxItems": 50}]
        },
        "RpcResponse": {"anyOf": [_response(error), {"type": "array", "items": _response(error)}]},
        "RpcError": error,
        "McpMessage": {
            "type": "object",
            "properties": {"jsonrpc": _RPC, "id": {"type": ["string", "integer"]}},
            "required": ["jsonrpc"],
        },
        "Health": {
            "type": "object",
            "properties": {"status": {"const": "ok"}, "version": {"type": "string"}},
            "required": ["status", "version"],
        },
    }


def _request(name: str, takes: Takes) -> Json:
    required = ["jsonrpc", "method", *(["params"] if takes.required else [])]
    return {
        "type": "object",
        "title": name,
        "properties": {
            "jsonrpc": _RPC,
            "id": _ID,
            "method": {"const": name},
            "params": takes.schema(),
        },
        "required": required,
    }


def _response(error: Json) -> Json:
    return {
        "type": "object",
        "properties": {"jsonrpc": _RPC, "id": _ID, "result": {}, "error": error},
        "required": ["jsonrpc", "id"],
        "oneOf": [{"required": ["result"]}, {"required": ["error"]}],
    }


def _security() -> Json:
    signatures = {
        name: {"type": "apiKey", "in": "header", "name": header, "description": "A signature."}
        for name, header in _HEADERS.items()
    }
    cookie = {"type": "apiKey", "in": "cookie", "name": "__Host-moltis_session"}
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "Of scope read or write."},
        "session": {**cookie, "description": "Of a page of ours that signed in."},
        **signatures,
    }
