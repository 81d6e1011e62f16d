"""What we ask of a memory: every write is conditional, and says whether it happened."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.accounts.account import Account, OutboundLimits, Phone
from chalicelib.accounts.audit import AuditEntry, Topic
from chalicelib.accounts.phone_settings import NewSettings, PhoneSettings
from chalicelib.accounts.simulator import Simulator
from chalicelib.calls.call import AnsweredBy, Call, CallFailure, CallId, State
from chalicelib.calls.search import ALWAYS, Period
from chalicelib.store.turns import TurnStore


@dataclass(frozen=True, slots=True)
class Created:
    """The call that is there now, and whether it was this request that put it there."""

    call: Call
    fresh: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """The call as it is now, and whether its first words are given out for the first time."""

    call: Call
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call ended; `reason` is none when only its natural end is known."""

    at: datetime
    reason: State | None = None
    error: CallFailure | None = None
    provider_call_id: str = ""


@dataclass(frozen=True, slots=True)
class EndedNote:
    """A note that a call is over and its clock is still to be stopped."""

    key: str
    call_id: CallId


@dataclass(frozen=True, slots=True)
class Page:
    """Some calls, newest first, and where the next page begins (empty: there is none)."""

    calls: tuple[Call, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Recount:
    """How many calls of an account were thought to run, and how many do."""

    account: str
    thought: int
    running: int


QUIET: Final = timedelta(minutes=1)
"""So long after its last change a number of running calls may be compared with an index."""


class CallStore(TurnStore):
    """Where calls are kept.

    A state only moves forward, a final one is never left, and the number of an account's running
    calls changes in the same transaction as the state.
    """

    @abstractmethod
    def create(
        self,
        call: Call,
        *,
        limits: OutboundLimits | None = None,
        idempotency_key: str = "",
        entry: AuditEntry | None = None,
    ) -> Created:
        """Keep the new *call*, unless it is there already.

        With an *idempotency_key* (unique per account, remembered for a day) the call that was
        first created under it is what counts. *limits* are counted in the same transaction, and
        *entry* is added to the audit in it.

        Raises:
            LimitReachedError: the account has no room for one more call.
        """

    @abstractmethod
    def record(self, call: Call) -> None:
        """Keep *call*, which was over before it began, unless it is there already."""

    @abstractmethod
    def get(self, call_id: str) -> Call:
        """Read one call.

        Raises:
            UnknownCallError: there is none.
        """

    @abstractmethod
    def attach(self, call_id: str, provider_call_id: str) -> None:
        """Keep the carrier's id for the call, if none is known yet."""

    @abstractmethod
    def advance(
        self, call_id: str, state: State, *, account: str, provider_call_id: str, at: datetime
    ) -> bool:
        """Move the call forward to *state*, and say whether it moved.

        It does not when the call is past that state, over, of another *account*, or known to
        the carrier by another id. Reaching `answered` keeps the time.
        """

    @abstractmethod
    def open(
        self,
        call_id: str,
        *,
        account: str,
        provider_call_id: str,
        at: datetime,
        answered_by: AnsweredBy | None = None,
    ) -> Opened | None:
        """Note that the first words are handed to the carrier, and give the call.

        One write where nothing went wrong. A call that is past its opening, or over, comes back
        as it is, with `first` false; nothing comes back for a call that *account* does not have,
        or that the carrier knows by another id.
        """

    @abstractmethod
    def request_end(self, call_id: str, reason: State, *, at: datetime, retry_at: datetime) -> Call:
        """Note that we want the call over, since *at*, and why; the first reason stays.

        The sweep looks after the call from *retry_at* on. A call that is over comes back as it is.

        Raises:
            UnknownCallError: there is none.
        """

    @abstractmethod
    def finish(self, call_id: str, ending: Ending, *, account: str) -> bool:
        """Make the call final, once, and say whether it was this that did it.

        What we asked for goes before what the carrier says. Frees the account's place, takes the
        call out of the live index and leaves an `EndedNote`, all in one transaction.
        """

    @abstractmethod
    def live(self) -> list[Call]:
        """Read all calls that are not over, oldest deadline first."""

    @abstractmethod
    def overdue(self, now: datetime, *, limit: int) -> list[Call]:
        """Read at most *limit* live calls whose deadline has passed."""

    @abstractmethod
    def recount(self, accounts: Collection[str], now: datetime) -> Sequence[Recount]:
        """Count the running calls of *accounts* anew, and mend what was counted wrong.

        The number changes in the transaction that begins or ends a call, so that only a hand in
        the table, or a table that was restored, makes it wrong. What is counted here may be some
        moments old: an account whose calls began or ended within `QUIET` keeps its number, and
        so does one whose number changes meanwhile.
        """

    @abstractmethod
    def postpone(self, call_id: str, deadline: datetime) -> None:
        """Let the sweep look after a live call again at *deadline*."""

    @abstractmethod
    def history(
        self, account: str, *, limit: int, cursor: str = "", period: Period = ALWAYS
    ) -> Page:
        """Read the calls of *account* that began in *period*, newest first.

        They begin behind *cursor*, whosever call it is of.

        Raises:
            InvalidParamsError: *cursor* is not one that we gave.
        """

    @abstractmethod
    def cursor_after(self, call: Call) -> str:
        """The cursor of the page that begins behind *call*."""

    @abstractmethod
    def ended_notes(self, *, limit: int) -> list[EndedNote]:
        """Read at most *limit* notes about calls whose clock is still to be stopped."""

    @abstractmethod
    def drop_ended_note(self, note: EndedNote) -> None:
        """Forget *note*: the clock of its call is stopped."""


class AccountStore(ABC):
    """Where the owner's settings are kept."""

    @abstractmethod
    def get(self, account_id: str) -> Account:
        """Read one account.

        Raises:
            UnknownAccountError: there is none.
        """

    @abstractmethod
    def phone(self) -> Phone | None:
        """Read which accounts there are, and which is the default."""

    @abstractmethod
    def settings(self) -> PhoneSettings:
        """Read the settings that were last saved; version 0 if none were."""

    @abstractmethod
    def save_settings(self, new: NewSettings) -> None:
        """Keep all of *new* at once, with its entry in the audit.

        Raises:
            SettingsConflictError: the version before it is not the one that is there.
        """

    @abstractmethod
    def simulator(self) -> Simulator | None:
        """Read where simulated carriers are, if there are any."""

    @abstractmethod
    def save_simulator(self, simulator: Simulator) -> None:
        """Keep where simulated carriers are."""


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some entries, newest first, and where the next page begins (empty: there is none)."""

    entries: tuple[AuditEntry, ...]
    cursor: str


class AuditStore(ABC):
    """Where it is kept what was done; nothing there is ever changed or taken away.

    But for the number of somebody who is to be forgotten (`PeopleStore.mask`).
    """

    @abstractmethod
    def append(self, entry: AuditEntry) -> None:
        """Keep *entry*, which nothing can take the place of."""

    @abstractmethod
    def page(self, topic: Topic, *, limit: int, cursor: str = "") -> AuditPage:
        """Read at most *limit* entries about *topic*, newest first, from behind *cursor* on.

        Raises:
            InvalidParamsError: *cursor* is not one that we gave.
        """


class Scope(StrEnum):
    """What a token lets its bearer do."""

    READ = "read"
    WRITE = "write"

    def covers(self, wanted: "Scope") -> bool:
        """Whether whoever has this scope may do what needs *wanted*."""
        return self is Scope.WRITE or wanted is Scope.READ


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """What is kept of a token: never the token itself."""

    digest: str
    """SHA-256 of the token, in hexadecimal."""
    token_id: str
    name: str
    scope: Scope
    last_four: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that signed in with a token: never the secret in its cookie."""

    digest: str
    """SHA-256 of that secret, in hexadecimal."""
    token_digest: str
    expires_at: datetime


class TokenStore(ABC):
    """Where access tokens are kept, and who signed in with them."""

    @abstractmethod
    def find(self, digest: str) -> AccessToken | None:
        """Read the token whose SHA-256 is *digest*."""

    @abstractmethod
    def add(self, token: AccessToken) -> None:
        """Keep *token*."""

    @abstractmethod
    def remove(self, digest: str) -> None:
        """Forget the token whose SHA-256 is *digest*; harmless when there is none."""

    @abstractmethod
    def all(self) -> Sequence[AccessToken]:
        """Read all tokens, oldest first."""

    @abstractmethod
    def open_session(self, session: Session) -> None:
        """Keep *session*; it is forgotten some time after it expires."""

    @abstractmethod
    def session(self, digest: str) -> Session | None:
        """Read the session whose SHA-256 is *digest*; it may have expired."""

    @abstractmethod
    def close_session(self, digest: str) -> None:
        """Forget the session whose SHA-256 is *digest*; harmless when there is none."""
