"""Asks a Lambda function of yours: the call so far goes in, the reply comes out."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib import aws
from chalicelib.agents.base import Agent
from chalicelib.agents.deadline import LATER_SECS
from chalicelib.agents.prompt import system_prompt, turns
from chalicelib.agents.reading import read_reply
from chalicelib.asking_aws import asking
from chalicelib.calls.published import conversation_json
from chalicelib.calls.replies import Piece
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import AgentError
from chalicelib.overriding import override

EVENT_VERSION: Final = 1
MOST_BYTES: Final = 262_144
_ERROR_TYPE: Final = re.compile(r"[A-Za-z][\w.]{0,60}")


class FunctionAgent(Agent):
    """The function of that name or ARN; it has what a model would be told, and more."""

    def __init__(self, settings: AgentSettings, _api_key: str = "") -> None:
        self._settings = settings

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        with asking("the function", AgentError):
            client = aws.client(
                "lambda", read_timeout_secs=self._settings.timeout_secs + LATER_SECS
            )
            response = client.invoke(
                FunctionName=self._settings.function_name,
                InvocationType="RequestResponse",
                Payload=json.dumps(event(conversation, self._settings.system_prompt)).encode(),
            )
            payload = response["Payload"].read(MOST_BYTES)
        try:
            reply = json.loads(payload)
        except ValueError as error:
            message = "the function returned something that is not JSON"
            raise AgentError(message) from error
        if "FunctionError" in response:
            message = f"the function failed: {_error_type(reply)}"
            raise AgentError(message)
        yield from read_reply(reply)


def event(conversation: Conversation, wishes: str) -> Mapping[str, Any]:
    """What the function is given: the call, and the same told as to a model."""
    call = conversation.call
    return {
        "version": EVENT_VERSION,
        "call": conversation_json(conversation),
        "language": call.language,
        "system": system_prompt(call, wishes, has_tools=False),
        "messages": [
            {"role": "assistant" if turn.is_ours else "user", "content": turn.text}
            for turn in turns(conversation)
        ],
    }


def _error_type(failure: object) -> str:
    """The name of what was raised; its words may quote what was said in the call."""
    name = failure.get("errorType") if isinstance(failure, dict) else ""
    return name if isinstance(name, str) and _ERROR_TYPE.fullmatch(name) else "unknown error"
