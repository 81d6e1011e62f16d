"""What is written of webhooks that nobody signed: some of them, and how many others there were.

A refusal costs a computation that every webhook costs; nothing is read or written for it. A flood
of them would still write a line of the log each, and lines cost more than all the rest.
"""

from collections import Counter
from typing import Final

from chalicelib import log
from chalicelib.remembering import Bucket

LINES_AT_ONCE: Final = 50
"""Lines about one account that a container writes without a pause."""
LINES_PER_SEC: Final = 1.0

_buckets: Final[dict[str, Bucket]] = {}
_silent: Final[Counter[str]] = Counter()


def note(event: str, account_id: str, reason: str) -> None:
    """Note that something for an account of ours was refused, unless too much was."""
    bucket = _buckets.setdefault(account_id, Bucket(LINES_AT_ONCE, LINES_PER_SEC))
    if not bucket.take():
        _silent[account_id] += 1
        return
    others = _silent.pop(account_id, 0)
    log.warning(event, account=account_id, reason=reason, **({"others": others} if others else {}))
