"""Puts what a configuration says where the app looks: the table, and the vault."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib import wiring
from chalicelib.accounts.account import Account
from chalicelib.accounts.audit import Who
from chalicelib.accounts.simulator import Simulator
from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.errors import ConfigurationError
from chalicelib.owner import credentials
from chalicelib.owner.keeping import current, entry_of
from chalicelib.owner.secret_places import places_in
from chalicelib.owner.tables import differences
from chalicelib.phone_config import PhoneConfig, parse_config
from chalicelib.providers.registry import PROVIDERS
from chalicelib.vault import Credentials
from moltis.carriers.network import OwnedNumber
from moltis.carriers.server import SimulatedCarriers

GATEWAY: Final = Who(token_id="", name="moltis gateway")


@dataclass(frozen=True, slots=True)
class Seeded:
    """An account as the app will find it."""

    account: Account
    credentials: Credentials


def seed(config: PhoneConfig | None, *, gateway_url: str, carriers: SimulatedCarriers) -> None:
    """Keep what *config* says; an account without credentials gets a simulated carrier.

    Without a *config*, what is there already stays; if there is nothing, every carrier gets an
    account.

    Raises:
        ConfigurationError: an account has some of its credentials, and not all.
    """
    _keep_simulator(gateway_url, carriers)
    before = current()
    config = config or parse_config({"phone": before.table or {name: {} for name in PROVIDERS}})
    for account in config.accounts:
        _check_credentials(account, config.credentials.get(account.account_id, {}))
    given = places_in(config)
    changes = (*differences(before.table, config.table), *credentials.stored_changes(given))
    entry = entry_of("gateway started", GATEWAY, *changes)
    credentials.store(given, before, config.table, entry)


def seeded() -> list[Seeded]:
    """The accounts as the app finds them now."""
    phone = wiring.accounts().phone()
    accounts = [wiring.accounts().get(name) for name in (phone.account_ids if phone else ())]
    return [Seeded(one, wiring.vault().now(one.credentials_name)) for one in accounts]


def connect(carriers: SimulatedCarriers) -> None:
    """Have the simulated carriers know the numbers of the accounts that they stand in for."""
    phone = wiring.accounts().phone()
    there = seeded()
    taken = {one.account.from_number for one in there}
    for one in there:
        account = one.account
        if not account.simulated:
            continue
        is_active = phone is not None and phone.active == account.account_id
        # Numbers that only have settings of their own are the default account's.
        others = sorted(account.numbers.keys() - taken) if is_active else []
        for number in (account.from_number, *others):
            carriers.network.own(_owned(one, number))


def _owned(one: Seeded, number: str) -> OwnedNumber:
    account = one.account
    url, name = account.webhook_url, account.account_id
    return OwnedNumber(
        carrier=account.provider,
        account_id=name,
        number=number,
        voice_url=callback_url(url, name, Route.ANSWER),
        status_url=callback_url(url, name, Route.STATUS),
        fallback_url=callback_url(url, name, _fallback_door(account)),
        credentials=one.credentials,
    )


def _fallback_door(account: Account) -> Route:
    # Where events are told, all doors take them; where documents are asked for, one gives them.
    takes_commands = PROVIDERS[account.provider].takes_commands
    return Route.STATUS if takes_commands else Route.ANSWER


def _keep_simulator(gateway_url: str, carriers: SimulatedCarriers) -> None:
    urls = {name: carriers.base_url(name) for name in carriers.carriers}
    wiring.accounts().save_simulator(Simulator(gateway_url=gateway_url, carrier_urls=urls))
    for name, carrier in carriers.carriers.items():
        wiring.vault().store(f"simulated/{name}", Credentials(carrier.new_credentials()))


def _check_credentials(account: Account, given: Mapping[str, str]) -> None:
    stored = wiring.vault().now(account.account_id)
    wanted = PROVIDERS[account.provider].needs
    missing = [key for key in wanted if not (given.get(key) or stored.get(key))]
    if missing and len(missing) < len(wanted):
        message = (
            f"account {account.account_id} has some of its credentials; also set "
            f"{' and '.join(missing)} under [phone.{account.account_id}], or none for a simulation"
        )
        raise ConfigurationError(message)
