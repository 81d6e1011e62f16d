"""Find calls, newest first, whatever account they are of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.calls.call import Call
from chalicelib.calls.search import Wanted
from chalicelib.store.base import CallStore, Page

MOST_EXAMINED: Final = 1_000
"""So many calls are looked at in one request: what is rare must not hold it up."""
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Found:
    """Some calls, where to go on (empty: nowhere), and how far back was looked if not to the end.

    There may be a cursor and no call: then none of those that were looked at is like that.
    """

    calls: tuple[Call, ...]
    cursor: str = ""
    searched_to: datetime | None = None


def find_calls(
    wanted: Wanted, account_ids: Sequence[str], *, limit: int, cursor: str, calls: CallStore
) -> Found:
    """Find up to *limit* calls of the accounts that are as *wanted*, behind *cursor*.

    Raises:
        InvalidParamsError: *cursor* is not one that we gave.
    """
    found: list[Call] = []
    searched_to = None
    size = limit if wanted.is_any else _AT_ONCE
    for _ in range(MOST_EXAMINED // _AT_ONCE):
        page = _page(wanted, account_ids, size, cursor, calls)
        for place, call in enumerate(page.calls, 1):
            if wanted.fits(call):
                found.append(call)
            if len(found) == limit:
                more = place < len(page.calls) or page.cursor
                return Found(tuple(found), calls.cursor_after(call) if more else "")
        if not page.cursor:
            return Found(tuple(found))
        cursor, searched_to = page.cursor, page.calls[-1].started_at
    return Found(tuple(found), cursor, searched_to)


def _page(
    wanted: Wanted, account_ids: Sequence[str], limit: int, cursor: str, calls: CallStore
) -> Page:
    """The newest *limit* calls of all accounts together."""
    pages = [
        calls.history(account_id, limit=limit, cursor=cursor, period=wanted.period)
        for account_id in account_ids
    ]
    merged = sorted(
        (call for page in pages for call in page.calls),
        key=lambda call: call.started_at,
        reverse=True,
    )
    shown = tuple(merged[:limit])
    more = len(merged) > limit or any(page.cursor for page in pages)
    return Page(shown, calls.cursor_after(shown[-1]) if more and shown else "")
