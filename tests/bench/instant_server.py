"""The quickest HTTP server that Python can be, so that what is measured is whoever asks it."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: "


@dataclass(frozen=True, slots=True)
class Question:
    """A request; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def serve(answer: Callable[[Question], bytes]) -> Iterator[str]:
    """Answer on a free port while the context lasts; gives the address."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listening:
        Thread(target=_accept, args=(listening, answer), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _accept(listening: socket.socket, answer: Callable[[Question], bytes]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        Thread(target=_converse, args=(connection, answer), daemon=True).start()


def _converse(connection: socket.socket, answer: Callable[[Question], bytes]) -> None:
    buffer = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in buffer:
                if not (more := _received(connection)):
                    return
                buffer += more
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (one.partition(":") for one in lines)
            }
            length = int(headers.get("content-length", "0"))
            while len(buffer) < length:
                if not (more := _received(connection)):
                    return
                buffer += more
            body, buffer = buffer[:length], buffer[length:]
            content = answer(Question(first.split(" ")[1], headers, body))
            connection.sendall(_HEAD + str(len(content)).encode() + b"\r\n\r\n" + content)


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionError:
        return b""
