"""The memory of settings and access tokens in DynamoDB."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Final

from chalicelib.accounts.account import Account, InboundPolicy, OutboundLimits, Phone
from chalicelib.accounts.audit import Who
from chalicelib.accounts.phone_settings import NewSettings, PhoneSettings
from chalicelib.accounts.simulator import Simulator
from chalicelib.calls.call import OnMachine
from chalicelib.calls.terms import AgentKind, AgentSettings, OwnTerms, SpeechKind, SpeechSettings
from chalicelib.errors import SettingsConflictError, UnknownAccountError
from chalicelib.overriding import override
from chalicelib.store.base import AccessToken, AccountStore, Scope, Session, TokenStore
from chalicelib.store.dynamo_audit import audit_item
from chalicelib.store.items import account_key
from chalicelib.store.tables import (
    AccountItem,
    PhoneItem,
    SessionItem,
    SettingsItem,
    SimulatorItem,
    TokenItem,
)
from chalicelib.store.writes import ABSENT, Delete, Put, put, transact

_PHONE: Final = "PHONE"
_SETTINGS: Final = "SETTINGS"
_SIMULATOR: Final = "SIMULATOR"
_TOKEN: Final = "TOKEN"  # noqa: S105  # the name of a place
_TOKENS: Final = "TOKENS"
_SESSION: Final = "SESSION"


class DynamoAccountStore(AccountStore):
    """Settings in the table that `use_table` named."""

    @override
    def get(self, account_id: str) -> Account:
        try:
            item = AccountItem.get(account_key(account_id), "ACCOUNT", consistent_read=True)
        except AccountItem.DoesNotExist as error:
            raise UnknownAccountError(account_id) from error
        return _account_of(json.loads(item.settings))

    @override
    def phone(self) -> Phone | None:
        try:
            item = PhoneItem.get(_PHONE, _PHONE, consistent_read=True)
        except PhoneItem.DoesNotExist:
            return None
        return Phone(active=item.active, account_ids=tuple(item.account_ids))

    @override
    def settings(self) -> PhoneSettings:
        try:
            item = SettingsItem.get(_PHONE, _SETTINGS, consistent_read=True)
        except SettingsItem.DoesNotExist:
            return PhoneSettings()
        return PhoneSettings(
            table=item.table,
            version=int(item.version),
            changed_at=item.changed_at,
            changed_by=Who(**item.changed_by) if item.changed_by else None,
        )

    @override
    def save_settings(self, new: NewSettings) -> None:
        before = new.settings.version - 1
        unchanged = SettingsItem.version == before if before else ABSENT
        accounts = {
            f"account_{place}": Put(_account_item(account))
            for place, account in enumerate(new.accounts)
        }
        refused = transact(
            settings=Put(_settings_item(new.settings), unchanged),
            phone=Put(
                PhoneItem(
                    _PHONE,
                    _PHONE,
                    active=new.phone.active,
                    account_ids=list(new.phone.account_ids),
                )
            ),
            entry=Put(audit_item(new.entry), ABSENT),
            **accounts,
        )
        if refused:
            there = self.settings()
            by = there.changed_by.name if there.changed_by else ""
            raise SettingsConflictError(version=there.version, changed_by=by)

    @override
    def simulator(self) -> Simulator | None:
        try:
            item = SimulatorItem.get(_PHONE, _SIMULATOR, consistent_read=True)
        except SimulatorItem.DoesNotExist:
            return None
        return Simulator(**item.simulator)

    @override
    def save_simulator(self, simulator: Simulator) -> None:
        SimulatorItem(_PHONE, _SIMULATOR, simulator=asdict(simulator)).save()


def _account_item(account: Account) -> AccountItem:
    return AccountItem(
        account_key(account.account_id),
        "ACCOUNT",
        settings=json.dumps(asdict(account)),
        version=account.version,
    )


def _settings_item(settings: PhoneSettings) -> SettingsItem:
    return SettingsItem(
        _PHONE,
        _SETTINGS,
        table=settings.table,
        version=settings.version,
        changed_at=settings.changed_at,
        changed_by=asdict(settings.changed_by) if settings.changed_by else None,
    )


class DynamoTokenStore(TokenStore):
    """Access tokens in the table that `use_table` named."""

    @override
    def find(self, digest: str) -> AccessToken | None:
        try:
            # A token that was removed a moment ago must not open anything.
            return _token_of(TokenItem.get(_key(digest), _TOKEN, consistent_read=True))
        except TokenItem.DoesNotExist:
            return None

    @override
    def add(self, token: AccessToken) -> None:
        facts = {field.name: getattr(token, field.name) for field in fields(token)}
        transact(
            token=Put(TokenItem(_key(token.digest), _TOKEN, **facts)),
            listed=Put(TokenItem(_TOKENS, token.digest, **facts)),
        )

    @override
    def remove(self, digest: str) -> None:
        transact(
            token=Delete(TokenItem(_key(digest), _TOKEN)),
            listed=Delete(TokenItem(_TOKENS, digest)),
        )

    @override
    def all(self) -> Sequence[AccessToken]:
        tokens = map(_token_of, TokenItem.query(_TOKENS, consistent_read=True))
        return sorted(tokens, key=lambda token: token.created_at)

    @override
    def open_session(self, session: Session) -> None:
        item = _session_at(session.digest)
        item.token_digest = session.token_digest
        item.expires_at = session.expires_at
        put(item)

    @override
    def session(self, digest: str) -> Session | None:
        place = _session_at(digest)
        try:
            # Whoever signed out a moment ago must be out.
            item = SessionItem.get(place.pk, place.sk, consistent_read=True)
        except SessionItem.DoesNotExist:
            return None
        return Session(digest=digest, token_digest=item.token_digest, expires_at=item.expires_at)

    @override
    def close_session(self, digest: str) -> None:
        _session_at(digest).delete()


def _key(digest: str) -> str:
    return f"TOKEN#{digest}"


def _session_at(digest: str) -> SessionItem:
    return SessionItem(f"SESSION#{digest}", _SESSION)


def _token_of(item: TokenItem) -> AccessToken:
    facts = {field.name: getattr(item, field.name) for field in fields(AccessToken)}
    return AccessToken(**facts | {"scope": Scope(item.scope)})


def _account_of(stored: Mapping[str, Any]) -> Account:
    settings = _known(Account, stored)
    agent = _known(AgentSettings, stored["agent"])
    speech = _known(SpeechSettings, stored["tts"])
    outbound = _known(OutboundLimits, stored["outbound"])
    return Account(
        **settings
        | {
            "inbound_policy": InboundPolicy(settings["inbound_policy"]),
            "allowlist": tuple(settings["allowlist"]),
            "agent": AgentSettings(**_agent_of(agent)),
            "tts": SpeechSettings(**speech | {"provider": SpeechKind(speech["provider"])}),
            "outbound": OutboundLimits(
                **outbound
                | {
                    "allow": tuple(outbound["allow"]),
                    "deny": tuple(outbound["deny"]),
                    "machine": OnMachine(outbound.get("machine", OnMachine.OFF)),
                },
            ),
            "numbers": {
                number: _own_terms_of(own) for number, own in stored.get("numbers", {}).items()
            },
        }
    )


def _agent_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    readers: dict[str, Callable[[Any], Any]] = {
        "kind": AgentKind,
        "fillers": tuple,
        "transfer_to": tuple,
    }
    return {name: readers.get(name, _same)(value) for name, value in stored.items()}


def _same(value: Any) -> Any:  # noqa: ANN401  # whatever a setting holds
    return value


def _own_terms_of(stored: Mapping[str, Any]) -> OwnTerms:
    own = _known(OwnTerms, stored)
    agent = _agent_of({name: own["agent"][name] for name in own["agent"] if name in _AGENT_NAMES})
    speech = {
        name: SpeechKind(value) if name == "provider" else value
        for name, value in own["speech"].items()
        if name in _SPEECH_NAMES
    }
    return OwnTerms(**own | {"agent": agent, "speech": speech})


_AGENT_NAMES: Final = frozenset(field.name for field in fields(AgentSettings))
_SPEECH_NAMES: Final = frozenset(field.name for field in fields(SpeechSettings))


def _known(
    kind: type[Account | AgentSettings | OutboundLimits | OwnTerms | SpeechSettings],
    stored: Mapping[str, Any],
) -> dict[str, Any]:
    # While a deployment is under way, old code reads what new code wrote.
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in stored.items() if name in names}
