"""What the clock calls: a timer that has run out, and the sweep of every minute."""

import chalicelib.start  # noqa: F401  # before anything else

# isort: split

from typing import Any

from chalice import Blueprint, Rate

from chalicelib import log, wiring
from chalicelib.errors import UnknownCallError
from chalicelib.timers.base import TimerKind

blueprint = Blueprint(__name__)


@blueprint.lambda_function(name="fire_timer")
def fire_timer(event: dict[str, Any], _context: object) -> dict[str, str]:
    """Act on `{"call_id", "kind", "mark"}`; an error makes the clock try again."""
    # The API handler has this function, too, and no webhook is a timer.
    from chalicelib.actions.fire_timer import fire_timer as act  # noqa: PLC0415

    try:
        call = wiring.calls().get(event["call_id"])
    except UnknownCallError:
        log.warning("timer of an unknown call", call_id=event["call_id"])
        return {"call_id": event["call_id"], "state": "unknown"}
    kind, mark = TimerKind(event["kind"]), event.get("mark", "")
    with log.about(call_id=call.call_id):
        call = act(call, kind, mark=mark, exchange=wiring.exchange_of(call))
    return {"call_id": call.call_id, "state": call.state}


@blueprint.schedule(Rate(1, unit=Rate.MINUTES), name="sweep")
def sweep(_event: object) -> dict[str, int]:
    """Look after calls that nobody looked after."""
    from chalicelib.actions.recount import recount  # noqa: PLC0415  # as above
    from chalicelib.actions.sweep import sweep as act_sweep  # noqa: PLC0415

    calls = wiring.calls()
    miscounted = recount(wiring.phone, calls=calls, now=wiring.now())
    swept = act_sweep(
        calls=calls,
        timers=wiring.timers(),
        exchange_of=wiring.exchange_of,
        now=wiring.now,
    )
    return swept | {"miscounted": miscounted}
