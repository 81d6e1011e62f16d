"""Amazon Bedrock Agents: an action group, defined by function details or by an API schema.

https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.overriding import override
from chalicelib.tool.definition import ACTIONS
from chalicelib.tool.envelopes.base import Asked, Envelope, Event, from_text, named
from chalicelib.tool.statuses import http_status

VERSION: Final = "1.0"
LAST_CALL: Final = "voice_call_id"
"""The session attribute that says which call of the session was the last one."""
DEFAULTS: Final[Mapping[str, str]] = {
    "call_id": LAST_CALL,
    "account": "voice_call_account",
    "idempotency_key": "voice_call_idempotency_key",
}
"""What a session attribute stands in for, where the model left it out."""

_JSON: Final = "application/json"
_REPROMPTED: Final = frozenset({"invalid_params", "unknown_call", "unknown_account"})
"""What a model can put right, if it is told."""


class BedrockAgents(Envelope):
    """An action group of an agent."""

    most_bytes = 16_000

    @override
    def fits(self, event: object, context: object) -> bool:
        return isinstance(event, dict) and {"messageVersion", "actionGroup"} <= event.keys()

    @override
    def open(self, event: Event, context: object) -> object:
        params = {**_pairs(event, "parameters"), **_body(event)}
        path = str(event.get("apiPath", "")).rstrip("/").rpartition("/")[2]
        asked = named(event.get("function") or path, params)
        return _with_defaults(asked, _attributes(event, "sessionAttributes"))

    @override
    def seal(self, result: dict[str, Any], event: Event) -> dict[str, Any]:
        attributes = _attributes(event, "sessionAttributes")
        if result.get("call_id"):
            attributes = {**attributes, LAST_CALL: result["call_id"]}
        answer = _of_api(result, event) if "apiPath" in event else _of_function(result, event)
        return {
            "messageVersion": VERSION,
            "response": {"actionGroup": str(event.get("actionGroup", "")), **answer},
            "sessionAttributes": attributes,
            "promptSessionAttributes": _attributes(event, "promptSessionAttributes"),
        }


def _of_function(result: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = {"responseBody": {"TEXT": {"body": _written(result)}}}
    if result["status"] == "error" and result["error"]["code"] in _REPROMPTED:
        response["responseState"] = "REPROMPT"
    return {"function": str(event.get("function", "")), "functionResponse": response}


def _of_api(result: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiPath": str(event.get("apiPath", "")),
        "httpMethod": str(event.get("httpMethod", "")),
        "httpStatusCode": http_status(result),
        "responseBody": {_JSON: {"body": _written(result)}},
    }


def _written(result: dict[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False)


def _body(event: dict[str, Any]) -> Asked:
    body = event.get("requestBody") or {}
    content = body.get("content") if isinstance(body, dict) else None
    found = content.get(_JSON) if isinstance(content, dict) else None
    return _pairs(found, "properties") if isinstance(found, dict) else {}


def _pairs(holder: dict[str, Any], name: str) -> Asked:
    """Read the list of names and values that *holder* has under *name*."""
    pairs = holder.get(name) or []
    if not isinstance(pairs, list) or not all(
        isinstance(pair, dict) and isinstance(pair.get("name"), str) for pair in pairs
    ):
        raise InvalidParamsError(Fault(name, "must be a list of names and values"))
    return {pair["name"]: from_text(pair["name"], pair.get("value")) for pair in pairs}


def _with_defaults(asked: Asked, attributes: Mapping[str, str]) -> Asked:
    action = ACTIONS.get(str(asked.get("action")))
    if action is None:
        return asked
    defaults = {
        name: attributes[attribute]
        for name, attribute in DEFAULTS.items()
        if name in action.takes.names and attribute in attributes
    }
    return defaults | asked


def _attributes(event: dict[str, Any], name: str) -> dict[str, str]:
    found = event.get(name)
    return found if isinstance(found, dict) else {}
