"""What we ask of a memory: every write is conditional, and says whether it happened."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.accounts.account import Account, OutboundLimits, Phone
from chalicelib.accounts.audit import AuditEntry, Topic
from chalicelib.accounts.phone_settings import NewSettings, PhoneSettings
from chalicelib.accounts.simulator import Simulator
from chalicelib.calls.call import AnsweredBy, Call, CallFailure, CallId, State
from chalicelib.calls.search import ALWAYS, Period
from chalicelib.calls.transcript import Conversation, Line, Slot


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


class Heard(StrEnum):
    """What became of something that the far end said."""

    FRESH = "fresh"
    """It is kept; somebody should answer it."""
    REPEATED = "repeated"
    """That turn has been heard already: a carrier delivered twice."""
    OVER = "over"
    """The call has ended, or never was."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What we answer to a turn, and what is remembered of the call with it."""

    line: Line
    heard: int = 0
    """How often the far end had been heard when we were asked."""
    given: int = 0
    """How many utterances the carrier is given to speak it, where it tells their ends."""
    speaking: bool = False
    """Whether the call speaks until the carrier tells that all was spoken."""
    quiet: int = 0
    """How many silences in a row it answers."""
    told: bool = False
    """Whether a document takes it out at once, so that nobody has to come back for it."""
    failed: bool | None = None
    """Whether the agent had nothing to say; none if it was not asked."""

    @property
    def state(self) -> State:
        """How the call stands once it is given."""
        speaks = self.given or self.speaking or self.line.more or self.line.ends_call
        return State.SPEAKING if speaks else State.LISTENING


@dataclass(frozen=True, slots=True)
class Overheard:
    """The call after the far end was heard, and whether that cut our own words short."""

    call: Call
    interrupts: bool
    turn: int
    """The turn in which it was heard; the call is further if it was answered before."""


class CallStore(ABC):
    """Where calls are kept.

    A state only moves forward, a final one is never left, and the number of an account's running
    calls changes in the same transaction as the state.
    """

    @abstractmethod
    def create(
        self, call: Call, *, limits: OutboundLimits | None = None, idempotency_key: str = ""
    ) -> Created:
        """Keep the new *call*, unless it is there already.

        With an *idempotency_key* (unique per account, remembered for a day) the call that was
        first created under it is what counts. *limits* are counted in the same transaction.

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
    def conversation(self, call_id: str) -> Conversation:
        """Read one call with all that was said in it, in one request.

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
    def hear(
        self, call_id: str, turn: int, line: Line, *, account: str, delivery: str = ""
    ) -> Heard:
        """Keep what the far end said in *turn*, once, and move the call to `active`.

        Only the turn that the call is waiting for can be heard, and of each *delivery*, where the
        carrier names it, only the first.
        """

    @abstractmethod
    def overhear(
        self, call_id: str, line: Line, *, delivery: str, account: str, by: str = ""
    ) -> Overheard | None:
        """Keep what the far end said at any time, once per *delivery*; the call is `active` then.

        What was given to the carrier to speak before does not count any more. Nothing comes back
        for what was delivered before, or when the call is over; but whoever kept it, known as *by*,
        and comes again, gets the call again, as long as nothing more was heard.
        """

    @abstractmethod
    def reply(self, call_id: str, turn: int, reply: Reply) -> Line | None:
        """Keep *reply* as the answer to *turn*, once, and open the next turn with it.

        Gives the line that counts: of *reply*, or the one that was there before; nothing when
        the call is over, or when the far end was heard more often meanwhile. A line that ends the
        call also notes that we asked for that (`hangup_bot`).
        """

    @abstractmethod
    def go_on(self, call_id: str, turn: int, reply: Reply) -> bool:
        """Keep *reply* as the next part of what opened *turn*, once; say whether it was kept.

        It is not when the reply was whole already, when the call is over or in another turn, or
        when the far end was heard more often meanwhile.
        """

    @abstractmethod
    def parts(self, call_id: str, turn: int) -> list[Line]:
        """Read what there is of the reply that opened *turn*, in its order."""

    @abstractmethod
    def note_told(self, call_id: str, turn: int, part: int) -> None:
        """Note that the reply that opened *turn* went out in a document up to *part*."""

    @abstractmethod
    def interject(
        self, call: Call, slot: Slot, line: Line, *, given: int = 0, filler: bool = False
    ) -> bool:
        """Put *line* into *slot*, while the call stands as in *call*; say whether it was put.

        The carrier is *given* that many utterances to speak it. A call that listened is `speaking`
        then; one whose agent thinks, or that speaks anyway, goes on with that. A *filler* counts.
        """

    @abstractmethod
    def note_spoken(self, call_id: str, delivery: str, *, heard: int, account: str) -> Call | None:
        """Note that an utterance was spoken to its end, once per *delivery*; give the call.

        Nothing comes back when the call is over, of another *account*, or was *heard* more often
        since the utterance was given to the carrier.
        """

    @abstractmethod
    def add_line(self, call_id: str, slot: Slot, line: Line) -> bool:
        """Put *line* into *slot*, unless something is there; say whether it was put."""

    @abstractmethod
    def line(self, call_id: str, slot: Slot) -> Line | None:
        """Read the line in *slot*."""

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
    """Where it is kept what was done; nothing there is ever changed or taken away."""

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
