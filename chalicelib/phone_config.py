"""The `[phone]` table of `moltis.toml`: every key, what it may hold, all faults at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from chalicelib.accounts.account import Account, InboundPolicy, OutboundLimits, Phone
from chalicelib.calls.call import OnMachine
from chalicelib.calls.phone_numbers import e164
from chalicelib.calls.terms import AGENT_NEEDS, AgentKind, AgentSettings, SpeechSettings
from chalicelib.errors import BadPhoneNumberError, Fault, InvalidParamsError
from chalicelib.internet import is_safe
from chalicelib.providers.registry import PROVIDERS

DEFAULT_PROVIDER: Final = "twilio"
AGENT_SECRET: Final = "agent_api_key"  # noqa: S105  # the name of a secret, not one
"""Under which name the agent's key lies among an account's credentials."""

_ACCOUNT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_DAY_SECS: Final = 86_400

Check = Callable[[Any], str]
"""Says what is wrong with a value, or nothing."""


@dataclass(frozen=True, slots=True)
class _Each:
    """Tables of names that the owner chose, all of one shape."""

    shape: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PhoneConfig:
    """What a file says: the accounts, and the credentials it should not hold."""

    phone: Phone
    accounts: tuple[Account, ...]
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)


def parse_config(document: Mapping[str, Any]) -> PhoneConfig:
    """Read a whole `moltis.toml`, given as plain tables.

    Raises:
        InvalidParamsError: something in it cannot be; every fault is named.
    """
    faults = list(_faults(document))
    if faults:
        raise InvalidParamsError(*faults)
    table = document.get("phone", {})
    active = table.get("provider", DEFAULT_PROVIDER)
    tables = _account_tables(table, active)
    accounts = tuple(_account(name, own, table) for name, own in tables.items())
    agent_key = table.get("agent", {}).get("api_key", "")
    credentials = {name: _credentials(own, agent_key) for name, own in tables.items()}
    return PhoneConfig(Phone(active=active, account_ids=tuple(tables)), accounts, credentials)


def _account_tables(table: Mapping[str, Any], active: str) -> dict[str, dict[str, Any]]:
    """Each account's own table: the carriers', by name, and the further ones."""
    named = {
        name: {"provider": name, **table.get(name, {})}
        for name in PROVIDERS
        if name in table or name == active
    }
    further: dict[str, dict[str, Any]] = table.get("accounts", {})
    return named | further


def _secret_keys(provider: str) -> tuple[str, ...]:
    return (*PROVIDERS[provider].needs, *PROVIDERS[provider].accepts)


def _credentials(own: Mapping[str, Any], agent_key: str) -> dict[str, str]:
    found = {key: own[key] for key in _secret_keys(own["provider"]) if own.get(key)}
    return found | ({AGENT_SECRET: agent_key} if agent_key else {})


def _account(name: str, own: Mapping[str, Any], table: Mapping[str, Any]) -> Account:
    agent = {key: value for key, value in table.get("agent", {}).items() if key != "api_key"}
    outbound = table.get("outbound", {})
    plain = {key: table[key] for key in _PLAIN if key in table}
    return Account(
        account_id=name,
        provider=own["provider"],
        fallback=own.get("fallback", ""),
        from_number=e164(own["from_number"]) if own.get("from_number") else "",
        webhook_url=own.get("webhook_url", "").rstrip("/"),
        api_base_url=own.get("api_base_url", "").rstrip("/"),
        inbound_policy=InboundPolicy(table.get("inbound_policy", InboundPolicy.DISABLED)),
        allowlist=tuple(e164(number) for number in table.get("allowlist", ())),
        agent=AgentSettings(**agent | {"kind": AgentKind(agent.get("kind", AgentKind.OFFLINE))}),
        tts=SpeechSettings(**table.get("tts", {})),
        outbound=OutboundLimits(
            **outbound
            | {key: tuple(outbound[key]) for key in ("allow", "deny") if key in outbound}
            | {"machine": OnMachine(outbound.get("machine", OnMachine.OFF))}
        ),
        **plain,
    )


def _faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    for key in document:
        if key != "phone":
            yield Fault(key, "unknown table; only [phone] is known")
    phone = document.get("phone", {})
    if not isinstance(phone, dict):
        yield Fault("phone", "must be a table")
        return
    faults = list(_table_faults("phone", phone, _PHONE))
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
        known = _CARRIER | dict.fromkeys(_secret_keys(own["provider"]), _text)
        for key in sorted(own.keys() - known.keys() - {"provider"}):
            yield Fault(f"{where}.{key}", f"unknown key; known here: {', '.join(sorted(known))}")
    tables = _account_tables(phone, phone.get("provider", DEFAULT_PROVIDER))
    for name, own in tables.items():
        fallback = own.get("fallback", "")
        if fallback and (fallback == name or fallback not in tables):
            others = ", ".join(sorted(tables.keys() - {name})) or "there is none"
            where = f"phone.{'accounts.' if name in further else ''}{name}.fallback"
            yield Fault(where, f"must be another account: {others}")


def _table_faults(path: str, table: Mapping[str, Any], shape: Mapping[str, Any]) -> Iterator[Fault]:
    for key, value in table.items():
        where = f"{path}.{key}"
        wanted = shape.get(key)
        if wanted is None:
            yield Fault(where, f"unknown key; known here: {', '.join(sorted(shape))}")
        elif isinstance(wanted, _Each):
            yield from _each_faults(where, value, wanted.shape)
        elif isinstance(wanted, Mapping):
            if isinstance(value, dict):
                yield from _table_faults(where, value, wanted)
            else:
                yield Fault(where, "must be a table")
        else:
            reason = wanted(value)
            if reason:
                yield Fault(where, reason)


def _each_faults(path: str, tables: object, shape: Mapping[str, Any]) -> Iterator[Fault]:
    if not isinstance(tables, dict):
        yield Fault(path, "must hold tables")
        return
    for name, table in tables.items():
        if isinstance(table, dict):
            yield from _table_faults(f"{path}.{name}", table, shape)
        else:
            yield Fault(f"{path}.{name}", "must be a table")


def _boolean(value: object) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _text(value: object) -> str:
    return "" if isinstance(value, str) else "must be text"


def _words(value: object) -> str:
    return _text(value) or ("" if str(value).strip() else "must not be empty")


def _one_of(*allowed: str) -> Check:
    def check(value: object) -> str:
        return "" if value in allowed else f"must be one of {', '.join(allowed)}"

    return check


def _whole(low: int, high: int) -> Check:
    def check(value: object) -> str:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return (
            ""
            if is_whole and isinstance(value, int) and low <= value <= high
            else f"must be a whole number from {low} to {high}"
        )

    return check


def _seconds(low: float, high: float) -> Check:
    def check(value: object) -> str:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return (
            ""
            if is_number and isinstance(value, int | float) and low <= value <= high
            else f"must be a number of seconds from {low:g} to {high:g}"
        )

    return check


def _number(value: object) -> str:
    if value == "":
        return ""
    if not isinstance(value, str):
        return 'must be text, like "+15551234567"'
    try:
        e164(value)
    except BadPhoneNumberError as error:
        return error.faults[0].reason
    return ""


def _numbers(value: object) -> str:
    if not isinstance(value, list):
        return "must be a list of numbers"
    bad = [repr(item) for item in value if item == "" or _number(item)]
    return f"not in international form, like +15559876543: {', '.join(bad)}" if bad else ""


def _prefixes(value: object) -> str:
    if not isinstance(value, list):
        return "must be a list of prefixes"
    bad = [
        repr(item)
        for item in value
        if not (isinstance(item, str) and item[:1] == "+" and (item == "+" or item[1:].isdigit()))
    ]
    return f'a prefix is + and digits, like "+1" or "+": {", ".join(bad)}' if bad else ""


def _address(value: object) -> str:
    if value == "":
        return ""
    if not isinstance(value, str):
        return 'must be text, like "https://your-domain.com"'
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return "is not an address"
    if parts.query or parts.fragment or parts.username:
        return "must be an address without user, ? and #"
    return "" if is_safe(value) else "must begin with https:// (http:// on loopback only)"


_PLAIN: Final = (
    "enabled",
    "max_duration_secs",
    "notify_hangup_delay_secs",
    "ring_timeout_secs",
    "inbound_greeting",
    "language",
    "voice",
)

_CARRIER: Final = {
    "from_number": _number,
    "webhook_url": _address,
    "api_base_url": _address,
    "fallback": _text,
}
_SECRETS: Final = {key: _text for name in PROVIDERS for key in _secret_keys(name)}

_PHONE: Final[Mapping[str, Any]] = {
    "enabled": _boolean,
    "provider": _one_of(*PROVIDERS),
    "inbound_policy": _one_of(*InboundPolicy),
    "allowlist": _numbers,
    "max_duration_secs": _whole(1, _DAY_SECS),
    "notify_hangup_delay_secs": _whole(0, 60),
    "ring_timeout_secs": _whole(5, 600),
    "inbound_greeting": _words,
    "language": _words,
    "voice": _text,
    **{name: _CARRIER | dict.fromkeys(_secret_keys(name), _text) for name in PROVIDERS},
    "accounts": _Each({"provider": _one_of(*PROVIDERS), **_CARRIER, **_SECRETS}),
    "agent": {
        "kind": _one_of(*AgentKind),
        "base_url": _address,
        "model": _text,
        "api_key": _text,
        "system_prompt": _text,
        "function_name": _text,
        "reply_budget_secs": _seconds(0.1, 10),
        "timeout_secs": _seconds(1, 600),
    },
    "tts": {"provider": _one_of("carrier", "polly", "openai", "espeak"), "voice": _text},
    "outbound": {
        "allow": _prefixes,
        "deny": _prefixes,
        "max_concurrent_calls": _whole(1, 100_000),
        "max_calls_per_day": _whole(1, 10_000_000),
        "machine": _one_of(*OnMachine),
    },
}
