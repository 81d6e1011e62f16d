"""Count the running calls anew, now and then: the limit of calls at once hangs on their number."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from chalicelib import log, metrics
from chalicelib.accounts.account import Phone
from chalicelib.metrics import Metric
from chalicelib.store.base import CallStore

EVERY_MINUTES: Final = 10


def recount(phone: Callable[[], Phone | None], *, calls: CallStore, now: datetime) -> int:
    """Mend the numbers of running calls that are wrong; gives how many were.

    Of the sweeps, which come every minute, one in ten does it. Twice at once is harmless.
    """
    if now.minute % EVERY_MINUTES or (known := phone()) is None:
        return 0
    mended = calls.recount(known.account_ids, now)
    for one in mended:
        log.warning(
            "running calls were miscounted",
            account=one.account,
            thought=one.thought,
            running=one.running,
            **metrics.of({Metric.CALLS_MISCOUNTED: abs(one.thought - one.running)}),
        )
    return len(mended)
