"""A tiny gateway: answers webhooks with prepared documents, and remembers every request."""

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from chalicelib.overriding import override

XML = "text/xml; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    method: str
    url: str
    headers: dict[str, str]
    form: dict[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    body: str | bytes = ""
    status: int = 200
    content_type: str = XML
    headers: dict[str, str] = field(default_factory=dict)


Answerer = Callable[[Hook], Reply]


def response(*verbs: str) -> Reply:
    return Reply(f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>')


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        hook = Hook(
            method=self.command,
            url=f"{self.server.gateway.url}{self.path}",
            headers=dict(self.headers.items()),
            form=dict(parse_qsl(body.decode(), keep_blank_values=True)),
            body=body,
        )
        reply = self.server.gateway.take(hook)
        content = reply.body.encode() if isinstance(reply.body, str) else reply.body
        with suppress(OSError):
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(content)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815  # http.server's names

    @override
    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 128
    gateway: "Gateway"


class Gateway:
    def __init__(self) -> None:
        self.hooks: list[Hook] = []
        self._answers: dict[str, Answerer] = {}
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.gateway = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def on(self, path: str, *answers: Reply | Answerer) -> str:
        """Answer requests to *path* with *answers*, one after the other, the last for ever."""
        left = list(answers)

        def answer(hook: Hook) -> Reply:
            reply = left.pop(0) if len(left) > 1 else left[0]
            return reply if isinstance(reply, Reply) else reply(hook)

        self._answers[path] = answer
        return f"{self.url}{path}"

    def take(self, hook: Hook) -> Reply:
        with self._changed:
            self.hooks.append(hook)
            self._changed.notify_all()
        answer = self._answers.get(hook.path)
        return answer(hook) if answer else Reply("", 204)

    def wait_for(self, path: str, times: int = 1) -> Hook:
        """Give the newest request to *path*, once there were *times* of them."""
        done = self.wait_until(lambda: len(self.at(path)) >= times)
        assert done, f"{path} was not asked for {times} times"
        return self.at(path)[-1]

    def wait_until(self, condition: Callable[[], bool]) -> bool:
        """Wait until *condition* holds; it is asked again after each request."""
        with self._changed:
            return self._changed.wait_for(condition, timeout=10)

    def at(self, path: str) -> list[Hook]:
        return [hook for hook in self.hooks if hook.path == path]
