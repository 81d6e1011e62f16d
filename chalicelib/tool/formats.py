"""The tool as each kind of agent wants it described."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.parameters import PARAMETERS, Schema, Whole
from chalicelib.settings import VERSION
from chalicelib.store.base import Scope
from chalicelib.tool.definition import NAME, TITLE, Action, allowed
from chalicelib.tool.schemas import exact_schema, input_schema, output_schema
from chalicelib.tool.words import PURPOSE

Tool = dict[str, Any]


def openai() -> Tool:
    """Describe it for OpenAI's chat completions, and everybody who copied them."""
    return {
        "type": "function",
        "function": {
            "name": NAME,
            "description": PURPOSE,
            "parameters": input_schema(allowed(Scope.WRITE)),
        },
    }


def anthropic() -> Tool:
    """Describe it for Anthropic's messages."""
    return {
        "name": NAME,
        "description": PURPOSE,
        "input_schema": input_schema(allowed(Scope.WRITE)),
    }


def bedrock() -> Tool:
    """Describe it for Amazon Bedrock's Converse."""
    return {
        "toolSpec": {
            "name": NAME,
            "description": PURPOSE,
            "inputSchema": {"json": input_schema(allowed(Scope.WRITE))},
        }
    }


def mcp(scope: Scope = Scope.WRITE) -> Tool:
    """Describe it for MCP: only what a token of *scope* is good for."""
    only_looks = scope is Scope.READ
    return {
        "name": NAME,
        "title": TITLE,
        "description": PURPOSE,
        "inputSchema": input_schema(allowed(scope)),
        "outputSchema": output_schema(),
        "annotations": {
            "title": TITLE,
            "readOnlyHint": only_looks,
            "destructiveHint": not only_looks,
            "idempotentHint": only_looks,
            "openWorldHint": True,
        },
    }


MOST_OF_BEDROCK: Final = 5
"""So many parameters a function of an action group may have; what more it is given is taken.

https://docs.aws.amazon.com/bedrock/latest/userguide/quotas.html
"""


def bedrock_agent() -> Tool:
    """Describe it as the functions of an action group of Amazon Bedrock Agents."""
    return {"functions": [_function(action) for action in allowed(Scope.WRITE)]}


def _function(action: Action) -> Tool:
    return {
        "name": action.name,
        "description": action.words,
        "parameters": {
            name: {
                "type": "integer" if isinstance(PARAMETERS[name], Whole) else "string",
                "description": PARAMETERS[name].words,
                "required": name in action.takes.required,
            }
            for name in action.takes.names[:MOST_OF_BEDROCK]
        },
        "requireConfirmation": "ENABLED" if action.rings else "DISABLED",
    }


def bedrock_api() -> Tool:
    """Describe it as the API schema of an action group, in the OpenAPI that Bedrock reads."""
    paths = {
        f"/{action.name}": {
            "post": {
                "operationId": action.name,
                "description": action.words,
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": _without_nothing(action)}},
                },
                "responses": {
                    "200": {
                        "description": "What came of it",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    }
                },
            }
        }
        for action in allowed(Scope.WRITE)
    }
    return {
        "openapi": "3.0.0",
        "info": {"title": NAME, "version": VERSION, "description": TITLE},
        "paths": paths,
    }


def _without_nothing(action: Action) -> Schema:
    """The schema of what *action* takes; that version of OpenAPI has no empty lists."""
    return {key: value for key, value in action.takes.schema().items() if value != []}


def agentcore() -> list[Tool]:
    """Describe it as the tools of a Lambda target of Amazon Bedrock AgentCore Gateway."""
    return [
        {
            "name": action.name,
            "description": action.words,
            "inputSchema": _plain(action.takes.schema()),
        }
        for action in allowed(Scope.WRITE)
    ]


_PLAIN: Final = ("type", "description", "properties", "required")


def _plain(schema: Schema) -> Schema:
    """Leave of *schema* what AgentCore's own schemas know."""
    kept = {key: schema[key] for key in _PLAIN if schema.get(key)}
    if "properties" in kept:
        kept["properties"] = {name: _plain(one) for name, one in kept["properties"].items()}
    return kept


FORMATS: Final[Mapping[str, Callable[[], Any]]] = {
    "openai": openai,
    "anthropic": anthropic,
    "bedrock": bedrock,
    "mcp": mcp,
    "bedrock-agent": bedrock_agent,
    "bedrock-api": bedrock_api,
    "agentcore": agentcore,
    "json-schema": exact_schema,
}
