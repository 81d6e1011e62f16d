"""A call as whoever follows it wants it: what is new, as much as fits, and where to go on."""

import json
from typing import Any, Final

from chalicelib.calls.published import conversation_json
from chalicelib.calls.transcript import Conversation, Line
from chalicelib.tool import words
from chalicelib.tool.seen import Seen

_AROUND_A_LINE: Final = len(
    '{"speaker": "user", "text": , "kind": "speech", "at": "2026-03-02T12:00:00.000Z"}, '
)


def report(
    conversation: Conversation, since: Seen | None, most_bytes: int, *, has_news: bool = True
) -> dict[str, Any]:
    """Show the call with the lines after *since*, at most *most_bytes* of them (0: all)."""
    first = since.lines_after(conversation) if since else 0
    last = first + _how_many_fit(conversation.lines[first:], most_bytes)
    call, has_more = conversation.call, last < len(conversation.lines)
    found = conversation_json(Conversation(call, conversation.lines[first:last]))
    if has_more:
        found["more"] = True
    found["cursor"] = str(Seen.of(conversation, conversation.lines[:last]))
    found["next"] = words.after(call, has_more=has_more, has_news=has_news)
    return found


def _how_many_fit(lines: tuple[Line, ...], most_bytes: int) -> int:
    """Count the *lines* that fit, and at least one, so that whoever goes on gets further."""
    taken = 0
    for number, line in enumerate(lines):
        taken += len(json.dumps(line.text)) + _AROUND_A_LINE
        if number and most_bytes and taken > most_bytes:
            return number
    return len(lines)
