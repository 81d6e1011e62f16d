"""The `[phone]` table of `moltis.toml`: what it says, or all that is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.accounts.account import Account, OutboundLimits, Phone
from chalicelib.calls.terms import AGENT_NEEDS, AgentKind, AgentSettings, SpeechSettings
from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.phone_schema import CARRIER, DEFAULT_PROVIDER, PHONE, Named, Shape, secret_keys
from chalicelib.providers.registry import PROVIDERS
from chalicelib.setting_kinds import SECRET, Kind

MOST_ACCOUNTS: Final = 50
"""They are written in one transaction, which takes a hundred items."""

_ACCOUNT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")

Table = Mapping[str, Any]

_ANY_CARRIER: Final[Shape] = PHONE["accounts"].shape


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """What a file says: the accounts, and the secrets it should not hold."""

    phone: Phone
    accounts: tuple[Account, ...]
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)
    """The secrets of each account."""
    secrets: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    """Those of the other tables, such as the agent's."""
    table: Table = field(default_factory=dict, repr=False, compare=False)
    """The `[phone]` table as it was written, without any secret."""


def parse_config(document: Table) -> PhoneConfig:
    """Read a whole `moltis.toml`, given as plain tables.

    Raises:
        InvalidParamsError: something in it cannot be; every fault is named.
    """
    faults = list(_faults(document))
    if faults:
        raise InvalidParamsError(*faults)
    table = document.get("phone", {})
    active = table.get("provider", DEFAULT_PROVIDER)
    tables = account_tables(table)
    return PhoneConfig(
        phone=Phone(active=active, account_ids=tuple(tables)),
        accounts=tuple(_account(name, own, table) for name, own in tables.items()),
        credentials={name: _secrets(own, _ANY_CARRIER) for name, own in tables.items()},
        secrets={
            name: found
            for name, shape in PHONE.items()
            if name not in PROVIDERS
            and isinstance(shape, Mapping)
            and (found := _secrets(table.get(name, {}), shape))
        },
        table=without_secrets(table, PHONE),
    )


def account_tables(table: Table) -> dict[str, dict[str, Any]]:
    """Each account's own table: the carriers', by name, and the further ones."""
    active = table.get("provider", DEFAULT_PROVIDER)
    named = {
        name: {"provider": name, **table.get(name, {})}
        for name in PROVIDERS
        if name in table or name == active
    }
    further: dict[str, dict[str, Any]] = table.get("accounts", {})
    return named | further


def without_secrets(table: Table, shape: Shape = PHONE) -> dict[str, Any]:
    """What stands in the table, but for its secrets; *table* has no faults."""
    kept: dict[str, Any] = {}
    for key, value in table.items():
        match shape[key]:
            case Named(shape=each):
                kept[key] = {name: without_secrets(own, each) for name, own in value.items()}
            case Kind() as kind:
                kept |= {} if kind is SECRET else {key: value}
            case own_shape:
                kept[key] = without_secrets(value, own_shape)
    return kept


def _secrets(table: Table, shape: Shape) -> dict[str, str]:
    return {key: table[key] for key in table if shape[key] is SECRET and table[key]}


def _account(name: str, own: Table, table: Table) -> Account:
    plain = _read(table, {key: kind for key, kind in PHONE.items() if key != "provider"})
    return Account(
        **plain
        | _read(own, CARRIER)
        | {
            "account_id": name,
            "provider": own["provider"],
            "agent": AgentSettings(**_read(table.get("agent", {}), PHONE["agent"])),
            "tts": SpeechSettings(**_read(table.get("tts", {}), PHONE["tts"])),
            "outbound": OutboundLimits(**_read(table.get("outbound", {}), PHONE["outbound"])),
        }
    )


def _read(table: Table, shape: Shape) -> dict[str, Any]:
    """What the app works with, for all that is set in *table* itself and no secret."""
    return {
        key: kind.read(table[key])
        for key, kind in shape.items()
        if key in table and isinstance(kind, Kind) and kind is not SECRET
    }


def _faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    for key in document:
        if key != "phone":
            yield Fault(key, "unknown table; only [phone] is known")
    phone = document.get("phone", {})
    if not isinstance(phone, dict):
        yield Fault("phone", "must be a table")
        return
    faults = list(_table_faults("phone", phone, PHONE))
    yield from faults
    yield from _agent_faults(phone.get("agent"))
    if not faults:
        yield from _account_faults(phone)


def _agent_faults(agent: object) -> Iterator[Fault]:
    """Say what the kind of the *agent* needs and its table does not have."""
    if not isinstance(agent, dict) or agent.get("kind") not in list(AGENT_NEEDS):
        return
    for name in AGENT_NEEDS[AgentKind(agent["kind"])]:
        if agent.get(name, "") == "":
            yield Fault(f"phone.agent.{name}", f"is missing: {agent['kind']} needs it")


def _account_faults(phone: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong between the accounts of a table that is well-formed."""
    further = phone.get("accounts", {})
    for name, own in further.items():
        where = f"phone.accounts.{name}"
        if not _ACCOUNT_NAME.fullmatch(name) or name in {*PROVIDERS, "default"}:
            reason = "is no name for an account: a-z, 0-9 and -, and not default or a carrier's"
            yield Fault(where, reason)
        if "provider" not in own:
            yield Fault(f"{where}.provider", f"is missing: one of {', '.join(PROVIDERS)}")
            return
        known = CARRIER | dict.fromkeys(secret_keys(own["provider"]), SECRET)
        for key in sorted(own.keys() - known.keys() - {"provider"}):
            yield Fault(f"{where}.{key}", f"unknown key; known here: {', '.join(sorted(known))}")
    tables = account_tables(phone)
    if len(tables) > MOST_ACCOUNTS:
        yield Fault("phone.accounts", f"there can be at most {MOST_ACCOUNTS} accounts")
    for name, own in tables.items():
        fallback = own.get("fallback", "")
        if fallback and (fallback == name or fallback not in tables):
            others = ", ".join(sorted(tables.keys() - {name})) or "there is none"
            where = f"phone.{'accounts.' if name in further else ''}{name}.fallback"
            yield Fault(where, f"must be another account: {others}")


def _table_faults(path: str, table: Mapping[str, Any], shape: Shape) -> Iterator[Fault]:
    for key, value in table.items():
        where = f"{path}.{key}"
        wanted = shape.get(key)
        if wanted is None:
            yield Fault(where, f"unknown key; known here: {', '.join(sorted(shape))}")
        elif isinstance(wanted, Named):
            yield from _named_faults(where, value, wanted.shape)
        elif isinstance(wanted, Mapping):
            if isinstance(value, dict):
                yield from _table_faults(where, value, wanted)
            else:
                yield Fault(where, "must be a table")
        else:
            reason = wanted.fault(value)
            if reason:
                yield Fault(where, reason)


def _named_faults(path: str, tables: object, shape: Shape) -> Iterator[Fault]:
    if not isinstance(tables, dict):
        yield Fault(path, "must hold tables")
        return
    for name, table in tables.items():
        if isinstance(table, dict):
            yield from _table_faults(f"{path}.{name}", table, shape)
        else:
            yield Fault(f"{path}.{name}", "must be a table")
