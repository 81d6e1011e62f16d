import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import requests
from openai import APIStatusError, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from chalicelib.agents import openai as ours
from chalicelib.agents import registry
from chalicelib.calls.replies import AskKeys, EndCall, Piece, Speak, Transfer
from chalicelib.calls.terms import AgentKind, AgentSettings
from chalicelib.calls.transcript import Conversation, Speaker
from chalicelib.errors import AgentError
from tests.builders import a_call, a_line
from tests.contract.agents import KEY
from tests.model_server import Answers, ChatCompletions, Fails, ModelServer, Writes, chunks

CONVERSATION: Final = Conversation(
    a_call(), (a_line("Krume, hello.", speaker=Speaker.BOT), a_line("Hello, two rolls, please."))
)
ENDS: Final = Answers("Thank you. Bye.", act="end_call", arguments={"say": ""})
TOOLS_REFUSED: Final = {
    "Ollama": (400, "registry.ollama.ai/library/gemma:2b does not support tools"),
    "vLLM": (400, '"auto" tool choice requires --enable-auto-tool-choice'),
    "llama.cpp": (500, "tools param requires --jinja flag"),
}


def replied(base_url: str, *, key: str = KEY, model: str = "any") -> list[Piece]:
    settings = AgentSettings(kind=AgentKind.OPENAI, base_url=base_url, model=model)
    return list(registry.build(settings, key).reply(CONVERSATION))


def vendors(server: ModelServer) -> OpenAI:
    return OpenAI(base_url=server.url, api_key=KEY, max_retries=0)


def asked_by_the_vendor(server: ModelServer, **wanted: Any) -> Any:
    messages: Any = [{"role": "user", "content": "Hello"}]
    return vendors(server).chat.completions.create(model="any", messages=messages, **wanted)


@pytest.mark.parametrize("move", [ENDS, Answers("Yes. No."), Answers(act="stay_silent")])
def test_the_vendors_library_understands_the_server_that_we_test_with(move: Answers) -> None:
    with ModelServer(move, move) as server:
        whole = asked_by_the_vendor(server)
        streamed = list(asked_by_the_vendor(server, stream=True))

    said = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
    calls = [call for chunk in streamed for call in chunk.choices[0].delta.tool_calls or ()]
    arguments = "".join(call.function.arguments for call in calls)
    assert (whole.choices[0].message.content or "") == said == move.text
    assert [call.function.name for call in calls if call.function.name] == (
        [move.act] if move.act else []
    )
    assert json.loads(arguments or "{}") == move.arguments


def test_the_vendors_library_takes_its_refusals_for_what_they_are() -> None:
    with ModelServer(Fails(status=429)) as server, pytest.raises(APIStatusError) as refused:
        asked_by_the_vendor(server)

    assert (refused.value.status_code, refused.value.type) == (429, "server_error")


@pytest.mark.parametrize("move", [ENDS, Answers("Yes. No."), Answers(act="stay_silent")])
def test_what_the_server_writes_is_what_the_vendors_types_say(move: Answers) -> None:
    ChatCompletion.model_validate(ChatCompletions().whole(move), strict=True)
    for chunk in chunks(move):
        ChatCompletionChunk.model_validate(chunk)


def test_the_key_is_shown_to_the_server_and_is_not_sent_when_there_is_none() -> None:
    with ModelServer() as server:
        replied(server.url)
        replied(server.url, key="")

    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in server.asked[1].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_goes_nowhere_else(status: int) -> None:
    with ModelServer() as elsewhere:
        moved = Writes(b"", status=status, headers={"Location": f"{elsewhere.url}/x"})
        with ModelServer(moved) as server, pytest.raises(AgentError, match="redirects") as failed:
            replied(server.url)

    assert elsewhere.asked == []
    assert KEY not in str(failed.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://models.example.com/v1",
        "ftp://127.0.0.1",
        "//x",
        "http://[",
        "http://127.0.0.1.evil.io",
    ],
)
def test_an_address_that_anybody_could_listen_to_is_not_asked(base_url: str) -> None:
    with pytest.raises(AgentError, match="must begin with https"):
        replied(base_url)


def test_the_address_may_end_in_a_slash_and_defaults_to_the_vendors() -> None:
    with ModelServer() as server:
        replied(f"{server.url}/")

    assert server.asked[0].path == "/v1/chat/completions"
    assert str(OpenAI(api_key=KEY).base_url).rstrip("/") == ours.DEFAULT_BASE_URL


def test_a_server_that_does_not_stream_is_understood() -> None:
    completion = json.dumps(ChatCompletions().whole(ENDS)).encode()
    with ModelServer(Writes(completion, "application/json; charset=utf-8")) as server:
        assert replied(server.url) == [Speak("Thank you."), Speak("Bye."), EndCall()]


def test_a_text_in_parts_is_understood() -> None:
    parts = [{"type": "text", "text": "Yes. "}, {"type": "text", "text": "No."}, {"type": "image"}]
    body = json.dumps({"choices": [{"message": {"content": parts}}]}).encode()
    with ModelServer(Writes(body, "application/json")) as server:
        assert replied(server.url) == [Speak("Yes."), Speak("No.")]


def test_arguments_that_are_an_object_and_not_a_text_are_understood() -> None:
    call = {"function": {"name": "ask_for_keys", "arguments": {"say": "Your code?", "digits": 4}}}
    whole = {"choices": [{"message": {"tool_calls": [call]}}]}
    chunk = {"choices": [{"delta": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]}
    with ModelServer(
        Writes(json.dumps(whole).encode(), "application/json"),
        Writes(f"data: {json.dumps(chunk)}\n\n".encode()),
    ) as server:
        assert replied(server.url) == replied(server.url) == [Speak("Your code?"), AskKeys(4)]


@pytest.mark.parametrize("arguments", ['{"say": "Hm', "[1]", '"say"', "4"])
def test_arguments_that_are_no_object_are_an_error(arguments: str) -> None:
    call = {"function": {"name": "end_call", "arguments": arguments}}
    body = json.dumps({"choices": [{"message": {"tool_calls": [call]}}]}).encode()
    with (
        ModelServer(Writes(body, "application/json")) as server,
        pytest.raises(AgentError, match="the arguments of 'end_call' are not"),
    ):
        replied(server.url)


def test_a_refusal_that_is_a_page_is_a_refusal() -> None:
    page = Writes(b"<html>nginx</html>", "text/html", status=502)
    with ModelServer(page) as server, pytest.raises(AgentError, match=r"refused with 502$"):
        replied(server.url)


def test_what_a_model_refuses_to_say_is_said() -> None:
    body = json.dumps({"choices": [{"message": {"content": None, "refusal": "I cannot."}}]})
    with ModelServer(Writes(body.encode(), "application/json")) as server:
        assert replied(server.url) == [Speak("I cannot.")]


def test_an_event_stream_is_read_as_the_standard_says() -> None:
    lines = [
        ": a comment",
        "event: message",
        'data:{"choices": [{"delta": {"content": "Yes. ", "reasoning_content": "Hm."}}]}',
        "",
        "id: 7",
        'data: {"choices": [{"delta":',
        'data: {"content": "No."}, "finish_reason": "stop"}]}',
        "",
        'data: {"choices": [], "usage": {"total_tokens": 3}}',
        "",
        "data: [DONE]",
    ]
    for end in ("\n", "\r\n"):
        with ModelServer(Writes(end.join([*lines, "", ""]).encode())) as server:
            assert replied(server.url) == [Speak("Yes."), Speak("No.")]


def test_a_stream_without_its_end_is_an_error() -> None:
    body = b'data: {"choices": [{"delta": {"content": "Yes."}, "finish_reason": null}]}\n\n'
    with ModelServer(Writes(body)) as server, pytest.raises(AgentError, match="broke off"):
        replied(server.url)


def test_an_error_in_the_middle_of_a_stream_is_one() -> None:
    body = b'data: {"error": {"message": "secret words", "type": "overloaded_error"}}\n\n'
    with ModelServer(Writes(body)) as server, pytest.raises(AgentError) as failed:
        replied(server.url)

    assert str(failed.value) == "the model failed (overloaded_error)"


@pytest.mark.parametrize(("status", "words"), TOOLS_REFUSED.values(), ids=TOOLS_REFUSED)
def test_a_model_without_tools_is_asked_for_a_written_reply_from_then_on(
    status: int, words: str
) -> None:
    refusal = Fails(status=status, error={"message": words, "type": "invalid_request_error"})
    written = Answers('{"say": "Bye.", "act": "end_call"}')
    with ModelServer(refusal, written, written) as server:
        first = replied(server.url)
        second = replied(server.url)

    assert first == second == [Speak("Bye."), EndCall()]
    assert ["tools" in asked.body for asked in server.asked] == [True, False, False]
    assert '"act": "end_call"' in server.asked[1].system
    assert '"act"' not in server.asked[0].system


def test_a_refusal_that_has_nothing_to_do_with_tools_stays_what_it_was() -> None:
    refusals = [
        Fails(status=400, error={"message": "tools? what tools", "code": code}) for code in "ab"
    ]
    with ModelServer(*refusals) as server, pytest.raises(AgentError) as failed:
        replied(server.url)

    assert str(failed.value) == "the model server refused with 400"
    assert len(server.asked) == 2


RULES: Final = [
    {"name": "ends", "when": {"messages_contain": "two rolls", "model_matches": "ends"},
     "respond": {"tool_calls": [{"name": "end_call", "arguments": {"say": "Two. Goodbye."}}]}},
    {"name": "asks", "when": {"tools_include": "ask_for_keys", "model_matches": "asks"},
     "respond": {"tool_calls": [
         {"name": "ask_for_keys", "arguments": {"say": "Your code?", "digits": 4}}]}},
    {"name": "writes", "when": {"model_matches": "writes"},
     "respond": {"content":
         '<think>.</think>{"say": "A moment.", "act": "transfer_call", "to": "+15559876543"}'}},
    {"name": "talks", "when": {"model_matches": "talks"},
     "respond": {"content": "Two rolls, **gladly**. That is 3.50 dollars. Anything else?"}},
]  # fmt: skip
FOREIGN: Final[dict[str, list[Piece]]] = {
    "ends": [Speak("Two."), Speak("Goodbye."), EndCall()],
    "asks": [Speak("Your code?"), AskKeys(4)],
    "writes": [Speak("A moment."), Transfer("+15559876543")],
    "talks": [
        Speak("Two rolls, **gladly**."),
        Speak("That is 3.50 dollars."),
        Speak("Anything else?"),
    ],
}


@pytest.fixture(scope="module")
def somebody_elses_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The package `fakellm`, which promises the same interface."""
    config = tmp_path_factory.mktemp("fakellm") / "fakellm.yaml"
    config.write_text(json.dumps({"rules": RULES}))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program = Path(sys.executable).with_name("fakellm")
    command = [str(program), "serve", "--port", str(port), "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_fakellm/stats", server)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.terminate()


def _wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < deadline:
        try:
            requests.get(url, timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.05)
        else:
            return
    message = "the server that somebody else wrote did not start"
    raise AssertionError(message)


@pytest.mark.parametrize("model", FOREIGN)
def test_a_server_that_somebody_else_wrote_is_understood(
    somebody_elses_server: str, model: str
) -> None:
    assert replied(somebody_elses_server, model=model) == FOREIGN[model]
