"""What the owner may ask about timers that were given up: fire them again."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from chalicelib import wiring
from chalicelib.accounts.audit import Who
from chalicelib.actions import redrive as action


def redrive(_params: Mapping[str, Any], _who: Who) -> dict[str, Any]:
    """Fire some of them again; `more` says that there may be others."""
    fired = action.redrive(
        lost=wiring.lost_timers(), calls=wiring.calls(), exchange_of=wiring.exchange_of
    )
    return {
        "timers": [asdict(one) for one in fired],
        "fired": sum(not one.failure for one in fired),
        "failed": sum(bool(one.failure) for one in fired),
        "more": len(fired) == action.MOST_PER_RUN,
    }
