"""The owner's settings as they are kept: one table with a version, and what follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.accounts.account import Account, Phone
from chalicelib.accounts.audit import AuditEntry, Who


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneSettings:
    """The `[phone]` table as it was last saved, and by whom; before that, version 0."""

    table: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0
    changed_at: datetime | None = None
    changed_by: Who | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSettings:
    """Settings that are to take the place of those with one version less, all at once."""

    settings: PhoneSettings
    phone: Phone
    accounts: tuple[Account, ...]
    entry: AuditEntry
