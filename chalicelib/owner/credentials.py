"""The secrets: stored, shown by their last four characters, taken away; never given out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from chalicelib import wiring
from chalicelib.accounts.audit import AuditEntry, Change
from chalicelib.accounts.phone_settings import PhoneSettings
from chalicelib.calls.published import time_json
from chalicelib.owner.keeping import keep
from chalicelib.owner.secret_places import SecretPlace, every_place
from chalicelib.providers.registry import PROVIDERS
from chalicelib.vault import Credentials

STORED: Final = "stored"
"""Stands for the value of a secret in the audit."""

_LONG_ENOUGH: Final = 12
"""Of a shorter secret, the last four characters would tell too much."""
_SHOWN: Final = 4


def stored_changes(given: Iterable[SecretPlace]) -> tuple[Change, ...]:
    """Write down that secrets are stored."""
    return tuple(Change(key=place.key, after=STORED) for place in given)


def removed_changes(places: Iterable[SecretPlace]) -> tuple[Change, ...]:
    """Write down that secrets are taken away."""
    return tuple(Change(key=place.key, before=STORED) for place in places)


def store(
    given: Mapping[SecretPlace, str],
    before: PhoneSettings,
    table: Mapping[str, Any],
    entry: AuditEntry,
) -> PhoneSettings:
    """Keep the secrets that are *given*, and *table* in the place of *before*.

    The settings come first: whoever meets somebody else there has stored nothing. What is there
    already is not stored again: it would push out the former ones, which may still be in use.
    """
    there = {name: wiring.vault().now(name) for name in _names(given)}
    merged = {name: _with(name, there[name], given, entry.at) for name in there}
    after = keep(before, table, entry, arriving=merged)
    for name, credentials in merged.items():
        if dict(credentials) != dict(there[name]):
            wiring.vault().store(name, credentials)
    return after


def remove(
    places: Iterable[SecretPlace], before: PhoneSettings, entry: AuditEntry
) -> PhoneSettings:
    """Keep the secrets at *places* no longer; the settings stay as they are."""
    gone = {(place.vault_name, place.name) for place in places}
    left = {name: _without(name, gone) for name in {vault_name for vault_name, _ in gone}}
    after = keep(before, before.table, entry, arriving=left)
    for name, credentials in left.items():
        wiring.vault().replace(name, credentials)
    return after


def shown(settings: PhoneSettings) -> list[dict[str, Any]]:
    """Show which secrets are stored: never more of one than its last four characters."""
    places = list(every_place(settings.table))
    stored = {name: wiring.vault().now(name) for name in _names(places)}
    return [_shown(place, stored[place.vault_name]) for place in places]


def _shown(place: SecretPlace, stored: Credentials) -> dict[str, Any]:
    value = stored.get(place.name, "")
    return {
        "key": place.key,
        "stored": bool(value),
        "last_four": value[-_SHOWN:] if len(value) >= _LONG_ENOUGH else "",
        "stored_at": time_json(stored.stored_at.get(place.name)) if value else None,
        "needed": bool(place.provider) and place.name in PROVIDERS[place.provider].needs,
    }


def _names(places: Iterable[SecretPlace]) -> list[str]:
    return sorted({place.vault_name for place in places})


def _with(
    name: str, there: Credentials, given: Mapping[SecretPlace, str], at: datetime
) -> Credentials:
    new = {place.name: value for place, value in given.items() if place.vault_name == name}
    return Credentials(dict(there) | new, dict(there.stored_at) | dict.fromkeys(new, at))


def _without(name: str, gone: set[tuple[str, str]]) -> Credentials:
    there = wiring.vault().now(name)
    left = {key: value for key, value in there.items() if (name, key) not in gone}
    return Credentials(left, {key: there.stored_at[key] for key in left})
