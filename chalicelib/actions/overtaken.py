"""What a document was still to say when something else overtook it."""

from datetime import datetime
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.calls.call import Call, State
from chalicelib.calls.sentences import sentences

CHARS_PER_SEC: Final = 15
"""How fast a voice speaks: about 150 English words a minute. No carrier of documents tells."""


def unheard(call: Call, *, exchange: Exchange) -> str:
    """The sentences that *call* was saying and cannot have said to their ends by now."""
    text, since = _saying(call, exchange)
    if since is None:
        return ""
    secs = (exchange.now() - since).total_seconds() * exchange.speed
    left, end = [], 0
    for sentence in sentences(text):
        end += len(sentence)
        if end > secs * CHARS_PER_SEC:
            left.append(sentence)
        end += 1
    return " ".join(left)


def _saying(call: Call, exchange: Exchange) -> tuple[str, datetime | None]:
    """What the newest document says, and since when."""
    if call.said_at:
        return call.saying, call.said_at
    if call.state is State.ACTIVE:
        return "", None
    if call.turn == 1:
        return call.opening, call.opened_at
    parts = exchange.calls.parts(call.call_id, call.turn)
    told = [line for line in parts if line.part <= call.told]
    return " ".join(line.text for line in told), told[0].at if told else None
