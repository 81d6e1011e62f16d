"""A model server on this machine that makes a telephone call, led by the results it reads."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from jsonschema import Draft202012Validator

from moltis.http_server import Answer, HttpServer, Question

Json = dict[str, Any]

_NUMBER: Final = re.compile(r"\+\d{8,15}")


@contextmanager
def calling_model() -> Iterator[str]:
    """Serve it while the context lasts; gives its address."""
    server = HttpServer("127.0.0.1", 0)
    server.start(_answer)
    try:
        yield server.url
    finally:
        server.stop()


def next_use(errand: str, results: list[Json]) -> Json | str:
    """Decide what to do next: a question to the tool, or the last words."""
    if not results:
        (number,) = _NUMBER.findall(errand)
        return {"action": "initiate_call", "to": number, "message": "Is the table still free?"}
    last = results[-1]
    if last["status"] == "error":
        return f"It did not work: {last['error']['message']}"
    if not last["end_reason"]:
        return {"action": "wait", "call_id": last["call_id"], "since": last["cursor"]}
    lines = [line for result in results for line in result.get("transcript", [])]
    heard = [line["text"] for line in lines if line["speaker"] == "user"]
    return f"They said: {' '.join(heard)}"


def _answer(question: Question) -> Answer:
    asked = json.loads(question.body)
    if question.path.endswith("/messages"):
        return _json(_messages(asked))
    reply = _completion(asked)
    if asked.get("stream"):
        return Answer(200, {"Content-Type": "text/event-stream"}, _stream(reply))
    return _json({"choices": [{"message": reply, "finish_reason": _finish(reply)}]})


def _completion(asked: Json) -> Json:
    function = asked["tools"][0]["function"]
    texts = [_text(one["content"]) for one in asked["messages"] if one["role"] == "tool"]
    results = [json.loads(text) for text in texts]
    errand = next(one["content"] for one in asked["messages"] if one["role"] == "user")
    use = next_use(_text(errand), results)
    if isinstance(use, str):
        return {"role": "assistant", "content": use}
    Draft202012Validator(function["parameters"]).validate(use)
    call = {"name": function["name"], "arguments": json.dumps(use)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": f"call_{len(results)}", "type": "function", "function": call}],
    }


def _finish(reply: Json) -> str:
    return "tool_calls" if reply.get("tool_calls") else "stop"


def _stream(reply: Json) -> bytes:
    delta = dict(reply)
    if reply.get("tool_calls"):
        delta["tool_calls"] = [dict(call, index=n) for n, call in enumerate(reply["tool_calls"])]
    chunks: list[Json] = [
        {"delta": delta, "finish_reason": None},
        {"delta": {}, "finish_reason": _finish(reply)},
    ]
    about: Json = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "calling"}
    written = [json.dumps({**about, "choices": [{"index": 0, **chunk}]}) for chunk in chunks]
    return "".join(f"data: {text}\n\n" for text in [*written, "[DONE]"]).encode()


def _messages(asked: Json) -> Json:
    tool = asked["tools"][0]
    blocks = [
        block
        for message in asked["messages"]
        if message["role"] == "user" and isinstance(message["content"], list)
        for block in message["content"]
    ]
    results = [json.loads(_text(block["content"])) for block in blocks]
    use = next_use(asked["messages"][0]["content"], results)
    if isinstance(use, str):
        return {"content": [{"type": "text", "text": use}], "stop_reason": "end_turn"}
    Draft202012Validator(tool["input_schema"]).validate(use)
    block = {"type": "tool_use", "id": f"toolu_{len(results)}", "name": tool["name"], "input": use}
    return {"content": [block], "stop_reason": "tool_use"}


def _text(content: Any) -> str:
    """The text of a message, which may come in pieces; structured results come twice."""
    return content if isinstance(content, str) else str(content[0]["text"])


def _json(body: Json) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())
