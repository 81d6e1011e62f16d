"""Ask the far end to wait, never with the same sentence twice running."""

from datetime import datetime
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import words
from chalicelib.actions.spoken import fillers
from chalicelib.actions.voiced import voiced
from chalicelib.calls.call import Call, State
from chalicelib.calls.transcript import Line, Slot, Speaker
from chalicelib.calls.verbs import Manner

AGAIN_SECS: Final = 10.0
"""After so long the far end, which is still waiting, is told so again."""
STALLED_SECS: Final = 4.0
"""After so long it is told to wait in the middle of a reply."""


def keep_filler(call: Call, since: datetime, *, exchange: Exchange) -> Line | None:
    """Give the sentence for the silence *since* then: the same one for the same silence.

    Nothing comes back when the call has gone on meanwhile.
    """
    sentences = fillers(exchange.agent_settings(call), call.language)
    text = sentences[call.fillers % len(sentences)]
    filler = Line(speaker=Speaker.BOT, text=text, at=exchange.now())
    line = voiced(filler, call, exchange=exchange)
    is_thinking = call.state is State.ACTIVE
    slot = Slot.meanwhile(call.turn, since) if is_thinking else Slot.aside(call.turn, since)
    given = exchange.provider.utterances(words(line, Manner.of(call)))
    if exchange.calls.interject(call, slot, line, given=given, filler=True):
        return line
    return exchange.calls.line(call.call_id, slot)
