"""Asks a model of Amazon Bedrock, by ConverseStream where the model can, else by Converse.

https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference.html
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.agents.acts import offered
from chalicelib.agents.base import Agent
from chalicelib.agents.deadline import LATER_SECS
from chalicelib.agents.prompt import system_prompt, turns
from chalicelib.agents.reading import Fragment, ToolCall, read_fragments
from chalicelib.asking_aws import asking
from chalicelib.calls.call import Call
from chalicelib.calls.replies import Piece
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import AgentError
from chalicelib.overriding import override

MOST_TOKENS: Final = 1024
"""More than anybody listens to."""
_INVALID: Final = "ValidationException"
_MALFORMED: Final = frozenset({"malformed_model_output", "malformed_tool_use"})
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Manner:
    """What a model can do; Bedrock tells only when it is asked for what one cannot."""

    streams: bool = True
    has_tools: bool = True
    has_system: bool = True

    def without(self, complaint: str) -> "_Manner":
        """The same without what the *complaint* is about."""
        if "stream" in complaint:
            return replace(self, streams=False)
        if "tool" in complaint:
            return replace(self, has_tools=False)
        if "system" in complaint:
            return replace(self, has_system=False)
        return self


_known: Final[dict[str, _Manner]] = {}
"""What was found out of each model; it costs a request each time something is."""


class BedrockAgent(Agent):
    """A model, an inference profile or a prompt of Bedrock, by its id or ARN."""

    def __init__(self, settings: AgentSettings, _api_key: str = "") -> None:
        self._settings = settings

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        with asking("Bedrock", AgentError):
            client = aws.client(
                "bedrock-runtime", read_timeout_secs=self._settings.timeout_secs + LATER_SECS
            )
            yield from read_fragments(self._ask(client, conversation))

    def _ask(self, client: Any, conversation: Conversation) -> Iterator[Fragment]:  # noqa: ANN401
        manner = _known.get(self._settings.model, _Manner())
        while (response := self._converse(client, conversation, manner)) is None:
            manner = _known[self._settings.model]
        try:
            yield from _streamed(response["stream"]) if manner.streams else _whole(response)
        except (AttributeError, KeyError, TypeError) as error:
            message = "Bedrock answered with something that is no reply"
            raise AgentError(message) from error

    def _converse(
        self,
        client: Any,  # noqa: ANN401
        conversation: Conversation,
        manner: _Manner,
    ) -> Json | None:
        """Ask in that *manner*; nothing comes back when the model turns out not to have it."""
        converse = client.converse_stream if manner.streams else client.converse
        try:
            response: Json = converse(**self._request(conversation, manner))
        except ClientError as error:
            lesser = manner.without(_complaint(error))
            if lesser == manner:
                raise
            _known[self._settings.model] = lesser
            return None
        return response

    def _request(self, conversation: Conversation, manner: _Manner) -> Json:
        prompt = system_prompt(
            conversation.call, self._settings.system_prompt, has_tools=manner.has_tools
        )
        messages = [
            {"role": "assistant" if turn.is_ours else "user", "content": [{"text": turn.text}]}
            for turn in turns(conversation)
        ]
        if not manner.has_system:
            messages[0]["content"] = [{"text": prompt}, *messages[0]["content"]]
        return {
            "modelId": self._settings.model,
            "messages": messages,
            "inferenceConfig": {"maxTokens": MOST_TOKENS},
            **({"system": [{"text": prompt}]} if manner.has_system else {}),
            **(_tool_config(conversation.call) if manner.has_tools else {}),
        }


def _tool_config(call: Call) -> Json:
    specs = [
        {
            "name": tool.name,
            "description": tool.description,
            "inputSchema": {"json": tool.schema},
        }
        for tool in offered(call)
    ]
    return {"toolConfig": {"tools": [{"toolSpec": spec} for spec in specs]}}


def _complaint(error: ClientError) -> str:
    """What a model cannot do, if that is what the *error* is about."""
    about = error.response.get("Error", {})
    message = str(about.get("Message", "")).lower()
    return message if about.get("Code") == _INVALID and "support" in message else ""


def _streamed(events: Iterable[Json]) -> Iterator[Fragment]:
    calls: dict[int, ToolCall] = {}
    reason = ""
    for event in events:
        match event:
            case {"contentBlockDelta": {"delta": {"text": str(text)}}}:
                yield text
            case {"contentBlockStart": {"contentBlockIndex": at, "start": {"toolUse": tool}}}:
                calls[at] = ToolCall(tool["name"], "")
            case {"contentBlockDelta": {"contentBlockIndex": at, "delta": {"toolUse": tool}}}:
                calls[at] = ToolCall(calls[at].name, calls[at].arguments + tool["input"])
            case {"messageStop": {"stopReason": str(reason)}}:
                pass
    if not reason:
        message = "Bedrock broke off"
        raise AgentError(message)
    _check(reason)
    yield from calls.values()


def _whole(response: Json) -> Iterator[Fragment]:
    _check(response["stopReason"])
    for block in response["output"]["message"]["content"]:
        if "text" in block:
            yield block["text"]
        elif "toolUse" in block:
            yield ToolCall(block["toolUse"]["name"], json.dumps(block["toolUse"]["input"]))


def _check(reason: str) -> None:
    if reason in _MALFORMED:
        message = f"the model failed: {reason}"
        raise AgentError(message)
