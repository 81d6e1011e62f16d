"""Ask whether anybody is there, where the carrier cannot tell silence."""

import re
from typing import Final

from chalicelib import log
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import words
from chalicelib.actions.perform import perform
from chalicelib.actions.spoken import phrases
from chalicelib.actions.voiced import voiced
from chalicelib.calls.call import Call, State
from chalicelib.calls.replies import Act, AskKeys, EndCall
from chalicelib.calls.transcript import Line, Slot, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.store.turns import Reply

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
    if (call.turn, call.heard, call.quiet) == (turn + 1, heard, quiet + 1) and not call.has_spoken:
        # We were here before, and may not have come as far as saying it.
        line = exchange.calls.line(call.call_id, Slot.bot(turn + 1))
        _say(call, turn + 1, line, exchange)
    elif call.state is State.LISTENING and (call.turn, call.heard) == (turn, heard):
        ask_again(call, quiet, exchange=exchange)
    return call


def ask_again(call: Call, quiet: int, *, exchange: Exchange) -> None:
    """Ask once more, where *quiet* silences went before, or say goodbye.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    line = silence_line(call, quiet, exchange)
    given = exchange.provider.utterances(words(line, Manner.of(call)))
    reply = Reply(line=line, heard=call.heard, given=given, quiet=quiet + 1)
    kept = exchange.calls.reply(call.call_id, call.turn, reply)
    _say(call, call.turn + 1, kept, exchange)


def silence_line(call: Call, quiet: int, exchange: Exchange) -> Line:
    """What is said after a silence that *quiet* others went before."""
    sentences = phrases(call.language)
    act: Act | None
    if quiet < len(sentences.reprompts):
        # Keys that were asked for are still asked for.
        text, act = sentences.reprompts[quiet], call.act if isinstance(call.act, AskKeys) else None
    else:
        text, act = sentences.farewell, EndCall()
    line = Line(speaker=Speaker.BOT, text=text, at=exchange.now(), act=act, part=1)
    return voiced(line, call, exchange=exchange)


def _say(call: Call, turn: int, line: Line | None, exchange: Exchange) -> None:
    if line is not None:
        perform(call, words(line, Manner.of(call)), mark=f"turn-{turn}", exchange=exchange)
