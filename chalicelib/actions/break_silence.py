"""Ask whether anybody is there, where the carrier cannot tell silence."""

import re
from typing import Final

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import words
from chalicelib.actions.perform import perform
from chalicelib.actions.spoken import phrases
from chalicelib.calls.call import Call, State
from chalicelib.calls.transcript import Line, Slot, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.store.base import Reply

_MARK: Final = re.compile(r"(\d+)-(\d+)-(\d+)")
"""The turn, how often the far end was heard, and the silences in a row before."""


def break_silence(call: Call, mark: str, *, exchange: Exchange) -> Call:
    """Ask, twice, and then say goodbye; *mark* tells what the silence followed.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    parts = _MARK.fullmatch(mark)
    if parts is None:
        log.warning("timer with a strange mark", call_id=call.call_id, mark=mark)
        return call
    turn, heard, quiet = map(int, parts.groups())
    line = _words_for(call, turn, heard, quiet, exchange)
    if line is not None:
        verbs = words(line, Manner.of(call))
        perform(call, verbs, mark=f"turn-{turn + 1}", exchange=exchange)
    return call


def _words_for(call: Call, turn: int, heard: int, quiet: int, exchange: Exchange) -> Line | None:
    if (call.turn, call.heard, call.quiet) == (turn + 1, heard, quiet + 1) and not call.has_spoken:
        # We were here before, and may not have come as far as saying it.
        return exchange.calls.line(call.call_id, Slot.bot(turn + 1))
    if call.state is not State.LISTENING or (call.turn, call.heard) != (turn, heard):
        return None
    line = silence_line(call, quiet, exchange)
    given = exchange.provider.utterances(words(line, Manner.of(call)))
    reply = Reply(line=line, heard=heard, given=given, quiet=quiet + 1)
    return exchange.calls.reply(call.call_id, turn, reply)


def silence_line(call: Call, quiet: int, exchange: Exchange) -> Line:
    """What is said after a silence that *quiet* others went before."""
    sentences = phrases(call.language)
    gives_up = quiet >= len(sentences.reprompts)
    text = sentences.farewell if gives_up else sentences.reprompts[quiet]
    return Line(speaker=Speaker.BOT, text=text, at=exchange.now(), ends_call=gives_up)
