"""Say or key something in a live call, from outside of the conversation."""

import re
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import is_wanted_over, words
from chalicelib.actions.perform import Then, perform
from chalicelib.calls.call import Call, State
from chalicelib.calls.callbacks import Route
from chalicelib.calls.transcript import Kind, Line, Slot, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.errors import (
    CallGoneError,
    CallOverError,
    Fault,
    InvalidParamsError,
)
from chalicelib.store.base import Ending

DIGITS: Final = re.compile(r"[0-9A-D*#wW]{1,32}")
"""What carriers can key: `w` waits half a second, `W` a whole one."""


def speak(call: Call, message: str, *, exchange: Exchange) -> Call:
    """Say *message* in *call*; then the conversation goes on where it was.

    Raises:
        InvalidParamsError: there is nothing to say, or nobody has answered yet.
        CallOverError: nobody is there any more.
        ProviderError: the carrier refused or failed.
    """
    if not message.strip():
        raise InvalidParamsError(Fault("message", "must not be empty"))
    return _interject(call, message.strip(), Kind.SPEECH, exchange)


def send_digits(call: Call, digits: str, *, exchange: Exchange) -> Call:
    """Key *digits* in *call*; then the conversation goes on where it was.

    Raises:
        InvalidParamsError: these cannot be keyed, or nobody has answered yet.
        CallOverError: nobody is there any more.
        ProviderError: the carrier refused or failed.
    """
    if not DIGITS.fullmatch(digits):
        reason = "must be 1 to 32 of 0-9 A-D * # w W (w waits 0.5 s, W waits 1 s)"
        raise InvalidParamsError(Fault("digits", reason))
    return _interject(call, digits, Kind.DTMF, exchange)


def _interject(call: Call, text: str, kind: Kind, exchange: Exchange) -> Call:
    if is_wanted_over(call):
        raise CallOverError(call.call_id)
    if call.opened_at is None or not call.provider_call_id:
        reason = "nobody has answered this call yet; try again once it is answered"
        raise InvalidParamsError(Fault("call_id", reason))
    now = exchange.now()
    is_thinking = call.state is State.ACTIVE
    slot = Slot.meanwhile(call.turn, now) if is_thinking else Slot.aside(call.turn, now)
    line = Line(speaker=Speaker.BOT, text=text, kind=kind, at=now)
    exchange.calls.add_line(call.call_id, slot, line)
    if exchange.provider.takes_commands:
        return _perform(call, line, str(slot), exchange)
    url = exchange.url(Route.GATHER, call.call_id, resume=str(slot))
    try:
        exchange.provider.interrupt(call.provider_call_id, url)
    except CallGoneError as error:
        ending = Ending(at=now)
        exchange.calls.finish(call.call_id, ending, account=call.account)
        raise CallOverError(call.call_id) from error
    return call


def _perform(call: Call, line: Line, mark: str, exchange: Exchange) -> Call:
    if line.kind is Kind.SPEECH and call.state is State.LISTENING:
        exchange.calls.advance(
            call.call_id,
            State.SPEAKING,
            account=call.account,
            provider_call_id=call.provider_call_id,
            at=line.at,
        )
    verbs = words(line, Manner.of(call))
    if not perform(call, verbs, mark=mark, then=Then(turn=call.turn), exchange=exchange):
        raise CallOverError(call.call_id)
    return call
