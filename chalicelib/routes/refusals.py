"""What is written of webhooks that nobody signed: some of them, and how many others there were.

A refusal costs a computation that every webhook costs; nothing is read or written for it. A flood
of them would still write a line of the log each, and lines cost more than all the rest.
"""

from collections import Counter
from typing import Final

from chalicelib import log, metrics
from chalicelib.accounts.account import Account
from chalicelib.metrics import Metric
from chalicelib.remembering import Bucket

LINES_AT_ONCE: Final = 50
"""Lines about one account that a container writes without a pause."""
LINES_PER_SEC: Final = 1.0

_buckets: Final[dict[str, Bucket]] = {}
_silent: Final[Counter[tuple[str, str]]] = Counter()


def note(event: str, account: Account, reason: str) -> None:
    """Note that something for *account* was refused and why, unless too much was."""
    account_id = account.account_id
    bucket = _buckets.setdefault(account_id, Bucket(LINES_AT_ONCE, LINES_PER_SEC))
    if not bucket.take():
        _silent[account_id, reason] += 1
        return
    others = _silent.pop((account_id, reason), 0)
    log.warning(
        event,
        account=account_id,
        **metrics.of(
            {Metric.SIGNATURES_REFUSED: 1 + others}, provider=account.provider, reason=reason
        ),
        **({"others": others} if others else {}),
    )
