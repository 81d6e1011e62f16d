"""What the table holds of somebody: looked for in all of it, as there is no index by number."""

import json
import re
from dataclasses import asdict, replace
from typing import Any, Final

from pynamodb.expressions.operand import Path

from chalicelib.accounts.audit import AuditEntry, Change, Topic
from chalicelib.calls.phone_numbers import PhoneNumber
from chalicelib.errors import ConflictError
from chalicelib.overriding import override
from chalicelib.store.cursors import Cursor
from chalicelib.store.dynamo_audit import audit_item, audit_key, check_cursor, entry_of
from chalicelib.store.items import call_at, call_key, call_of
from chalicelib.store.people import CallsWith, EntriesWith, PeopleStore
from chalicelib.store.tables import AuditItem, CallItem, Item, LineItem
from chalicelib.store.writes import Delete, change, remove, transact

ERASED: Final = "erased"
_PAGE: Final = 1_000
"""So many are looked at in one request, if they fit into its 1 MB."""
_AT_ONCE: Final = 100
"""As many as fit into a transaction."""


class DynamoPeopleStore(PeopleStore):
    """Finds people in the table that `use_table` named."""

    @override
    def calls_with(self, number: PhoneNumber, *, limit: int, cursor: str = "") -> CallsWith:
        # This index holds the calls without what was said in them: a small part of the table.
        found = CallItem.by_account.scan(
            (CallItem.from_number == number) | (CallItem.to_number == number),
            page_size=_PAGE,
            last_evaluated_key=Cursor.read(cursor).key if cursor else None,
        )
        page = next(found.page_iter)
        calls = [call_of(CallItem.from_raw_data(raw)) for raw in page["Items"]]
        if len(calls) > limit:
            shown = tuple(calls[:limit])
            return CallsWith(calls=shown, looked_at=limit, cursor=Cursor.after(shown[-1]))
        last = page.get("LastEvaluatedKey")
        return CallsWith(
            calls=tuple(calls),
            looked_at=page["ScannedCount"],
            cursor=Cursor.of(last).text if last else "",
        )

    @override
    def forget_call(self, call_id: str) -> int:
        kept = Item.query(call_key(call_id), consistent_read=True)
        rest = [item for item in kept if not isinstance(item, CallItem)]
        for first in range(0, len(rest), _AT_ONCE):
            some = rest[first : first + _AT_ONCE]
            transact(**{str(place): Delete(item) for place, item in enumerate(some)})
        if not remove(call_at(call_id), CallItem.live_shard.does_not_exist()):
            message = f"call {call_id!r} is not over; end it, or wait until it is"
            raise ConflictError(message)
        return sum(isinstance(item, LineItem) for item in rest)

    @override
    def entries_with(
        self, topic: Topic, number: PhoneNumber, *, limit: int, cursor: str = ""
    ) -> EntriesWith:
        check_cursor(cursor)
        # The texts of JSON: an attribute of ours would look for the number as a whole value.
        holding = Path("facts").contains(number) | Path("changes").contains(number)
        behind = AuditItem.sk > cursor if cursor else None
        found = AuditItem.query(
            audit_key(topic), behind, holding, page_size=_PAGE, consistent_read=True
        )
        page = next(found.page_iter)
        items = [AuditItem.from_raw_data(raw) for raw in page["Items"]]
        last = page.get("LastEvaluatedKey")
        if len(items) > limit:
            items, last = items[:limit], {"sk": {"S": items[limit - 1].sk}}
        entries = [entry for entry in map(entry_of, items) if _holds(entry, number)]
        return EntriesWith(entries=tuple(entries), cursor=last["sk"]["S"] if last else "")

    @override
    def mask(self, entry: AuditEntry, number: PhoneNumber) -> None:
        facts, changes = _masked(
            [dict(entry.facts), [asdict(one) for one in entry.changes]], number
        )
        masked = audit_item(
            replace(entry, facts=facts, changes=tuple(Change(**one) for one in changes))
        )
        change(
            AuditItem(masked.pk, masked.sk),
            AuditItem.facts.set(masked.facts),
            AuditItem.changes.set(masked.changes),
            condition=AuditItem.pk.exists(),
        )


def _holds(entry: AuditEntry, number: PhoneNumber) -> bool:
    told = json.dumps([dict(entry.facts), [asdict(one) for one in entry.changes]])
    return _pattern(number).search(told) is not None


def _masked(told: list[Any], number: PhoneNumber) -> list[Any]:
    masked: list[Any] = json.loads(_pattern(number).sub(ERASED, json.dumps(told)))
    return masked


def _pattern(number: PhoneNumber) -> re.Pattern[str]:
    # It may be how another, longer one begins.
    return re.compile(re.escape(number) + r"(?!\d)")
