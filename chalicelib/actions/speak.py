"""Say or key something in a live call, from outside of the conversation."""

from chalicelib.actions.acts import DIGITS
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.next_words import is_wanted_over, words
from chalicelib.actions.overtaken import unheard
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

    What it cuts off, where the carrier has to leave its document for it, is said again behind it.

    Raises:
        InvalidParamsError: there is nothing to say, nobody has answered yet, or the call was handed
            to a person.
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
        InvalidParamsError: these cannot be keyed, nobody has answered yet, or the call was handed
            to a person.
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
    if call.is_with_person:
        reason = "this call was handed to a person; nothing is said into it any more"
        raise InvalidParamsError(Fault("call_id", reason))
    if call.opened_at is None or not call.provider_call_id:
        reason = "nobody has answered this call yet; try again once it is answered"
        raise InvalidParamsError(Fault("call_id", reason))
    call, slot, line = _keep(call, text, kind, exchange)
    if exchange.provider.takes_commands:
        # Behind what is being said.
        verbs = words(line, Manner.of(call))
        if not perform(call, verbs, mark=str(slot), exchange=exchange):
            raise CallOverError(call.call_id)
        return call
    url = exchange.url(Route.GATHER, call.call_id, resume=str(slot))
    try:
        exchange.provider.interrupt(call.provider_call_id, url)
    except CallGoneError as error:
        ending = Ending(at=line.at)
        exchange.calls.finish(call.call_id, ending, account=call.account)
        raise CallOverError(call.call_id) from error
    return call


def _keep(call: Call, text: str, kind: Kind, exchange: Exchange) -> tuple[Call, Slot, Line]:
    """Keep what is to be said in a slot of its own, and give the call that it was said in.

    Each writing counts the call's version, so that two at one moment have two slots; whoever
    comes second, or meets a call that went on, tries anew while it lasts.
    """
    while not is_wanted_over(call):
        slot, line = _aside(call, text, kind, exchange)
        if _put(call, slot, line, exchange):
            return call, slot, line
        call = exchange.calls.get(call.call_id)
    raise CallOverError(call.call_id)


def _put(call: Call, slot: Slot, line: Line, exchange: Exchange) -> bool:
    if exchange.provider.takes_commands:
        given = exchange.provider.utterances(words(line, Manner.of(call)))
        return exchange.calls.interject(call, slot, line, given=given)
    rest = unheard(call, exchange=exchange)
    if not rest:
        return exchange.calls.overtake(call, slot, line)
    again = Line(speaker=Speaker.BOT, text=rest, at=line.at)
    spoken = voiced(again, call, exchange=exchange, within_secs=PATIENCE_SECS)
    return exchange.calls.overtake(call, slot, line, spoken)


def _aside(call: Call, text: str, kind: Kind, exchange: Exchange) -> tuple[Slot, Line]:
    now = exchange.now()
    place = Slot.meanwhile if call.state is State.ACTIVE else Slot.aside
    line = Line(speaker=Speaker.BOT, text=text, kind=kind, at=now)
    spoken = voiced(line, call, exchange=exchange, within_secs=PATIENCE_SECS)
    return place(call.turn, now, call.version), spoken
