"""Puts what a configuration says where the app looks: the table, and the vault."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Final

from chalicelib import wiring
from chalicelib.accounts.account import SECRET_KEYS, Account
from chalicelib.accounts.config import PhoneConfig
from chalicelib.errors import ConfigurationError, UnknownAccountError
from chalicelib.vault import Credentials

SIMULATED_KEY: Final = "simulated"
"""Marks credentials that we made up for a simulated carrier."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """An account as the app will find it."""

    account: Account
    credentials: Credentials


def seed(
    config: PhoneConfig, *, gateway_url: str, simulator_url: Callable[[str], str]
) -> list[Seeded]:
    """Keep the accounts of *config*; one without credentials gets a simulated carrier.

    The simulated carrier of a provider listens at *simulator_url*, and calls us at *gateway_url*.

    Raises:
        ConfigurationError: an account has some of its credentials, and not all.
    """
    seeded = [
        _seed_one(
            account,
            dict(config.credentials.get(account.account_id, {})),
            gateway_url=gateway_url,
            simulator_url=simulator_url(account.provider),
            number=f"+1555010{place:04}",
        )
        for place, account in enumerate(config.accounts, 1)
    ]
    wiring.accounts().save_phone(config.phone)
    return seeded


def _seed_one(
    account: Account,
    given: dict[str, str],
    *,
    gateway_url: str,
    simulator_url: str,
    number: str,
) -> Seeded:
    stored = dict(wiring.vault().credentials(account.account_id))
    if SIMULATED_KEY in stored:
        stored = {}
    credentials = stored | given
    wanted = SECRET_KEYS[account.provider]
    missing = [key for key in wanted if not credentials.get(key)]
    if len(missing) == len(wanted):
        credentials |= _made_up(account.provider)
        account = replace(
            account,
            simulated=True,
            from_number=account.from_number or number,
            webhook_url=gateway_url,
            api_base_url=simulator_url,
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


def _made_up(provider: str) -> dict[str, str]:
    shapes = {
        "account_sid": lambda: f"AC{token_hex(16)}",
        "auth_id": lambda: f"MA{token_hex(9).upper()}",
    }
    made = {key: shapes.get(key, lambda: token_hex(16))() for key in SECRET_KEYS[provider]}
    return made | {SIMULATED_KEY: "yes"}
