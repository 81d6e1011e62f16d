"""Ask whether anybody is there, where the carrier cannot tell silence."""

import re
from typing import Final

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import line_verbs
from chalicelib.actions.perform import Then, perform
from chalicelib.actions.spoken import phrases
from chalicelib.calls.call import Call, State
from chalicelib.calls.transcript import Line, Speaker
from chalicelib.calls.verbs import Manner

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
    if call.state is not State.LISTENING or (call.turn, call.heard) != (turn, heard):
        return call
    line = silence_line(call, quiet, exchange)
    kept = exchange.calls.reply(call.call_id, turn, line, heard=heard, speaking=True)
    if kept is not None:
        perform(
            call,
            line_verbs(kept, Manner.of(call), turn=turn + 1, exchange=exchange),
            mark=f"turn-{turn + 1}",
            then=Then(turn=turn + 1, quiet=quiet + 1, ends_call=kept.ends_call),
            exchange=exchange,
        )
    return call


def silence_line(call: Call, quiet: int, exchange: Exchange) -> Line:
    """What is said after a silence that *quiet* others went before."""
    sentences = phrases(call.language)
    gives_up = quiet >= len(sentences.reprompts)
    text = sentences.farewell if gives_up else sentences.reprompts[quiet]
    return Line(speaker=Speaker.BOT, text=text, at=exchange.now(), ends_call=gives_up)
