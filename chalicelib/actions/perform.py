"""Do something in a live call at a carrier that takes commands."""

from collections.abc import Sequence
from typing import Final

from chalicelib.actions.end_call import RETRY_AFTER
from chalicelib.actions.exchange import Exchange
from chalicelib.calls.call import Call
from chalicelib.calls.verbs import StopSpeaking, Verb
from chalicelib.errors import CallGoneError
from chalicelib.providers.base import Performance

BROKEN_OFF: Final = -1
"""What the end of words is told with that were broken off: nothing follows from it."""


def perform(call: Call, verbs: Sequence[Verb], *, mark: str, exchange: Exchange) -> bool:
    """Have the carrier do *verbs* in *call*, once for each *mark*; say whether it could.

    It could not when the call is over there: its own event is on its way and tells why; should it
    be lost, the sweep asks. What it is given to speak has to be counted before: it may tell the end
    before it has told that it understood.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    return _perform(call, verbs, mark=mark, heard=call.heard, exchange=exchange)


def break_off(call: Call, *, exchange: Exchange) -> bool:
    """Have the carrier stop what it is speaking in *call*, as the far end was just heard.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    verbs = [StopSpeaking()]
    mark = f"stop-{call.heard}"
    return _perform(call, verbs, mark=mark, heard=BROKEN_OFF, exchange=exchange)


def _perform(
    call: Call, verbs: Sequence[Verb], *, mark: str, heard: int, exchange: Exchange
) -> bool:
    performance = Performance(
        provider_call_id=call.provider_call_id,
        call_id=call.call_id,
        mark=mark,
        verbs=tuple(verbs),
        heard=heard,
    )
    try:
        exchange.provider.perform(performance)
    except CallGoneError:
        look_at = min(call.deadline, exchange.now() + RETRY_AFTER)
        exchange.calls.postpone(call.call_id, look_at)
        return False
    return True
