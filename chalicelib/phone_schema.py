"""Every key of the `[phone]` table, what it may hold, and what holds where it is not set."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from chalicelib.accounts.account import Account, InboundPolicy
from chalicelib.calls.call import OnMachine
from chalicelib.calls.terms import AgentKind, SpeechKind
from chalicelib.providers.registry import PROVIDERS
from chalicelib.setting_kinds import (
    ADDRESS,
    BOOLEAN,
    PREFIXES,
    PROSE,
    SECRET,
    TELEPHONE,
    TELEPHONES,
    TEXT,
    WORDS,
    Kind,
    member_of,
    one_of,
    seconds,
    whole,
)

DEFAULT_PROVIDER: Final = "twilio"
ANY_NAME: Final = "*"
"""Stands in a path for the name that an owner gives to a table."""

_DAY_SECS: Final = 86_400

Shape = Mapping[str, Any]
"""What a table may hold, by key: a `Kind`, a shape, or `Named` tables."""
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Tables of names that the owner chose, all of one shape."""

    shape: Shape


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: where it stands, and what it may hold."""

    path: Path
    kind: Kind

    @property
    def key(self) -> str:
        """How the key is written as a whole."""
        return ".".join(self.path)


def secret_keys(provider: str) -> tuple[str, ...]:
    """The credentials that *provider* takes."""
    return (*PROVIDERS[provider].needs, *PROVIDERS[provider].accepts)


CARRIER: Final[dict[str, Kind]] = {
    "from_number": TELEPHONE,
    "webhook_url": ADDRESS,
    "api_base_url": ADDRESS,
    "fallback": TEXT,
}
_SECRETS: Final[dict[str, Kind]] = {key: SECRET for name in PROVIDERS for key in secret_keys(name)}

PHONE: Final[Shape] = {
    "enabled": BOOLEAN,
    "provider": one_of(*PROVIDERS),
    "inbound_policy": member_of(InboundPolicy),
    "allowlist": TELEPHONES,
    "max_duration_secs": whole(1, _DAY_SECS),
    "notify_hangup_delay_secs": whole(0, 60),
    "ring_timeout_secs": whole(5, 600),
    "inbound_greeting": WORDS,
    "language": WORDS,
    "voice": TEXT,
    **{name: CARRIER | dict.fromkeys(secret_keys(name), SECRET) for name in PROVIDERS},
    "accounts": Named({"provider": one_of(*PROVIDERS), **CARRIER, **_SECRETS}),
    "agent": {
        "kind": member_of(AgentKind),
        "base_url": ADDRESS,
        "model": TEXT,
        "api_key": SECRET,
        "system_prompt": PROSE,
        "function_name": TEXT,
        "reply_budget_secs": seconds(0.1, 10),
        "timeout_secs": seconds(1, 600),
    },
    "tts": {
        "provider": member_of(SpeechKind),
        "voice": TEXT,
        "base_url": ADDRESS,
        "model": TEXT,
        "api_key": SECRET,
    },
    "outbound": {
        "allow": PREFIXES,
        "deny": PREFIXES,
        "max_concurrent_calls": whole(1, 100_000),
        "max_calls_per_day": whole(1, 10_000_000),
        "machine": member_of(OnMachine),
    },
}


def settings() -> Iterator[Setting]:
    """Every key there is, in the order of the tables."""
    return _settings(("phone",), PHONE)


def kind_at(path: Path) -> Kind | None:
    """The kind of the key at *path*, if there is such a key."""
    found: Any = PHONE if path[:1] == ("phone",) else None
    for step in path[1:]:
        if isinstance(found, Named):
            found = found.shape
        elif isinstance(found, Mapping):
            found = found.get(step)
        else:
            return None
    return found if isinstance(found, Kind) else None


def default(path: Path) -> Any:  # noqa: ANN401  # whatever a setting holds
    """What holds where the key at *path* is not set; nothing for a secret."""
    if path == ("phone", "provider"):
        return DEFAULT_PROVIDER
    found: Any = _DEFAULTS
    for step in path[-2:] if path[-2] in _DEFAULTS else path[-1:]:
        found = found.get(step)
    return list(found) if isinstance(found, tuple) else found


_DEFAULTS: Final[Mapping[str, Any]] = asdict(Account(account_id="", provider=""))


def _settings(path: Path, shape: Shape) -> Iterator[Setting]:
    for key, wanted in shape.items():
        where = (*path, key)
        match wanted:
            case Kind():
                yield Setting(where, wanted)
            case Named():
                yield from _settings((*where, ANY_NAME), wanted.shape)
            case _:
                yield from _settings(where, wanted)
