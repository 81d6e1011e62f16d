"""What a carrier is to do next: words, and what follows them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.actions.spoken import phrases
from chalicelib.calls.call import Call, Mode
from chalicelib.calls.callbacks import Route
from chalicelib.calls.transcript import Kind, Line
from chalicelib.calls.verbs import (
    Gather,
    HangUp,
    Listen,
    Manner,
    Pause,
    Redirect,
    Say,
    SendDigits,
    Verb,
)

LISTEN_SECS: Final = 5
"""How long a silence is, before we ask whether anybody is there."""
POLL_SECS: Final = 1
"""How long we wait before we ask again whether the reply is there."""


def opening_verbs(call: Call, *, exchange: Exchange) -> list[Verb]:
    """The first document of *call*: its first words, and what follows them."""
    manner = Manner.of(call)
    if exchange.provider.takes_commands:
        return [Listen(call.language), say(manner, call.opening)]
    return _follow([say(manner, call.opening)], manner, turn=1, exchange=exchange)


def about_to_open(call: Call, *, exchange: Exchange) -> Call:
    """Give the new *call* with the count of what the carrier will be given to speak first."""
    verbs = opening_verbs(call, exchange=exchange)
    return replace(call, given=exchange.provider.utterances(verbs))


def line_verbs(
    line: Line, manner: Manner, *, turn: int, quiet: int = 0, exchange: Exchange
) -> list[Verb]:
    """Speak or key *line*, and go on with *turn*; or hang up behind it."""
    if line.ends_call:
        return [say(manner, line.text), HangUp()]
    if line.kind is Kind.DTMF:
        follow = _follow([], manner, turn=turn, quiet=quiet, exchange=exchange)
        return [*words(line, manner), *follow]
    return _follow([say(manner, line.text)], manner, turn=turn, quiet=quiet, exchange=exchange)


def words(line: Line, manner: Manner) -> list[Verb]:
    """Speak or key *line*, and nothing more."""
    return [SendDigits(line.text)] if line.kind is Kind.DTMF else [say(manner, line.text)]


def waiting_verbs(
    manner: Manner, *, turn: int, since: int, asked: int, exchange: Exchange
) -> list[Verb]:
    """Fill the silence of a thinking agent, and come back to ask for the reply to *turn*.

    *since* is when the far end was heard, in Unix seconds; *asked* how often we came back.
    """
    words: Verb = Pause(POLL_SECS) if asked else say(manner, filler(manner, turn))
    ask = exchange.url(Route.GATHER, manner.call_id, turn=turn, since=since, asked=asked)
    return [words, Redirect(ask)]


def filler(manner: Manner, turn: int) -> str:
    """The sentence that fills the silence of *turn*: never the same one twice running."""
    fillers = phrases(manner.language).fillers
    return fillers[turn % len(fillers)]


def trouble_verbs(language: str = "en-US", voice: str = "") -> list[Verb]:
    """The last resort: say that something failed, and hang up on purpose."""
    return [Say(text=phrases(language).trouble, language=language, voice=voice), HangUp()]


def say(manner: Manner, text: str) -> Say:
    """Speak *text* in the manner of its call."""
    return Say(text=text, language=manner.language, voice=manner.voice)


def is_wanted_over(call: Call) -> bool:
    """Whether nothing more is to be said: the call is over, or somebody asked for its end."""
    return call.state.is_final or call.end_requested is not None


def _follow(
    prompts: Sequence[Say], manner: Manner, *, turn: int, quiet: int = 0, exchange: Exchange
) -> list[Verb]:
    """Speak *prompts*; then listen in *turn*, or end a notify after its delay.

    What stands behind the gather is for a carrier that falls through it: silence must lead on.
    """
    if manner.mode is Mode.NOTIFY:
        delay = manner.notify_hangup_delay_secs
        return [*prompts, *([Pause(delay)] if delay else []), HangUp()]
    action = exchange.url(Route.GATHER, manner.call_id, turn=turn, quiet=quiet)
    gather = Gather(
        action=action,
        prompts=tuple(prompts),
        language=manner.language,
        timeout_secs=LISTEN_SECS,
    )
    return [gather, Redirect(action)]
