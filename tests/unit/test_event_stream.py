import pytest
import requests
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from chalicelib.agents.event_stream import MOST_BYTES, events, whole_body
from chalicelib.errors import AgentError


class Wire:
    """Gives what a server sent, bit by bit, and fails at last if it is to."""

    def __init__(self, *bits: bytes | Exception) -> None:
        self._bits = list(bits)

    def read1(self, _most: int) -> bytes:
        bit = self._bits.pop(0) if self._bits else b""
        if isinstance(bit, Exception):
            raise bit
        return bit


def sent(*bits: bytes | Exception) -> requests.Response:
    response = requests.Response()
    response.raw = Wire(*bits)
    return response


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        ([b"data: one\n\n", b"data: two\n\n"], ["one", "two"]),
        ([b"da", b"ta: o", b"ne\n", b"\nda", b"ta: two", b"\n", b"\n"], ["one", "two"]),
        ([b"data: one\r\n\r\n"], ["one"]),
        ([b"data: one\ndata: two\n\n"], ["one\ntwo"]),
        ([b"data:one\n\ndata:  two\n\n"], ["one", " two"]),
        ([b": ping\n\nevent: x\nid: 1\nretry: 5\ndata: one\n\n"], ["one"]),
        ([b"data: one\n\ndata: two"], ["one", "two"]),
        ([b"data: \xe2\x82", b"\xac\n\n"], ["€"]),
        ([b"\n\n\n"], []),
        ([], []),
    ],
)
def test_each_event_is_read_once_it_is_whole(bits: list[bytes], expected: list[str]) -> None:
    assert list(events(sent(*bits))) == expected


def test_a_body_is_read_to_its_end() -> None:
    assert whole_body(sent(b"one ", b"two")) == b"one two"


def test_a_server_that_never_ends_is_not_listened_to_for_ever() -> None:
    megabyte = b"x" * 1_000_000

    with pytest.raises(AgentError, match="does not come to an end"):
        whole_body(sent(*[megabyte] * (MOST_BYTES // len(megabyte) + 1)))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ReadTimeoutError(None, "/", "too slow"), "fell silent"),  # type: ignore[arg-type]
        (ProtocolError("connection broken"), "broke off"),
        (ConnectionResetError(), "broke off"),
    ],
)
def test_what_goes_wrong_on_the_way_is_an_error(error: Exception, reason: str) -> None:
    read = events(sent(b"data: one\n\n", error))

    assert next(read) == "one"
    with pytest.raises(AgentError, match=reason):
        next(read)
