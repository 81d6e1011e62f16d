"""What was done to the phone, in DynamoDB: written once, and only read after that."""

import re
from dataclasses import asdict
from typing import Final

from chalicelib.accounts.audit import AuditEntry, Change, Topic, Who
from chalicelib.errors import ConflictError, Fault, InvalidParamsError
from chalicelib.overriding import override
from chalicelib.store.base import AuditPage, AuditStore
from chalicelib.store.tables import AuditItem, time_text
from chalicelib.store.writes import put

_CURSOR: Final = re.compile(r"[0-9T:.Z-]{20,40}#[0-9a-f]{1,64}")


class DynamoAuditStore(AuditStore):
    """The audit in the table that `use_table` named."""

    @override
    def append(self, entry: AuditEntry) -> None:
        if not put(audit_item(entry)):
            message = f"there is an entry {entry.entry_id!r} of that moment already"
            raise ConflictError(message)

    @override
    def page(self, topic: Topic, *, limit: int, cursor: str = "") -> AuditPage:
        check_cursor(cursor)
        before = AuditItem.sk < cursor if cursor else None
        items = list(
            AuditItem.query(
                audit_key(topic),
                before,
                scan_index_forward=False,
                limit=limit + 1,
                consistent_read=True,
            )
        )
        shown = items[:limit]
        more = len(items) > limit
        return AuditPage(tuple(map(entry_of, shown)), str(shown[-1].sk) if more else "")


def check_cursor(cursor: str) -> None:
    """Refuse a place in the audit that is none.

    Raises:
        InvalidParamsError: *cursor* is not one that we gave.
    """
    if cursor and not _CURSOR.fullmatch(cursor):
        raise InvalidParamsError(Fault("cursor", "is not one that we gave"))


def audit_item(entry: AuditEntry) -> AuditItem:
    """Write *entry*."""
    return AuditItem(
        audit_key(entry.topic),
        f"{time_text(entry.at)}#{entry.entry_id}",
        entry_id=entry.entry_id,
        at=entry.at,
        topic=entry.topic,
        action=entry.action,
        who=asdict(entry.who),
        changes=[asdict(change) for change in entry.changes],
        facts=dict(entry.facts) or None,
    )


def entry_of(item: AuditItem) -> AuditEntry:
    """Read an entry."""
    return AuditEntry(
        entry_id=item.entry_id,
        at=item.at,
        topic=Topic(item.topic),
        action=item.action,
        who=Who(**item.who),
        changes=tuple(Change(**change) for change in item.changes),
        facts=item.facts or {},
    )


def audit_key(topic: Topic) -> str:
    """The partition of the entries about *topic*."""
    return f"AUDIT#{topic}"
