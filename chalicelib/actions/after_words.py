"""What follows once all our words were spoken, where the carrier tells it."""

from datetime import timedelta
from typing import Final

from chalicelib.actions.end_call import end_call
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.hand_over import hand_over
from chalicelib.actions.next_words import LISTEN_SECS, words
from chalicelib.actions.perform import perform
from chalicelib.calls.call import AnsweredBy, Call, Mode, State
from chalicelib.calls.replies import SendKeys, Transfer
from chalicelib.calls.transcript import Kind, Line, Slot, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.timers.base import TimerKind

SLACK: Final = timedelta(seconds=1)
"""What a clock may be late or early by; silence is not measured finer."""


def after_words(call: Call, *, exchange: Exchange) -> None:
    """Do what *call* is to do now, if nothing is left to be spoken: act, hang up, or listen.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    if call.state is not State.SPEAKING or not call.has_spoken or call.more:
        # The words were cut short, or only announced what is being thought about, or more come.
        return
    if call.end_requested:
        end_call(call, exchange=exchange)
        return
    if call.mode is Mode.NOTIFY or call.answered_by is AnsweredBy.MACHINE:
        at = exchange.now() + timedelta(seconds=call.notify_hangup_delay_secs)
        exchange.timers.start(call.call_id, TimerKind.NOTIFY_HANGUP, at)
        return
    if isinstance(call.act, Transfer):
        hand_over(call, call.act, exchange=exchange)
        return
    if isinstance(call.act, SendKeys):
        _press(call, call.act, exchange)
    _listen(call, exchange)


def _press(call: Call, act: SendKeys, exchange: Exchange) -> None:
    line = Line(speaker=Speaker.BOT, text=act.digits, kind=Kind.DTMF, at=exchange.now())
    # Whoever comes second must not press them again, even much later.
    if exchange.calls.add_line(call.call_id, Slot.keys(call.turn), line):
        verbs = words(line, Manner.of(call))
        perform(call, verbs, mark=f"keys-{call.turn}", exchange=exchange)


def _listen(call: Call, exchange: Exchange) -> None:
    if exchange.calls.advance(
        call.call_id,
        State.LISTENING,
        account=call.account,
        provider_call_id=call.provider_call_id,
        at=exchange.now(),
    ):
        mark = f"{call.turn}-{call.heard}-{call.quiet}"
        at = exchange.now() + timedelta(seconds=LISTEN_SECS) + SLACK
        exchange.timers.start(call.call_id, TimerKind.SILENCE, at, mark=mark)
