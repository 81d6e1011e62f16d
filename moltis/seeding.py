"""Puts what a configuration says where the app looks: the table, and the vault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib import wiring
from chalicelib.accounts.account import Account
from chalicelib.errors import ConfigurationError, UnknownAccountError
from chalicelib.phone_config import PhoneConfig
from chalicelib.providers.registry import PROVIDERS
from chalicelib.vault import Credentials

SIMULATED_KEY: Final = "simulated"
"""Marks credentials that we made up for a simulated carrier."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """An account as the app will find it."""

    account: Account
    credentials: Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where a gateway on this machine, and the simulated carrier of an account, can be reached."""

    gateway_url: str
    carrier_url: str
    new_credentials: Mapping[str, str] = field(repr=False)
    """What the simulated carrier gives a new account."""
    number: str
    """The account's number, should it have none."""


def seed(config: PhoneConfig, surroundings: Callable[[Account, int], Surroundings]) -> list[Seeded]:
    """Keep the accounts of *config*; one without credentials gets a simulated carrier.

    Raises:
        ConfigurationError: an account has some of its credentials, and not all.
    """
    seeded = [
        _seed_one(
            account,
            dict(config.credentials.get(account.account_id, {})),
            surroundings(account, place),
        )
        for place, account in enumerate(config.accounts, 1)
    ]
    wiring.accounts().save_phone(config.phone)
    return seeded


def _seed_one(account: Account, given: dict[str, str], around: Surroundings) -> Seeded:
    stored = dict(wiring.vault().credentials(account.account_id))
    if SIMULATED_KEY in stored:
        stored = {}
    credentials = stored | given
    wanted = PROVIDERS[account.provider].needs
    missing = [key for key in wanted if not credentials.get(key)]
    if len(missing) == len(wanted):
        credentials |= dict(around.new_credentials) | {SIMULATED_KEY: "yes"}
        account = replace(
            account,
            simulated=True,
            from_number=account.from_number or around.number,
            webhook_url=around.gateway_url,
            api_base_url=around.carrier_url,
        )
    elif missing:
        message = (
            f"account {account.account_id} has some of its credentials; also set "
            f"{' and '.join(missing)} under [phone.{account.account_id}], or none for a simulation"
        )
        raise ConfigurationError(message)
    wiring.vault().store(account.account_id, credentials)
    return Seeded(_save(account), Credentials(credentials))


def _save(account: Account) -> Account:
    accounts = wiring.accounts()
    try:
        version = accounts.get(account.account_id).version
    except UnknownAccountError:
        version = 0
    return accounts.save(replace(account, version=version))
