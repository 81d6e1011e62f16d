"""What the scripted server does, written as Bedrock and as Lambda write it."""

import json
import struct
from collections.abc import Mapping
from typing import Final
from zlib import crc32

from chalicelib.overriding import override
from tests.model_server import Answers, Asked, Dialect, Fails, Json, halves, words_of

_USAGE: Final = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}


class Bedrock(Dialect):
    """Converse and ConverseStream of the runtime.

    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
    """

    stream_type = "application/vnd.amazon.eventstream"

    @override
    def wants_stream(self, asked: Asked) -> bool:
        return asked.path.endswith("/converse-stream")

    @override
    def whole(self, move: Answers) -> Json:
        tool = {"toolUseId": "t1", "name": move.act, "input": dict(move.arguments)}
        content: list[Json] = [{"text": move.text}] if move.text else []
        content += [{"toolUse": tool}] if move.act else []
        return {
            "output": {"message": {"role": "assistant", "content": content}},
            "stopReason": "tool_use" if move.act else "end_turn",
            "usage": _USAGE,
            "metrics": {"latencyMs": 1},
        }

    @override
    def events(self, move: Answers) -> list[bytes]:
        *before, last = [_frame(event) for event in stream_of(move)]
        # Whoever breaks off does so before the reason why it stopped.
        return [*before[:-1], before[-1] + last]

    @override
    def refusal(self, move: Fails) -> tuple[Mapping[str, str], Json]:
        headers = {"x-amzn-ErrorType": str(move.error.get("code"))}
        return headers, {"message": str(move.error.get("message"))}


class Function(Dialect):
    """Invoke of Lambda, and behind it a function that answers as docs/agents.md says.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    stream_type = "application/json"

    @override
    def wants_stream(self, asked: Asked) -> bool:
        return False

    @override
    def whole(self, move: Answers) -> Json | str:
        if not move.act:
            return move.text
        words = f"{move.text} {move.arguments.get('say', '')}".strip()
        return {**move.arguments, "act": move.act, "say": words}

    @override
    def events(self, move: Answers) -> list[bytes]:
        return [json.dumps(move.text).encode()[:-1], b'"']

    @override
    def refusal(self, move: Fails) -> tuple[Mapping[str, str], Json]:
        headers = {"x-amzn-ErrorType": str(move.error.get("code"))}
        return headers, {"Type": "User", "Message": str(move.error.get("message"))}


def stream_of(move: Answers) -> list[Json]:
    """The events of ConverseStream, each under its name."""
    events: list[Json] = [{"messageStart": {"role": "assistant"}}]
    events += [_delta(0, {"text": word}) for word in words_of(move.text)]
    events += [{"contentBlockStop": {"contentBlockIndex": 0}}] if move.text else []
    if move.act:
        start = {"toolUse": {"toolUseId": "t1", "name": move.act}}
        events += [
            {"contentBlockStart": {"contentBlockIndex": 1, "start": start}},
            *(_delta(1, {"toolUse": {"input": half}}) for half in halves(move.arguments)),
            {"contentBlockStop": {"contentBlockIndex": 1}},
        ]
    stop = {"stopReason": "tool_use" if move.act else "end_turn"}
    metadata = {"usage": _USAGE, "metrics": {"latencyMs": 1}}
    return [*events, {"messageStop": stop}, {"metadata": metadata}]


def _delta(index: int, delta: Json) -> Json:
    return {"contentBlockDelta": {"contentBlockIndex": index, "delta": delta}}


def _frame(event: Json) -> bytes:
    """One message of an event stream: lengths, a checksum of them, headers, payload, checksum.

    https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
    """
    ((name, content),) = event.items()
    headers = {
        ":event-type": name,
        ":content-type": "application/json",
        ":message-type": "event",
    }
    written = b"".join(_header(name, value) for name, value in headers.items())
    payload = json.dumps(content).encode()
    lengths = struct.pack("!II", 16 + len(written) + len(payload), len(written))
    message = lengths + struct.pack("!I", crc32(lengths)) + written + payload
    return message + struct.pack("!I", crc32(message))


def _header(name: str, value: str) -> bytes:
    is_text = 7
    lengths = struct.pack("!B", len(name)), struct.pack("!BH", is_text, len(value))
    return lengths[0] + name.encode() + lengths[1] + value.encode()
