"""A small threaded HTTP server on this machine; requests run in parallel."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from chalicelib import log
from chalicelib.overriding import override

MOST_BYTES: Final = 10 * 1024 * 1024
IDLE_SECS: Final = 30
DRAIN_SECS: Final = 10

_Accepted = Any
"""What `socketserver` hands around: a socket here, a datagram elsewhere."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request; header names in lower case, `path` with its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpServer:
    """Has its port from the beginning; answers each request in a thread of its own, once started.

    Raises:
        OSError: the port is in use, or may not be used.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = _Server((host, port))
        self._serving = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._host = host

    @property
    def url(self) -> str:
        """Where it listens."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._server.server_address[1]}"

    def start(self, answer: Callable[[Question], Answer]) -> None:
        """Begin to answer with what *answer* says."""
        self._server.answer = answer
        self._serving.start()

    def stop(self) -> None:
        """Take no more requests, and let those in flight finish."""
        if self._serving.is_alive():
            self._server.shutdown()
            self._serving.join()
        self._server.drain()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256
    answer: Callable[[Question], Answer]

    def __init__(self, address: tuple[str, int]) -> None:
        self._connections: set[socket.socket] = set()
        self._in_flight = 0
        self._guard = threading.Condition()
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request while it is answered."""
        with self._guard:
            self._in_flight += 1
        try:
            yield
        finally:
            with self._guard:
                self._in_flight -= 1
                self._guard.notify_all()

    def drain(self) -> None:
        """Wait for the requests in flight, then end the connections that are kept alive."""
        with self._guard:
            self._guard.wait_for(lambda: not self._in_flight, timeout=DRAIN_SECS)
            for connection in self._connections:
                # One that its client closed just now needs no ending.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)

    @override
    def process_request(self, request: _Accepted, client_address: object) -> None:
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    @override
    def shutdown_request(self, request: _Accepted) -> None:
        with self._guard:
            self._connections.discard(request)
        super().shutdown_request(request)

    @override
    def handle_error(self, request: _Accepted, client_address: object) -> None:
        log.error("connection failed")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECS
    # Headers and body leave in two packets: without this each answer waits 40 ms.
    disable_nagle_algorithm = True
    wbufsize = 65_536

    def do_GET(self) -> None:
        with self.server.in_flight():
            self._reply(self._ask())

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

    def _ask(self) -> Answer:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return Answer(HTTPStatus.LENGTH_REQUIRED, {}, b"")
        if int(length) > MOST_BYTES:
            self.close_connection = True
            return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, {}, b"")
        headers = {name.lower(): value for name, value in self.headers.items()}
        question = Question(self.command, self.path, headers, self.rfile.read(int(length)))
        try:
            return self.server.answer(question)
        except Exception:  # noqa: BLE001  # one request must not take the server down
            log.error("request failed", method=self.command)
            return Answer(HTTPStatus.INTERNAL_SERVER_ERROR, {}, b"")

    def _reply(self, reply: Answer) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what matters is logged where it is known."""
