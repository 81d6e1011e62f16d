"""What a carrier is to do next: words, and what follows them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.actions.spoken import phrases
from chalicelib.calls.call import Call, Mode
from chalicelib.calls.callbacks import Route
from chalicelib.calls.replies import AskKeys, EndCall, SendKeys, Transfer
from chalicelib.calls.transcript import Kind, Line
from chalicelib.calls.verbs import (
    Dial,
    Gather,
    HangUp,
    Listen,
    Manner,
    Pause,
    Play,
    Redirect,
    Say,
    SendDigits,
    Verb,
)
from chalicelib.providers.base import Feature

LISTEN_SECS: Final = 5
"""How long a silence is, before we ask whether anybody is there."""
TRANSFER_RING_SECS: Final = 30
"""How long the telephone of a person rings whom a call is handed to."""
POLL_SECS: Final = 1
"""How long the far end hears nothing before we ask again whether the reply is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Where the far end stands that waits for the reply to *turn*, or for the rest of it."""

    turn: int
    since: int
    """When the far end was heard, in Unix milliseconds."""
    told: int = 0
    """When it was last told something, in Unix milliseconds; 0 if nothing since."""
    part: int = 1
    """The first part of the reply that it has not heard yet."""


def msecs(at: datetime) -> int:
    """Give *at* as our addresses write it."""
    return int(at.timestamp() * 1000)


def opening_verbs(call: Call, *, exchange: Exchange) -> list[Verb]:
    """The first document of *call*: its first words, and what follows them."""
    manner = Manner.of(call)
    sound = exchange.voice.sound_of(manner, call.opening)
    first: Verb = Play(sound) if sound else say(manner, call.opening)
    if exchange.provider.takes_commands:
        return [Listen(call.language), first] if call.converses else [first]
    return follow([first], manner, turn=1, exchange=exchange)


def about_to_open(call: Call, *, exchange: Exchange) -> Call:
    """Give the new *call* with the count of what the carrier will be given to speak first."""
    verbs = [say(Manner.of(call), call.opening)]
    return replace(call, given=exchange.provider.utterances(verbs))


def reply_verbs(
    parts: Sequence[Line], manner: Manner, *, turn: int, quiet: int = 0, exchange: Exchange
) -> list[Verb]:
    """Speak *parts*, the last of a whole reply, do what it does, and go on with *turn*."""
    prompts = [verb for line in parts for verb in words(line, manner)]
    match parts[-1].act:
        case EndCall():
            return [*prompts, HangUp()]
        case SendKeys(digits):
            after = follow([], manner, turn=turn, quiet=quiet, exchange=exchange)
            return [*prompts, SendDigits(digits), *after]
        case AskKeys() as asked:
            return _ask_keys(prompts, asked, manner, turn=turn, quiet=quiet, exchange=exchange)
        case Transfer(to):
            call = exchange.calls.get(manner.call_id)
            if is_wanted_over(call):
                # They have talked already, and a document was lost after that.
                return [HangUp()]
            return [*prompts, put_through(call, to, turn=turn, exchange=exchange)]
    return follow(prompts, manner, turn=turn, quiet=quiet, exchange=exchange)


def put_through(call: Call, to: str, *, turn: int, exchange: Exchange) -> Dial:
    """Have the far end of *call* talk with whoever answers *to*, while the call may last."""
    left = (call.must_end_at - exchange.now()).total_seconds()
    return Dial(
        number=to,
        caller_id=call.our_number,
        action=exchange.url(Route.GATHER, call.call_id, transfer=turn),
        turn=turn,
        ring_secs=TRANSFER_RING_SECS,
        longest_secs=max(1, math.ceil(left)),
    )


def words(line: Line, manner: Manner) -> list[Verb]:
    """Speak or key *line*, and nothing more."""
    if not line.text:
        return []
    if line.kind is Kind.DTMF:
        return [SendDigits(line.text)]
    return [Play(line.audio) if line.audio else say(manner, line.text)]


def wait_verbs(
    wait: Wait, manner: Manner, verbs: Sequence[Verb] = (), *, exchange: Exchange
) -> list[Verb]:
    """Do *verbs*, or nothing for a moment, and come back for what *wait* waits for.

    Words that ask the far end to wait may be answered, where the carrier can listen so shortly.
    """
    url = exchange.url(
        Route.GATHER,
        manner.call_id,
        turn=wait.turn,
        since=wait.since,
        told=wait.told,
        part=wait.part,
    )
    if verbs and wait.part == 1 and Feature.HEAR_WAITING in exchange.provider.features:
        gather = Gather(action=url, language=manner.language, timeout_secs=POLL_SECS)
        return _listen(gather, verbs)
    return [*(verbs or [Pause(POLL_SECS)]), Redirect(url)]


def trouble_verbs(language: str = "en-US", voice: str = "") -> list[Verb]:
    """The last resort: say that something failed, and hang up on purpose."""
    return [Say(text=phrases(language).trouble, language=language, voice=voice), HangUp()]


def say(manner: Manner, text: str) -> Say:
    """Speak *text* in the manner of its call."""
    return Say(text=text, language=manner.language, voice=manner.voice)


def is_wanted_over(call: Call) -> bool:
    """Whether nothing more is to be said: the call is over, or somebody asked for its end."""
    return call.state.is_final or call.end_requested is not None


def follow(
    verbs: Sequence[Verb], manner: Manner, *, turn: int, quiet: int = 0, exchange: Exchange
) -> list[Verb]:
    """Do *verbs*; then listen in *turn*, or end a notify after its delay."""
    if manner.mode is Mode.NOTIFY:
        delay = manner.notify_hangup_delay_secs
        return [*verbs, *([Pause(delay)] if delay else []), HangUp()]
    action = exchange.url(Route.GATHER, manner.call_id, turn=turn, quiet=quiet)
    gather = Gather(action=action, language=manner.language, timeout_secs=LISTEN_SECS)
    return _listen(gather, verbs)


def _ask_keys(
    verbs: Sequence[Verb],
    asked: AskKeys,
    manner: Manner,
    *,
    turn: int,
    quiet: int,
    exchange: Exchange,
) -> list[Verb]:
    action = exchange.url(Route.GATHER, manner.call_id, turn=turn, quiet=quiet)
    gather = Gather(
        action=action,
        timeout_secs=LISTEN_SECS,
        keys=asked.digits,
        finish_key=asked.finish_key,
    )
    return _listen(gather, verbs)


def _listen(gather: Gather, verbs: Sequence[Verb]) -> list[Verb]:
    """Do *verbs*, and listen meanwhile where that is possible.

    What stands behind the gather is for a carrier that falls through it: silence must lead on.
    """
    prompts = tuple(verb for verb in verbs if isinstance(verb, Say | Play | Pause))
    others = [] if len(prompts) == len(verbs) else verbs
    prompts = () if others else prompts
    ready = replace(gather, prompts=prompts)
    return [*others, ready, Redirect(gather.action)]
