"""The `[phone]` table of `moltis.toml`: what it says, or all that is wrong with it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.accounts.account import Account, OutboundLimits, Phone
from chalicelib.calls.terms import (
    AGENT_NEEDS,
    AgentKind,
    AgentSettings,
    OwnTerms,
    SpeechSettings,
)
from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.phone_schema import (
    CARRIER,
    DEFAULT_PROVIDER,
    ON_NUMBER,
    PHONE,
    Named,
    Shape,
    secret_keys,
)
from chalicelib.providers.registry import PROVIDERS
from chalicelib.setting_kinds import OWN_NUMBER, SECRET, Kind

MOST_ACCOUNTS: Final = 50
"""They are written in one transaction, which takes a hundred items."""

MOST_NUMBERS: Final = 100
LONGEST_NUMBERS: Final = 200_000
"""Bytes of JSON that their tables take at most: each account's item has them, of 400 KB at most."""
LONGEST_WRITTEN: Final = 2_500_000
"""And all accounts together: a transaction takes 4 MB."""

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
    terms = _phone_wide(table).terms.with_own(_own_terms(own))
    plain = _read(own, {key: kind for key, kind in CARRIER.items() if key not in ON_NUMBER})
    return replace(
        _phone_wide(table),
        **plain,
        account_id=name,
        provider=own["provider"],
        language=terms.language,
        voice=terms.voice,
        tts=terms.speech,
        numbers={number: _own_terms(line) for number, line in table.get("numbers", {}).items()},
    )


def _phone_wide(table: Table) -> Account:
    """What the `[phone]` table says of every account."""
    plain = _read(table, {key: kind for key, kind in PHONE.items() if key != "provider"})
    return Account(
        **plain,
        account_id="",
        provider="",
        agent=AgentSettings(**_read(table.get("agent", {}), PHONE["agent"])),
        tts=SpeechSettings(**_read(table.get("tts", {}), PHONE["tts"])),
        outbound=OutboundLimits(**_read(table.get("outbound", {}), PHONE["outbound"])),
    )


def _own_terms(own: Table) -> OwnTerms:
    read = _read(own, ON_NUMBER)
    return OwnTerms(
        greeting=read.get("inbound_greeting"),
        language=read.get("language"),
        voice=read.get("voice"),
        agent=_read(own.get("agent", {}), ON_NUMBER["agent"]),
        speech=_read(own.get("tts", {}), ON_NUMBER["tts"]),
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
    yield from _fallback_faults(phone)
    if faults:
        return
    of_accounts = list(_account_faults(phone))
    yield from of_accounts
    if not of_accounts:
        yield from _voice_faults(phone)
    yield from _number_faults(phone)


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
        known = {*CARRIER, *secret_keys(own["provider"])}
        for key in sorted(own.keys() - known - {"provider"}):
            yield Fault(f"{where}.{key}", f"unknown key; known here: {', '.join(sorted(known))}")
    if len(account_tables(phone)) > MOST_ACCOUNTS:
        yield Fault("phone.accounts", f"there can be at most {MOST_ACCOUNTS} accounts")


def _fallback_faults(phone: Mapping[str, Any]) -> Iterator[Fault]:
    """Say which accounts name one to stand in that there is not, whatever else is wrong."""
    active, further = phone.get("provider", DEFAULT_PROVIDER), phone.get("accounts")
    tables = {name: phone.get(name) for name in PROVIDERS if name in phone or name == active}
    where = dict.fromkeys(tables, "phone")
    if isinstance(further, dict):
        tables |= further
        where |= dict.fromkeys(further, "phone.accounts")
    for name, own in tables.items():
        fallback = own.get("fallback") if isinstance(own, dict) else None
        if isinstance(fallback, str) and fallback and fallback not in tables.keys() - {name}:
            others = ", ".join(sorted(tables.keys() - {name})) or "there is none"
            reason = f"must be another account: {others}"
            yield Fault(f"{where[name]}.{name}.fallback", reason)


def _voice_faults(phone: Mapping[str, Any]) -> Iterator[Fault]:
    """Say which accounts would have a voice of their own that their carrier does not know."""
    for name, own in account_tables(phone).items():
        provider = PROVIDERS[own["provider"]]
        if own.get("voice") and not re.fullmatch(provider.voices, own["voice"]):
            where = f"phone.{'' if name in PROVIDERS else 'accounts.'}{name}.voice"
            yield Fault(where, f"is no voice of {provider.name}")


def _number_faults(phone: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the numbers of a table that is well-formed."""
    numbers = phone.get("numbers", {})
    terms = _phone_wide(phone).terms
    for number, line in numbers.items():
        where = f"phone.numbers.{number}"
        reason = OWN_NUMBER.fault(number)
        if reason:
            yield Fault(where, reason)
        agent = terms.with_own(_own_terms(line)).agent
        for name in agent.missing if "agent" in line else ():
            yield Fault(f"{where}.agent.{name}", f"is missing: {agent.kind} needs it")
    if len(numbers) > MOST_NUMBERS:
        yield Fault("phone.numbers", f"there can be at most {MOST_NUMBERS} numbers")
    size, copies = len(json.dumps(numbers)), len(PROVIDERS) + len(phone.get("accounts", {}))
    if size > LONGEST_NUMBERS or size * copies > LONGEST_WRITTEN:
        yield Fault("phone.numbers", "is too much altogether; shorten the prompts")


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
