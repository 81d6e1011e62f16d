"""Asks a model by the Chat Completions interface: of OpenAI, vLLM, Ollama, LiteLLM and others.

https://platform.openai.com/docs/api-reference/chat
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from chalicelib import internet
from chalicelib.agents.acts import Tool, offered
from chalicelib.agents.base import Agent
from chalicelib.agents.deadline import LATER_SECS
from chalicelib.agents.event_stream import events, whole_body
from chalicelib.agents.prompt import system_prompt, turns
from chalicelib.agents.reading import Fragment, ToolCall, read_fragments
from chalicelib.calls.replies import Piece
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import AgentError
from chalicelib.overriding import override

DEFAULT_BASE_URL: Final = "https://api.openai.com/v1"
CONNECT_SECS: Final = 3.05
_STREAM: Final = "text/event-stream"
_NO_TOOLS: Final = frozenset({400, 422, 500, 501})
"""How servers refuse tools that their model does not have; their words name them."""
_SLUG: Final = re.compile(r"[a-z][a-z0-9_.-]{1,60}")
_toolless: Final[set[tuple[str, str]]] = set()
"""Which models refused tools, where; it costs a second request to find out."""

Json = Mapping[str, Any]


class OpenAIAgent(Agent):
    """A model behind `/chat/completions`; the key goes there and nowhere else."""

    def __init__(self, settings: AgentSettings, api_key: str) -> None:
        self._settings = settings
        self._base_url = (settings.base_url or DEFAULT_BASE_URL).rstrip("/")
        self._auth = internet.Bearer(api_key) if api_key else None
        if not internet.is_safe(self._base_url):
            message = "base_url must begin with https:// (http:// on loopback only)"
            raise AgentError(message)

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        with closing(self._ask(conversation)) as response:
            yield from read_fragments(_fragments(response))

    def _ask(self, conversation: Conversation) -> requests.Response:
        model = (self._base_url, self._settings.model)
        response = self._post(conversation, has_tools=model not in _toolless)
        if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
            return response
        with closing(response):
            body = whole_body(response)
        if model not in _toolless and _refuses_tools(response.status_code, body):
            again = self._post(conversation, has_tools=False)
            if again.status_code < HTTPStatus.MULTIPLE_CHOICES:
                _toolless.add(model)
                return again
            again.close()
        raise _refusal(response.status_code, body)

    def _post(self, conversation: Conversation, *, has_tools: bool) -> requests.Response:
        try:
            return internet.session().post(
                f"{self._base_url}/chat/completions",
                json=self._request(conversation, has_tools=has_tools),
                auth=self._auth,
                headers={
                    "Accept": f"{_STREAM}, application/json",
                    # What is compressed comes in larger lumps.
                    "Accept-Encoding": "identity",
                },
                timeout=(CONNECT_SECS, self._settings.timeout_secs + LATER_SECS),
                allow_redirects=False,
                stream=True,
            )
        except requests.Timeout:
            message = f"the model at {self._host} did not answer in time"
            raise AgentError(message) from None
        except requests.RequestException:
            # What `requests` says holds the whole address.
            message = f"the model at {self._host} cannot be reached"
            raise AgentError(message) from None

    @property
    def _host(self) -> str:
        return urlsplit(self._base_url).hostname or ""

    def _request(self, conversation: Conversation, *, has_tools: bool) -> Json:
        prompt = system_prompt(conversation.call, self._settings.system_prompt, has_tools=has_tools)
        said = [
            {"role": "assistant" if turn.is_ours else "user", "content": turn.text}
            for turn in turns(conversation)
        ]
        return {
            "model": self._settings.model,
            "messages": [{"role": "system", "content": prompt}, *said],
            "stream": True,
            **({"tools": [_tool(one) for one in offered(conversation.call)]} if has_tools else {}),
        }


def _tool(tool: Tool) -> Json:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.schema,
        },
    }


def _refuses_tools(status: int, body: bytes) -> bool:
    return status in _NO_TOOLS and re.search(rb"(?i)\btool|function", body) is not None


def _refusal(status: int, body: bytes) -> AgentError:
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return AgentError(f"the model server redirects with {status}; set base_url to where it is")
    try:
        error = json.loads(body)
    except ValueError:
        error = {}
    return AgentError(f"the model server refused with {status}{_reason(error)}")


def _reason(body: object) -> str:
    """The server's word for an error, but none of its sentences: they may quote what we sent."""
    match body:
        case {"error": {"code": str(word)}} | {"error": {"type": str(word)}} if _SLUG.fullmatch(
            word
        ):
            return f" ({word})"
    return ""


def _fragments(response: requests.Response) -> Iterator[Fragment]:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in {_STREAM, "application/json"}:
        message = f"the model server answered with {kind[:40] or 'nothing'}, not with a completion"
        raise AgentError(message)
    try:
        if kind == _STREAM:
            yield from _Stream().read(response)
        else:
            yield from _whole(whole_body(response))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        message = "the model server answered with something that is no completion"
        raise AgentError(message) from error


class _Stream:
    """A completion that comes as server-sent events."""

    def __init__(self) -> None:
        self._calls: dict[int, ToolCall] = {}
        self._is_complete = False

    def read(self, response: requests.Response) -> Iterator[Fragment]:
        for event in events(response):
            if event == "[DONE]":
                self._is_complete = True
                break
            yield from self._take(json.loads(event))
        if not self._is_complete:
            message = "the model server broke off"
            raise AgentError(message)
        yield from self._calls.values()

    def _take(self, chunk: Json) -> Iterator[str]:
        if chunk.get("error"):
            message = f"the model failed{_reason(chunk)}"
            raise AgentError(message)
        choice = _first_choice(chunk)
        delta = choice.get("delta") or {}
        yield from _texts(delta)
        for call in delta.get("tool_calls") or ():
            self._add(call)
        self._is_complete = self._is_complete or bool(choice.get("finish_reason"))

    def _add(self, call: Json) -> None:
        function = call.get("function") or {}
        index = call.get("index", len(self._calls))
        before = self._calls.get(index, ToolCall("", ""))
        self._calls[index] = ToolCall(
            before.name or function.get("name") or "",
            before.arguments + _arguments(function),
        )


def _whole(body: bytes) -> Iterator[Fragment]:
    """Read a completion that came at once, from a server that does not stream."""
    message = json.loads(body)["choices"][0]["message"]
    yield from _texts(message)
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {}
        yield ToolCall(function.get("name") or "", _arguments(function))


def _arguments(function: Json) -> str:
    arguments = function.get("arguments") or ""
    # Some servers write the object itself where the interface says a text.
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def _first_choice(body: Json) -> Json:
    """The first choice, if any: some events have none, and tell of something else."""
    choices: list[Json] = body.get("choices") or [{}]
    return choices[0]


def _texts(message: Json) -> Iterator[str]:
    for content in (message.get("content"), message.get("refusal")):
        if isinstance(content, str):
            yield content
        elif isinstance(content, list):
            # Some servers give a list of parts where others give a text.
            yield from (part["text"] for part in content if isinstance(part.get("text"), str))
