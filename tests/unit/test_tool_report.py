from typing import Any

from chalicelib.calls.call import State
from chalicelib.calls.transcript import Conversation
from chalicelib.tool.report import report
from chalicelib.tool.seen import Seen
from tests.builders import a_call, a_line

LONG = Conversation(
    a_call(state=State.HANGUP_USER), tuple(a_line(f"{n} " + "word " * 50) for n in range(100))
)


def texts(found: dict[str, Any]) -> list[str]:
    return [line["text"] for line in found["transcript"]]


def test_a_long_transcript_is_read_piece_by_piece_and_nothing_is_lost() -> None:
    read: list[str] = []
    since, pieces = None, 0
    while True:
        found = report(LONG, since, 5_000)
        read += texts(found)
        since, pieces = Seen.parse(found["cursor"]), pieces + 1
        if "more" not in found:
            break
        assert "get_status" in found["next"]

    assert read == [line.text for line in LONG.lines]
    assert pieces > 5


def test_one_line_that_is_too_long_alone_is_given_all_the_same() -> None:
    found = report(LONG, None, 10)

    assert len(texts(found)) == 1
    assert found["more"]


def test_without_a_limit_there_is_everything() -> None:
    found = report(LONG, None, 0)

    assert len(texts(found)) == len(LONG.lines)
    assert "more" not in found
    assert "hangup_user" in found["next"]
