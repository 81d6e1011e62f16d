"""A Chat Completions server on this machine that does in each turn what a test wants of it.

    with ModelServer(Answers("Hello.", after=0.2), Fails(503), Hangs()) as server:
        AgentSettings(kind=AgentKind.OPENAI, base_url=server.url, model="any")

When the script has run out, it does what `otherwise` says; `server.asked` is what it was asked.
"""

import json
import re
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Final, Self

from chalicelib.overriding import override

Json = dict[str, Any]
_MODEL: Final = "scripted"
_LONGEST_HANG_SECS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: Json

    @property
    def system(self) -> str:
        return str(self.body["messages"][0]["content"])

    @property
    def said(self) -> list[tuple[str, str]]:
        """The conversation that it was told, without the system prompt."""
        return [(one["role"], one["content"]) for one in self.body["messages"][1:]]

    @property
    def last_heard(self) -> str:
        return self.said[-1][1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    after: float = 0.0
    """How many seconds it thinks first."""


@dataclass(frozen=True, slots=True)
class Answers(_Move):
    """Says *text*, then calls the tool *act* with *arguments*.

    It streams word by word, with *pause* seconds between two words, where the other side takes
    streams.
    """

    text: str = ""
    act: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Fails(_Move):
    """Refuses with *status* and *error*."""

    status: int = 500
    error: Mapping[str, Any] = field(
        default_factory=lambda: {"message": "It broke.", "type": "server_error", "code": None}
    )


@dataclass(frozen=True, slots=True)
class Writes(_Move):
    """Answers 200 with *body*, whatever that is."""

    body: bytes = b"data: {garbage\n\n"
    content_type: str = "text/event-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BreaksOff(_Move):
    """Says *text* and closes the connection before the end."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Hangs(_Move):
    """Says *text*, if any, and then nothing more, until the server is stopped."""

    text: str = ""


Move = Answers | Fails | Writes | BreaksOff | Hangs
EMPTY: Final = Answers()
"""A completion with nothing in it."""
GARBAGE: Final = Writes()
CLOSES: Final = BreaksOff()
FAREWELL: Final = Answers("Goodbye.", act="end_call", arguments={"say": ""})


class Dialect(ABC):
    """How one kind of server writes what it does."""

    stream_type: ClassVar[str]
    base_path: ClassVar[str] = ""

    @abstractmethod
    def wants_stream(self, asked: Asked) -> bool: ...

    @abstractmethod
    def whole(self, move: Answers) -> Json | str: ...

    @abstractmethod
    def events(self, move: Answers) -> list[bytes]:
        """The events of a reply that is streamed word by word; the last one ends it."""

    @abstractmethod
    def refusal(self, move: Fails) -> tuple[Mapping[str, str], Json]:
        """The headers and the body of a refusal."""


class ModelServer:
    """Serves *script*, one move per request, whoever asks; then whatever *otherwise* says."""

    def __init__(
        self,
        *script: Move,
        otherwise: Callable[[Asked], Move] = lambda _: FAREWELL,
        dialect: Dialect | None = None,
    ) -> None:
        self.dialect = dialect or ChatCompletions()
        self._script = list(script)
        self._otherwise = otherwise
        self._guard = threading.Lock()
        self.asked: list[Asked] = []
        self.stopped = threading.Event()
        self._server = _Server(self)
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """The `base_url` of an agent that is to ask here."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{self.dialect.base_path}"

    def begin(self, *script: Move) -> None:
        """Begin anew with *script*, asked nothing yet."""
        with self._guard:
            self._script = list(script)
            self.asked = []

    def then(self, *script: Move) -> None:
        """Go on with *script*."""
        with self._guard:
            self._script += script

    def take(self, asked: Asked) -> Move:
        """Note what was asked; gives what to do."""
        with self._guard:
            self.asked.append(asked)
            if self._script:
                return self._script.pop(0)
        return self._otherwise(asked)

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, model: ModelServer) -> None:
        self.model = model
        super().__init__(("127.0.0.1", 0), _Handler)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever has waited long enough goes away, and that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        headers = {name.lower(): value for name, value in self.headers.items()}
        model, asked = self.server.model, Asked(self.path, headers, body)
        move, dialect = model.take(asked), model.dialect
        model.stopped.wait(move.after)
        match move:
            case Answers() if not dialect.wants_stream(asked):
                self._write(200, "application/json", json.dumps(dialect.whole(move)).encode())
            case Answers():
                self._stream(dialect.events(move), pause=move.pause)
                self.wfile.write(b"0\r\n\r\n")
            case Fails(status=status):
                more, refusal = dialect.refusal(move)
                self._write(status, "application/json", json.dumps(refusal).encode(), more)
            case Writes():
                self._write(move.status, move.content_type, move.body, move.headers)
            case BreaksOff(text=text):
                self._stream(dialect.events(Answers(text))[:-1] if text else [])
                self.close_connection = True
            case Hangs(text=text):
                if text:
                    self._stream(dialect.events(Answers(text))[:-1])
                model.stopped.wait(_LONGEST_HANG_SECS)
                self.close_connection = True

    def _write(
        self, status: int, content_type: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, events: Sequence[bytes], *, pause: float = 0.0) -> None:
        self.send_response(200)
        self.send_header("Content-Type", self.server.model.dialect.stream_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events:
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.wfile.flush()
            if pause:
                self.server.model.stopped.wait(pause)

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


class ChatCompletions(Dialect):
    """As OpenAI does it, and many others after it."""

    stream_type = "text/event-stream; charset=utf-8"
    base_path = "/v1"

    @override
    def wants_stream(self, asked: Asked) -> bool:
        return bool(asked.body.get("stream"))

    @override
    def whole(self, move: Answers) -> Json:
        message: Json = {"role": "assistant", "content": move.text or None}
        if move.act:
            function = {"name": move.act, "arguments": json.dumps(dict(move.arguments))}
            message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
        choice = {
            "index": 0,
            "message": message,
            "finish_reason": "tool_calls" if move.act else "stop",
            "logprobs": None,
        }
        return {**_envelope("chat.completion"), "choices": [choice]}

    @override
    def events(self, move: Answers) -> list[bytes]:
        written = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks(move)]
        return [
            *(event.encode() for event in written[:-1]),
            f"{written[-1]}data: [DONE]\n\n".encode(),
        ]

    @override
    def refusal(self, move: Fails) -> tuple[Mapping[str, str], Json]:
        return {}, {"error": dict(move.error)}


def chunks(move: Answers) -> list[Json]:
    """A completion that is streamed, word by word; the last chunk ends it."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in words_of(move.text)]
    deltas += [{"tool_calls": [call]} for call in _tool_call_deltas(move)] if move.act else []
    return [
        *(_chunk(delta, None) for delta in deltas),
        _chunk({}, "tool_calls" if move.act else "stop"),
    ]


def words_of(text: str) -> list[str]:
    """The words of *text*, each with the space before it."""
    return re.findall(r"\s*\S+", text)


def halves(arguments: Mapping[str, Any]) -> tuple[str, str]:
    """The JSON of *arguments* in two parts, as it is streamed."""
    text = json.dumps(dict(arguments))
    return text[: len(text) // 2], text[len(text) // 2 :]


def _tool_call_deltas(move: Answers) -> list[Json]:
    function = {"name": move.act, "arguments": ""}
    first: Json = {"index": 0, "id": "call_1", "type": "function", "function": function}
    rest = [{"index": 0, "function": {"arguments": part}} for part in halves(move.arguments)]
    return [first, *rest]


def _chunk(delta: Json, finish_reason: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
    return {**_envelope("chat.completion.chunk"), "choices": [choice]}


def _envelope(kind: str) -> Json:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_772_452_800, "model": _MODEL}
