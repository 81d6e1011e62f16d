"""Do something in a live call at a carrier that takes commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.calls.call import Call
from chalicelib.calls.verbs import Verb
from chalicelib.errors import CallGoneError
from chalicelib.providers.base import Performance
from chalicelib.store.base import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What follows once the words were heard: the turn that they open, or the end."""

    turn: int = 1
    quiet: int = 0
    ends_call: bool = False


_FIRST: Final = Then()


def perform(
    call: Call,
    verbs: Sequence[Verb],
    *,
    mark: str,
    then: Then = _FIRST,
    exchange: Exchange,
) -> bool:
    """Have the carrier do *verbs* in *call*, once for each *mark*; say whether it could.

    It could not when the call is over there; then it is over here, too.

    Raises:
        ProviderError: the carrier refused or failed.
    """
    performance = Performance(
        provider_call_id=call.provider_call_id,
        call_id=call.call_id,
        mark=mark,
        verbs=tuple(verbs),
        turn=then.turn,
        quiet=then.quiet,
        ends_call=then.ends_call,
    )
    try:
        exchange.provider.perform(performance)
    except CallGoneError:
        exchange.calls.finish(call.call_id, Ending(at=exchange.now()), account=call.account)
        return False
    return True
