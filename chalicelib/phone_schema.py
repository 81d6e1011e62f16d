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
    OWN_NUMBER,
    PREFIXES,
    PROSE,
    SECRET,
    SENTENCES,
    SPOKEN,
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
    names: Kind = TEXT


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


_AGENT: Final[dict[str, Kind]] = {
    "kind": member_of(AgentKind),
    "base_url": ADDRESS,
    "model": TEXT,
    "api_key": SECRET,
    "system_prompt": PROSE,
    "function_name": TEXT,
    "reply_budget_secs": seconds(0.1, 10),
    "timeout_secs": seconds(1, 600),
    "fillers": SENTENCES,
    "transfer_to": TELEPHONES,
}
_TTS: Final[dict[str, Kind]] = {
    "provider": member_of(SpeechKind),
    "voice": TEXT,
    "base_url": ADDRESS,
    "model": TEXT,
    "api_key": SECRET,
}
_OF_ALL: Final = frozenset({"base_url", "api_key", "reply_budget_secs"})
"""What nobody has of its own: a server and its key belong together, and how long a document may
wait is known before the call is read."""


def _own(shape: Mapping[str, Kind]) -> Shape:
    return {key: kind for key, kind in shape.items() if key not in _OF_ALL}


SPEAKING: Final[Shape] = {"language": WORDS, "voice": TEXT, "tts": _own(_TTS)}
"""What an account may have of its own, and else has as `[phone]` says."""
ON_NUMBER: Final[Shape] = {"inbound_greeting": SPOKEN, **SPEAKING, "agent": _own(_AGENT)}
"""What a number may have of its own, and else has as its account."""

CARRIER: Final[Shape] = {
    "from_number": TELEPHONE,
    "webhook_url": ADDRESS,
    "api_base_url": ADDRESS,
    "fallback": TEXT,
    **SPEAKING,
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
    "inbound_greeting": SPOKEN,
    "language": WORDS,
    "voice": TEXT,
    **{name: {**CARRIER, **dict.fromkeys(secret_keys(name), SECRET)} for name in PROVIDERS},
    "accounts": Named({"provider": one_of(*PROVIDERS), **CARRIER, **_SECRETS}),
    "numbers": Named(ON_NUMBER, names=OWN_NUMBER),
    "agent": _AGENT,
    "tts": _TTS,
    "outbound": {
        "allow": PREFIXES,
        "deny": PREFIXES,
        "max_concurrent_calls": whole(1, 100_000),
        "max_calls_per_day": whole(1, 10_000_000),
        "max_calls_per_day_per_number": whole(1, 10_000_000),
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
    """What holds where the key at *path* is not set; nothing for a secret, or what is inherited."""
    if is_inherited(path):
        return None
    if path == ("phone", "provider"):
        return DEFAULT_PROVIDER
    found: Any = _DEFAULTS
    for step in path[-2:] if path[-2] in _DEFAULTS else path[-1:]:
        found = found.get(step)
    return list(found) if isinstance(found, tuple) else found


def is_inherited(path: Path) -> bool:
    """Whether something more general holds where the key at *path* is not set."""
    match path[1:]:
        case ("numbers", *_):
            return True
        case ("accounts", _, key, *_):
            return key in SPEAKING
        case (name, key, *_) if name in PROVIDERS:
            return key in SPEAKING
    return False


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
