"""Say or key something in a live call, from outside of the conversation."""

from chalicelib.actions.acts import DIGITS
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import is_wanted_over, words
from chalicelib.actions.perform import perform
from chalicelib.actions.voiced import PATIENCE_SECS, voiced
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


def speak(call: Call, message: str, *, exchange: Exchange) -> Call:
    """Say *message* in *call*; then the conversation goes on where it was.

    Raises:
        InvalidParamsError: there is nothing to say, or nobody has answered yet.
        CallOverError: nobody is there any more.
        ProviderError: the carrier refused or failed.
    """
    from chalicelib.calls.speakable import speakable  # noqa: PLC0415  # no webhook needs it

    spoken = speakable(message)
    if not spoken:
        reason = "holds nothing that can be spoken" if message.strip() else "must not be empty"
        raise InvalidParamsError(Fault("message", reason))
    return _interject(call, spoken, Kind.SPEECH, exchange)


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
    if exchange.provider.takes_commands:
        return _perform(call, text, kind, exchange)
    slot, line = _aside(call, text, kind, exchange)
    exchange.calls.add_line(call.call_id, slot, line)
    url = exchange.url(Route.GATHER, call.call_id, resume=str(slot))
    try:
        exchange.provider.interrupt(call.provider_call_id, url)
    except CallGoneError as error:
        ending = Ending(at=line.at)
        exchange.calls.finish(call.call_id, ending, account=call.account)
        raise CallOverError(call.call_id) from error
    return call


def _perform(call: Call, text: str, kind: Kind, exchange: Exchange) -> Call:
    """Do it by command, behind what is being said; while the call goes on, try anew."""
    while not is_wanted_over(call):
        slot, line = _aside(call, text, kind, exchange)
        verbs = words(line, Manner.of(call))
        given = exchange.provider.utterances(verbs)
        if exchange.calls.interject(call, slot, line, given=given):
            if perform(call, verbs, mark=str(slot), exchange=exchange):
                return call
            break
        call = exchange.calls.get(call.call_id)
    raise CallOverError(call.call_id)


def _aside(call: Call, text: str, kind: Kind, exchange: Exchange) -> tuple[Slot, Line]:
    now = exchange.now()
    is_thinking = call.state is State.ACTIVE
    slot = Slot.meanwhile(call.turn, now) if is_thinking else Slot.aside(call.turn, now)
    line = Line(speaker=Speaker.BOT, text=text, kind=kind, at=now)
    return slot, voiced(line, call, exchange=exchange, within_secs=PATIENCE_SECS)
