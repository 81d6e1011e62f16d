"""Entries of the audit as the outside sees them."""

from dataclasses import asdict
from typing import Any

from chalicelib.accounts.audit import AuditEntry
from chalicelib.calls.published import time_json

EntryJson = dict[str, Any]


def change_json(entry: AuditEntry) -> EntryJson:
    """Show what was changed."""
    return {**_entry_json(entry), "changes": [asdict(change) for change in entry.changes]}


def decision_json(entry: AuditEntry) -> EntryJson:
    """Show whether somebody was to be called."""
    return {**_entry_json(entry), **entry.facts}


def _entry_json(entry: AuditEntry) -> EntryJson:
    return {
        "id": entry.entry_id,
        "at": time_json(entry.at),
        "action": entry.action,
        "token_id": entry.who.token_id,
        "name": entry.who.name,
    }
