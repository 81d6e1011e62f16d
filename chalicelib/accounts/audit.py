"""What was done to the phone, by whom and when; never changed, and no secret in it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Topic(StrEnum):
    """What an entry is about; entries are read by topic."""

    SETTINGS = "settings"
    """Settings, credentials and access tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whoever did it: the token they showed."""

    token_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A key, and what stood there before and after; nothing where nothing did."""

    key: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that was done."""

    entry_id: str
    at: datetime
    topic: Topic
    action: str
    who: Who
    changes: tuple[Change, ...] = ()
