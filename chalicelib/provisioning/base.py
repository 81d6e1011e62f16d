"""What every file about a carrier's console promises; the only place where it is documented."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from chalicelib.accounts.account import Account
from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.errors import Fault, InvalidParamsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where a carrier is to ask what to do with a call, and to tell how it went."""

    answer: str
    status: str

    @classmethod
    def of(cls, account: Account) -> Self:
        """The doors of *account*."""
        base, account_id = account.webhook_url, account.account_id
        return cls(
            answer=callback_url(base, account_id, Route.ANSWER),
            status=callback_url(base, account_id, Route.STATUS),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose the credentials are, as the carrier calls them, and what is to be known of them."""

    name: str
    notes: tuple[str, ...] = ()
    tells: Mapping[str, str] = field(default_factory=dict)
    """Credentials that need not be asked for: the carrier tells them to whoever has the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierNumber:
    """A number that belongs to the account, and whether it may be called and call."""

    number: str
    voice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that stands in the console, by the carrier's name for it."""

    name: str
    found: str
    wanted: str

    @property
    def differs(self) -> bool:
        """Whether it is to be written."""
        return self.found != self.wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What the console holds of a number, beside what it should; empty when it is not ours."""

    number: str
    owned: bool
    voice: bool
    entries: tuple[Entry, ...] = ()
    notes: tuple[str, ...] = ()
    """What only the owner can change, or should know before anything is written."""

    @property
    def differences(self) -> tuple[Entry, ...]:
        """What is not as it should be."""
        return tuple(entry for entry in self.entries if entry.differs)

    @property
    def is_right(self) -> bool:
        """Whether calls to the number reach us, as far as the console decides that."""
        return self.owned and self.voice and not self.differences


class Console(ABC):
    """One carrier's console, for whoever has the credentials of one account.

    Members stand in this order in every carrier's file.
    """

    name: ClassVar[str]
    tells: ClassVar[tuple[str, ...]] = ()
    """The credentials that nobody needs to be asked for: they are found there, or made."""

    @abstractmethod
    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        """Look into the console of the account that owns *credentials*."""

    @abstractmethod
    def identify(self) -> Holder:
        """Say whose the credentials are.

        Raises:
            ProviderRejectedError: they are wrong, when its status is 401.
            ProviderError: the carrier refused or failed for another reason.
        """

    @abstractmethod
    def numbers(self) -> list[CarrierNumber]:
        """List the numbers of the account; of very many, some.

        Raises:
            ProviderError: the carrier refused or failed.
        """

    @abstractmethod
    def survey(self, number: str, addresses: Addresses) -> Survey:
        """Look at what stands there for *number*, and change nothing.

        Raises:
            ProviderError: the carrier refused or failed.
        """

    @abstractmethod
    def connect(self, number: str, addresses: Addresses) -> Mapping[str, str]:
        """Write what differs, and nothing else; give the credentials that came of it, if any.

        Doing it again changes nothing.

        Raises:
            InvalidParamsError: the number is not one of the account.
            ProviderError: the carrier refused or failed.
        """

    def sign(
        self, url: str, form: Sequence[tuple[str, str]], nonce: str
    ) -> Mapping[str, str] | None:
        """The headers with which the carrier would send *form* to *url*, if they can be made.

        None where only the carrier itself has the key.
        """
        del url, form, nonce
        return None


def not_ours(number: str, carrier: str) -> InvalidParamsError:
    """Make the refusal to work on a *number* that is not one of the account."""
    del number  # whoever asked knows it, and the log must not
    return InvalidParamsError(Fault("from_number", f"is not a number of this account at {carrier}"))


def application_name(number: str) -> str:
    """What an application that we make for *number* is called, at any carrier."""
    return f"moltis-phone-{number.removeprefix('+')}"


def text(value: object) -> str:
    """Show a *value* of the console as text; what is not there is empty."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
