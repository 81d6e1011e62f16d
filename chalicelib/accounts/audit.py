"""What was done to the phone, by whom and when; never changed, and no secret in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class Topic(StrEnum):
    """What an entry is about; entries are read by topic."""

    SETTINGS = "settings"
    """Settings, credentials and access tokens."""
    CALLS = "calls"
    """Whether somebody was to be called."""


class Door(StrEnum):
    """Where somebody asked; that it was the command line is only what it says of itself."""

    RPC = "rpc"
    PAGE = "page"
    CLI = "cli"
    TOOL = "tool"
    """The tool over plain HTTP."""
    MCP = "mcp"
    FUNCTION = "function"
    """The Lambda function, which whoever may invoke it has no token for."""
    AGENT = "agent"
    """Whoever answers in a call, and wants to hand it to a person."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Whoever did it: the token they showed."""

    token_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks for something, and where."""

    who: Who
    door: Door


SOMEBODY: Final = Asker(who=Who(token_id="", name=""), door=Door.UNKNOWN)
"""Whoever it was: nobody said."""


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
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else there is to say of it."""
