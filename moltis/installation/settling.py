"""Sets one account up: asks what it cannot find out, checks each answer at the carrier, saves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

import click

from chalicelib.accounts.account import InboundPolicy
from chalicelib.internet import LOOPBACK
from chalicelib.providers.registry import PROVIDERS
from chalicelib.provisioning.registry import CONSOLES
from moltis.installation.asking import Asker
from moltis.rpc_client import RefusedError, RpcClient

ATTEMPTS: Final = 3
SECRET_WORDS: Final = ("token", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the flags said; empty where they said nothing."""

    account: str = ""
    provider: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of the account: from_number, webhook_url, api_base_url."""
    inbound_policy: str = ""
    allowlist: tuple[str, ...] = ()
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)


class Settler:
    """Settles one account with whoever answers."""

    def __init__(
        self, rpc: RpcClient, asker: Asker, given: Given, tell: Callable[[str], None]
    ) -> None:
        self._rpc = rpc
        self._asker = asker
        self._given = given
        self._tell = tell
        self._numbers: list[str] = []
        self.changed: list[str] = []
        """The keys of the settings and secrets that were saved."""

    def settle(self) -> str:
        """Set the account up as far as our own side goes, and give its id.

        Raises:
            RefusedError: the carrier, or the gateway, says no.
            UsageError: something is not given, and nobody is there to be asked.
        """
        account, provider = self._choose()
        refuse_strangers(self._given, provider)
        prefix = f"phone.{'' if account in PROVIDERS else 'accounts.'}{account}"
        if self._status(account) is None:
            # To be looked at it has to be there; nobody calls through it yet.
            self._save({prefix: {}})
        self._settle_credentials(account, provider, prefix)
        status = self._status(account)
        simulated = status is None or status["carrier"] == "simulated"
        changes = {f"{prefix}.{key}": value for key, value in self._given.settings.items()}
        if not simulated:
            changes |= self._number(prefix) | self._address(prefix)
        # It becomes the one that calls when no account is named; not before it could.
        active = {} if self._given.account else {"phone.provider": provider}
        self._save({**changes, **self._policy(), **active})
        return account

    def _choose(self) -> tuple[str, str]:
        accounts = {one["id"]: one for one in self._accounts()}
        if self._given.account:
            if self._given.account not in accounts:
                message = f"there is no account {self._given.account!r}; there are " + ", ".join(
                    accounts
                )
                raise click.UsageError(message)
            return self._given.account, accounts[self._given.account]["provider"]
        default = next((one["id"] for one in accounts.values() if one["default"]), "")
        provider = self._given.provider
        if not provider and len(accounts) == 1:
            return default, accounts[default]["provider"]
        if not provider:
            usual = default if default in PROVIDERS else ""
            provider = self._asker.choice("Carrier", "--provider", list(PROVIDERS), usual)
        return provider, provider

    def _settle_credentials(self, account: str, provider: str, prefix: str) -> None:
        stored = {
            secret["key"].removeprefix(f"{prefix}.")
            for secret in self._rpc.ask("phone.settings")["secrets"]
            if secret["stored"]
        }
        status = self._status(account)
        may_stay = status is not None and status["carrier"] == "simulated"
        base = self._given.settings.get("api_base_url", "")
        for attempt in range(ATTEMPTS):
            own = dict(self._given.credentials) if not attempt else {}
            own |= self._ask_credentials(provider, stored, own, may_stay=may_stay)
            if may_stay and not own:
                self._tell(f"{provider} stays simulated")
                return
            answer = self._test(account, own, base)
            if answer["ok"]:
                break
            reasons = "; ".join(f"{one['field']}: {one['reason']}" for one in answer["faults"])
            if not self._asker.somebody or attempt == ATTEMPTS - 1:
                raise RefusedError(reasons)
            self._tell(reasons)
            stored = set()
        else:
            return
        self._numbers = [one["number"] for one in answer["numbers"] if one["voice"]]
        self._tell(f"{provider}: the credentials are right ({answer['holder'] or 'your account'})")
        if base:
            self._save({f"{prefix}.api_base_url": base})
        if own:
            keyed = {f"{prefix}.{name}": value for name, value in own.items()}
            self._rpc.ask("phone.secrets.set", secrets=keyed)
            self.changed += keyed

    def _test(self, account: str, own: Mapping[str, str], base: str) -> dict[str, Any]:
        params: dict[str, Any] = {"account": account, "credentials": dict(own)}
        if base:
            params["api_base_url"] = base
        return self._rpc.ask("phone.test_credentials", **params)

    def _ask_credentials(
        self, provider: str, stored: set[str], own: Mapping[str, str], *, may_stay: bool
    ) -> dict[str, str]:
        told = CONSOLES[provider].tells if provider in CONSOLES else ()
        asked: dict[str, str] = {}
        for name in PROVIDERS[provider].needs:
            if name in own or name in told or (name in stored and not may_stay):
                continue
            if may_stay and not own and not asked and not self._asker.somebody:
                return {}
            optional = may_stay and not own and not asked
            hint = " (Enter: stay with the simulated carrier)" if optional else ""
            question = f"{provider} {name}{hint}"
            secret = any(word in name for word in SECRET_WORDS)
            answer = self._asker.text(question, f"--{name.replace('_', '-')}", secret=secret)
            if not answer and optional:
                return {}
            asked[name] = answer
        return asked

    def _number(self, prefix: str) -> dict[str, str]:
        if "from_number" in self._given.settings or self._setting(f"{prefix}.from_number"):
            return {}
        if not self._numbers:
            message = "the account has no number that may do voice: buy one in its console first"
            raise RefusedError(message)
        if len(self._numbers) == 1:
            (number,) = self._numbers
            self._tell(f"your number is {number}")
        else:
            number = self._asker.choice("Your number", "--from-number", self._numbers, "")
        return {f"{prefix}.from_number": number}

    def _address(self, prefix: str) -> dict[str, str]:
        if "webhook_url" in self._given.settings or self._setting(f"{prefix}.webhook_url"):
            return {}
        base = self._given.settings.get("api_base_url") or self._setting(f"{prefix}.api_base_url")
        own = self._rpc.url
        is_here = urlsplit(own).hostname in LOOPBACK
        # A carrier on this machine may call this machine.
        offered = own if not is_here or urlsplit(str(base)).hostname in LOOPBACK else ""
        question = "Public address of this gateway, like https://your-domain.com"
        return {
            f"{prefix}.webhook_url": self._asker.text(question, "--webhook-url", default=offered)
        }

    def _policy(self) -> dict[str, Any]:
        policy, allowlist = self._given.inbound_policy, list(self._given.allowlist)
        is_set = self._setting("phone.inbound_policy")
        if not policy and not is_set and self._asker.somebody:
            options = [str(one) for one in InboundPolicy]
            policy = self._asker.choice("Who may call", "--inbound-policy", options, "allowlist")
        wants_list = (policy or is_set) == InboundPolicy.ALLOWLIST
        if wants_list and not allowlist and not self._setting("phone.allowlist"):
            if self._asker.somebody:
                numbers = self._asker.text(
                    "Numbers that may call, like +15559876543", "--allowlist"
                )
                allowlist = numbers.replace(",", " ").split()
            else:
                self._tell("nobody may call yet: the allowlist is empty; give --allowlist")
        changes: dict[str, Any] = {"phone.inbound_policy": policy} if policy else {}
        return changes | ({"phone.allowlist": allowlist} if allowlist else {})

    def _save(self, changes: Mapping[str, Any]) -> None:
        differing = {k: v for k, v in changes.items() if v != "" and self._setting(k) != v}
        if not differing:
            return
        version = self._rpc.ask("phone.settings")["version"]
        self._rpc.ask("phone.save", version=version, changes=differing)
        self.changed += differing

    def _setting(self, key: str) -> Any:  # noqa: ANN401  # whatever a setting holds
        value: Any = self._rpc.ask("phone.settings")["settings"]
        for step in key.split("."):
            value = value.get(step, {}) if isinstance(value, dict) else {}
        return value or None

    def _status(self, account: str) -> dict[str, Any] | None:
        return next((one for one in self._accounts() if one["id"] == account), None)

    def _accounts(self) -> list[dict[str, Any]]:
        accounts: list[dict[str, Any]] = self._rpc.ask("voicecall.status")["accounts"]
        return accounts


def refuse_strangers(given: Given, provider: str) -> None:
    """Refuse credentials that *provider* does not have.

    Raises:
        UsageError: there are some.
    """
    stranger = sorted(given.credentials.keys() - set(_takes(provider)))
    if stranger:
        flag = f"--{stranger[0].replace('_', '-')}"
        message = f"{flag} is nothing of {provider}'s: it has {', '.join(_takes(provider))}"
        raise click.UsageError(message)


def _takes(provider: str) -> tuple[str, ...]:
    return (*PROVIDERS[provider].needs, *PROVIDERS[provider].accepts)
