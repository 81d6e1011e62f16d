"""Keeps the owner's settings: the table, the accounts that follow from it, and who did it."""

from collections.abc import Mapping
from dataclasses import replace
from secrets import token_hex
from typing import Any

from chalicelib import log, wiring
from chalicelib.accounts.account import Account
from chalicelib.accounts.audit import AuditEntry, Change, Topic, Who
from chalicelib.accounts.phone_settings import NewSettings, PhoneSettings
from chalicelib.actions.voiced import read_greetings_ahead
from chalicelib.errors import Fault, InvalidParamsError, SettingsConflictError
from chalicelib.phone_config import PhoneConfig, parse_config
from chalicelib.providers.registry import PROVIDERS
from chalicelib.vault import Credentials

HOLDS_SECRETS = "holds secrets, which stand in no settings"


def current(version: int | None = None) -> PhoneSettings:
    """Read the settings, of *version* if one is given.

    Raises:
        SettingsConflictError: there is another version by now.
    """
    there = wiring.accounts().settings()
    if version is not None and version != there.version:
        by = there.changed_by.name if there.changed_by else ""
        raise SettingsConflictError(version=there.version, changed_by=by)
    return there


def keep(
    before: PhoneSettings,
    table: Mapping[str, Any],
    entry: AuditEntry,
    *,
    arriving: Mapping[str, Credentials] | None = None,
) -> PhoneSettings:
    """Keep *table* in the place of *before*, with *entry* in the audit.

    *arriving* are credentials, by account, that are about to be stored.

    Raises:
        InvalidParamsError: something in the table cannot be; every fault is named.
        SettingsConflictError: somebody saved since *before* was read.
    """
    config = parse_config({"phone": dict(table)})
    if config.secrets or any(config.credentials.values()):
        raise InvalidParamsError(Fault("phone", HOLDS_SECRETS))
    settings = PhoneSettings(
        table=config.table,
        version=before.version + 1,
        changed_at=entry.at,
        changed_by=entry.who,
    )
    accounts = (*_connected(config, arriving or {}), *_left_over(config))
    wiring.accounts().save_settings(
        NewSettings(
            settings=settings,
            phone=config.phone,
            accounts=tuple(replace(one, version=settings.version) for one in accounts),
            entry=entry,
        )
    )
    wiring.forget_settings()
    log.info(entry.action, version=settings.version, token_id=entry.who.token_id)
    for account in config.accounts:
        if account.enabled:
            read_greetings_ahead(exchange=wiring.exchange(account.account_id))
    return settings


def entry_of(action: str, who: Who, *changes: Change) -> AuditEntry:
    """Write down what is done now."""
    return AuditEntry(
        entry_id=token_hex(8),
        at=wiring.now(),
        topic=Topic.SETTINGS,
        action=action,
        who=who,
        changes=changes,
    )


def _connected(config: PhoneConfig, arriving: Mapping[str, Credentials]) -> list[Account]:
    """The accounts, with a simulated carrier for each that has no credentials, if there are any."""
    simulator = wiring.accounts().simulator()
    if simulator is None:
        return list(config.accounts)
    return [
        account if _has_credentials(account, arriving) else simulator.stand_in(account, place)
        for place, account in enumerate(config.accounts, 1)
    ]


def _has_credentials(account: Account, arriving: Mapping[str, Credentials]) -> bool:
    name = account.account_id
    stored = arriving[name] if name in arriving else wiring.vault().now(name)
    return any(stored.get(key) for key in PROVIDERS[account.provider].needs)


def _left_over(config: PhoneConfig) -> list[Account]:
    """The accounts that there are no longer: their live calls go on, and no new ones begin."""
    phone = wiring.accounts().phone()
    gone = set(phone.account_ids if phone else ()) - set(config.phone.account_ids)
    return [replace(wiring.accounts().get(name), enabled=False) for name in sorted(gone)]
