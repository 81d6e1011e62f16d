"""Stand-ins for the memory of settings, of access, and of what was done, in memory."""

from collections.abc import Sequence
from threading import Lock

from chalicelib.accounts.account import Account, Phone
from chalicelib.accounts.audit import AuditEntry, Topic
from chalicelib.accounts.phone_settings import NewSettings, PhoneSettings
from chalicelib.accounts.simulator import Simulator
from chalicelib.errors import (
    ConflictError,
    Fault,
    InvalidParamsError,
    SettingsConflictError,
    UnknownAccountError,
)
from chalicelib.overriding import override
from chalicelib.store.base import (
    AccessToken,
    AccountStore,
    AuditPage,
    AuditStore,
    Session,
    TokenStore,
)


class FakeAuditStore(AuditStore):
    def __init__(self) -> None:
        self._entries: dict[str, AuditEntry] = {}

    @override
    def append(self, entry: AuditEntry) -> None:
        key = f"{entry.at.isoformat()}#{entry.entry_id}"
        if key in self._entries:
            msg = f"there is an entry {entry.entry_id!r} of that moment already"
            raise ConflictError(msg)
        self._entries[key] = entry

    @override
    def page(self, topic: Topic, *, limit: int, cursor: str = "") -> AuditPage:
        found = {key: entry for key, entry in self._entries.items() if entry.topic is topic}
        keys = sorted(found, reverse=True)
        if cursor and cursor not in keys:
            raise InvalidParamsError(Fault("cursor", "is not one that we gave"))
        first = keys.index(cursor) + 1 if cursor else 0
        shown = keys[first : first + limit]
        last = shown[-1] if len(keys) > first + limit else ""
        return AuditPage(tuple(found[key] for key in shown), last)


class FakeAccountStore(AccountStore):
    def __init__(self, *accounts: Account, audit: AuditStore | None = None) -> None:
        self._lock = Lock()
        self._accounts = {account.account_id: account for account in accounts}
        self._phone: Phone | None = None
        self._settings = PhoneSettings()
        self._simulator: Simulator | None = None
        self._audit = audit or FakeAuditStore()

    @override
    def get(self, account_id: str) -> Account:
        account = self._accounts.get(account_id)
        if account is None:
            raise UnknownAccountError(account_id)
        return account

    @override
    def phone(self) -> Phone | None:
        return self._phone

    @override
    def settings(self) -> PhoneSettings:
        return self._settings

    @override
    def save_settings(self, new: NewSettings) -> None:
        with self._lock:
            there = self._settings
            if new.settings.version != there.version + 1:
                by = there.changed_by.name if there.changed_by else ""
                raise SettingsConflictError(version=there.version, changed_by=by)
            self._audit.append(new.entry)
            self._settings, self._phone = new.settings, new.phone
            self._accounts |= {account.account_id: account for account in new.accounts}

    @override
    def simulator(self) -> Simulator | None:
        return self._simulator

    @override
    def save_simulator(self, simulator: Simulator) -> None:
        self._simulator = simulator


class FakeTokenStore(TokenStore):
    def __init__(self, *tokens: AccessToken) -> None:
        self._tokens = {token.digest: token for token in tokens}
        self._sessions: dict[str, Session] = {}

    @override
    def find(self, digest: str) -> AccessToken | None:
        return self._tokens.get(digest)

    @override
    def add(self, token: AccessToken) -> None:
        self._tokens[token.digest] = token

    @override
    def remove(self, digest: str) -> None:
        self._tokens.pop(digest, None)

    @override
    def all(self) -> Sequence[AccessToken]:
        return sorted(self._tokens.values(), key=lambda token: token.created_at)

    @override
    def open_session(self, session: Session) -> None:
        self._sessions[session.digest] = session

    @override
    def session(self, digest: str) -> Session | None:
        return self._sessions.get(digest)

    @override
    def close_session(self, digest: str) -> None:
        self._sessions.pop(digest, None)
