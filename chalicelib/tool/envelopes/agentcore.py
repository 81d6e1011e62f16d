"""Amazon Bedrock AgentCore Gateway: arguments as they are, and the tool's name in the context.

https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/gateway-add-target-lambda.html
"""

from typing import Any, Final

from chalicelib.overriding import override
from chalicelib.tool.envelopes.base import Envelope, Event, named

_TOOL_NAME: Final = "bedrockAgentCoreToolName"
_DELIMITER: Final = "___"


class AgentCoreGateway(Envelope):
    """A target of a gateway; it calls our tools `target___tool`."""

    most_bytes = 40_000

    @override
    def fits(self, event: object, context: object) -> bool:
        return bool(_tool_name(context))

    @override
    def open(self, event: Event, context: object) -> object:
        if not isinstance(event, dict):
            return event
        return named(_tool_name(context).rpartition(_DELIMITER)[2], event)

    @override
    def seal(self, result: dict[str, Any], event: Event) -> dict[str, Any]:
        return result


def _tool_name(context: object) -> str:
    """The name in the client context; empty if somebody else invoked the function."""
    custom = getattr(getattr(context, "client_context", None), "custom", None)
    name = custom.get(_TOOL_NAME) if isinstance(custom, dict) else None
    return name if isinstance(name, str) else ""
