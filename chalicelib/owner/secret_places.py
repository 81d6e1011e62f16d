"""Where secrets lie: by which key the owner names one, and its place in the vault."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.phone_config import PhoneConfig
from chalicelib.phone_schema import ANY_NAME, kind_at, secret_keys, settings
from chalicelib.providers.registry import PROVIDERS
from chalicelib.setting_kinds import SECRET
from chalicelib.vault import shared

Table = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SecretPlace:
    """One secret: its key in `moltis.toml`, and its place in the vault."""

    key: str
    vault_name: str
    name: str
    provider: str = ""
    """The carrier it is for, if it is for one."""


def place_of(key: str, table: Table) -> SecretPlace | None:
    """Find the secret called *key*, with *table* as the settings."""
    match key.split("."):
        case ["phone", "accounts", account, name]:
            provider = table.get("accounts", {}).get(account, {}).get("provider", "")
            if provider and name in secret_keys(provider):
                return SecretPlace(key, account, name, provider)
        case ["phone", provider, name] if provider in PROVIDERS:
            if name in secret_keys(provider):
                return SecretPlace(key, provider, name, provider)
        case ["phone", other, name] if kind_at(("phone", other, name)) is SECRET:
            return SecretPlace(key, shared(other), name)
    return None


def places_of(keys: Iterable[str], table: Table) -> list[SecretPlace]:
    """Find the secrets called *keys*.

    Raises:
        InvalidParamsError: a key is no secret's.
    """
    found = {key: place_of(key, table) for key in keys}
    faults = [Fault(key, "is no secret of the phone") for key, place in found.items() if not place]
    if faults:
        raise InvalidParamsError(*faults)
    return [place for place in found.values() if place]


def every_place(table: Table) -> Iterator[SecretPlace]:
    """Every secret that there can be, with *table* as the settings."""
    plain = [one.key for one in settings() if one.kind is SECRET and ANY_NAME not in one.path]
    further = [
        f"phone.accounts.{account}.{name}"
        for account, own in table.get("accounts", {}).items()
        for name in secret_keys(own["provider"])
    ]
    yield from places_of(plain + further, table)


def places_in(config: PhoneConfig) -> dict[SecretPlace, str]:
    """Find the secrets that a file holds, with their values."""
    keys = {
        f"phone.{'' if account in PROVIDERS else 'accounts.'}{account}.{name}": value
        for account, own in config.credentials.items()
        for name, value in own.items()
    } | {
        f"phone.{table}.{name}": value
        for table, own in config.secrets.items()
        for name, value in own.items()
    }
    return {place: keys[place.key] for place in places_of(keys, config.table)}
