"""Values with everything in them that a test does not care about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chalicelib.accounts.account import Account, Phone
from chalicelib.accounts.audit import AuditEntry, Change, Topic, Who
from chalicelib.accounts.phone_settings import NewSettings, PhoneSettings
from chalicelib.calls.call import Call, CallId, Direction, Mode
from chalicelib.calls.replies import EndCall, Piece, Speak
from chalicelib.calls.transcript import Line, Speaker

NOON: Final = datetime(2026, 3, 2, 12, 0, 0, 250, tzinfo=UTC)

_CALL: Final = Call(
    call_id=CallId("6f1c1f8e-6f0b-4d4f-9a53-3f6f9a0f7c11"),
    account="twilio",
    provider="twilio",
    direction=Direction.OUTBOUND,
    mode=Mode.CONVERSATION,
    from_number="+15551234567",
    to_number="+15559876543",
    started_at=NOON,
    deadline=NOON + timedelta(hours=1),
    max_duration_secs=3600,
    opening="Hello! How can I help?",
)
_LINE: Final = Line(speaker=Speaker.USER, text="I would like a table.", at=NOON)
_ACCOUNT: Final = Account(
    account_id="twilio",
    provider="twilio",
    from_number="+15551234567",
    webhook_url="https://phone.example.com",
)
_WHO: Final = Who(token_id="0c7d53ad6f0b", name="the night shift")
_ENTRY: Final = AuditEntry(
    entry_id="e1",
    at=NOON,
    topic=Topic.SETTINGS,
    action="settings saved",
    who=_WHO,
    changes=(Change(key="phone.voice", before="Amy", after=["Brian", {"rate": 1.5}]),),
)

Said = tuple[Piece, ...]
"""A whole reply of an agent."""


def said(text: str, *, end_call: bool = False) -> Said:
    return (Speak(text), EndCall()) if end_call else (Speak(text),)


def a_call(**changes: Any) -> Call:  # whatever a call has
    return replace(_CALL, **changes)


def a_line(
    text: str = _LINE.text, *, ends_call: bool = False, **changes: Any
) -> Line:  # whatever it has
    facts: dict[str, Any] = {"act": EndCall()} if ends_call else {}
    return replace(_LINE, text=text, **facts | changes)


def an_account(**changes: Any) -> Account:  # whatever an account has
    return replace(_ACCOUNT, **changes)


def an_entry(entry_id: str = "e1", **changes: Any) -> AuditEntry:  # whatever an entry has
    return replace(_ENTRY, entry_id=entry_id, **changes)


def new_settings(*accounts: Account, version: int = 1, active: str = "twilio") -> NewSettings:
    return NewSettings(
        settings=PhoneSettings(
            table={"provider": active, "voice": f"of version {version}"},
            version=version,
            changed_at=NOON,
            changed_by=_WHO,
        ),
        phone=Phone(active=active, account_ids=tuple(one.account_id for one in accounts)),
        accounts=accounts,
        entry=an_entry(f"{version:x}", at=NOON + timedelta(seconds=version)),
    )
