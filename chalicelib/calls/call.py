"""A call, and the order its states may follow."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType
from uuid import NAMESPACE_URL, uuid4, uuid5

from chalicelib.calls.phone_numbers import masked
from chalicelib.calls.replies import Act, Transfer
from chalicelib.calls.terms import AgentSettings, SpeechSettings
from chalicelib.overriding import override

CallId = NewType("CallId", str)


class State(StrEnum):
    """Where a call stands; the last seven are final."""

    INITIATED = "initiated"
    RINGING = "ringing"
    ANSWERED = "answered"
    ACTIVE = "active"
    """Somebody was heard and the agent is thinking."""
    SPEAKING = "speaking"
    LISTENING = "listening"
    COMPLETED = "completed"
    """A notify was heard to its end, or the carrier says only that it is over."""
    HANGUP_USER = "hangup_user"
    HANGUP_BOT = "hangup_bot"
    TIMEOUT = "timeout"
    """The maximum duration ended it."""
    ERROR = "error"
    NO_ANSWER = "no_answer"
    BUSY = "busy"

    @property
    def is_final(self) -> bool:
        """Whether the call is over; a final state is never left."""
        return self not in _RANK


class Mode(StrEnum):
    """What a call is for."""

    CONVERSATION = "conversation"
    NOTIFY = "notify"


class Direction(StrEnum):
    """Who called whom."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class AnsweredBy(StrEnum):
    """Who picked up, as far as the carrier can tell."""

    HUMAN = "human"
    MACHINE = "machine"


class OnMachine(StrEnum):
    """What becomes of a call that an answering machine takes."""

    OFF = "off"
    """Nobody looks whether it is one."""
    HANGUP = "hangup"
    LEAVE_MESSAGE = "leave_message"


_RANK: Final = {
    State.INITIATED: 0,
    State.RINGING: 1,
    State.ANSWERED: 2,
    State.ACTIVE: 3,
    State.SPEAKING: 3,
    State.LISTENING: 3,
}
_TALKING: Final = 3

LOOK_AT_LIVE_EVERY: Final = timedelta(minutes=5)
"""How often the carrier is asked whether a call that goes on really does."""

LIVE_STATES: Final = frozenset(_RANK)


def may_become(state: State) -> frozenset[State]:
    """Which states may be followed by *state*: forwards only, and never out of a final one."""
    if state.is_final:
        return LIVE_STATES
    rank = _RANK[state]
    return frozenset(
        before
        for before, its_rank in _RANK.items()
        if its_rank < rank or (its_rank == rank == _TALKING)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailure:
    """Why a call ended in `error`: a slug or the carrier's own code, and a sentence."""

    code: str
    message: str
    is_carriers_own: bool = False
    """Whether it was about the carrier, so that another one might do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One telephone call as we remember it; times are aware and in UTC.

    What the account's settings said when the call began is frozen on it, so that a change of
    settings never touches a live call.
    """

    call_id: CallId
    account: str
    provider: str
    direction: Direction
    mode: Mode
    from_number: str
    to_number: str
    started_at: datetime
    deadline: datetime
    """When the sweep looks after it, whatever else happened."""
    max_duration_secs: int
    ring_timeout_secs: int = 30
    notify_hangup_delay_secs: int = 3
    opening: str = ""
    """The first words: the message of an outbound call, the greeting of an inbound one."""
    language: str = "en-US"
    voice: str = ""
    agent: AgentSettings | None = None
    """Who answers, as it was settled; nothing in calls of an older version."""
    speech: SpeechSettings = field(default_factory=SpeechSettings)
    """Who reads aloud what we say, and with which voice."""
    on_machine: OnMachine = OnMachine.OFF
    answered_by: AnsweredBy | None = None
    provider_call_id: str = ""
    state: State = State.INITIATED
    reports_speech: bool = False
    """Whether the carrier listens all the time, and tells when our words were heard."""
    heard: int = 0
    """How often the far end was heard, where it may speak at any time."""
    given: int = 0
    """How many utterances the carrier was given to speak since then, where it tells their ends."""
    spoken: frozenset[str] = frozenset()
    """Which of them were spoken to their end, by the names of what told it."""
    quiet: int = 0
    """How many silences in a row went before what we say now, where nobody else knows."""
    parts: int = 0
    """How many parts of the newest reply there are."""
    more: bool = False
    """Whether more parts of it are to come."""
    told: int = 0
    """How many of them went out in a document, where the carrier had to come back for them."""
    saying: str = ""
    """What the newest document says, where it is no reply in one piece and not the first words."""
    said_at: datetime | None = None
    """Since when."""
    act: Act | None = None
    """What we do once the newest reply was spoken."""
    failures: int = 0
    """In how many turns in a row the agent had nothing to say."""
    fillers: int = 0
    """How often the far end was asked to wait."""
    turn: int = 1
    """The turn whose answer is awaited; each turn is something we said and what came back."""
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    opened_at: datetime | None = None
    """When the first words were handed to the carrier."""
    ended_at: datetime | None = None
    end_requested: State | None = None
    """The final state that we asked for, kept until the carrier confirms."""
    end_requested_at: datetime | None = None
    error: CallFailure | None = None
    version: int = 1

    @property
    def state_when_opened(self) -> State:
        """What the far end is part of once it has our first document."""
        if self.reports_speech or self.mode is Mode.NOTIFY:
            return State.SPEAKING
        return State.LISTENING

    @property
    def converses(self) -> bool:
        """Whether the far end is listened to: not by a message, and no machine is."""
        return self.mode is Mode.CONVERSATION and self.answered_by is not AnsweredBy.MACHINE

    @property
    def has_spoken(self) -> bool:
        """Whether all that the carrier was given to speak has been spoken."""
        return len(self.spoken) >= self.given

    @property
    def our_number(self) -> str:
        """The number that is ours."""
        return self.from_number if self.direction is Direction.OUTBOUND else self.to_number

    @property
    def is_with_person(self) -> bool:
        """Whether the far end is being put through to a person, or was: it does not talk to us."""
        is_handed = isinstance(self.act, Transfer) and self.has_spoken and not self.more
        return is_handed and self.state in {State.SPEAKING, State.LISTENING}

    @property
    def must_end_at(self) -> datetime:
        """When its maximum duration is over."""
        return self.started_at + timedelta(seconds=self.max_duration_secs)

    @property
    def is_answered(self) -> bool:
        """Whether somebody picked up, as far as we know."""
        return self.state not in {State.INITIATED, State.RINGING}

    @property
    def natural_end(self) -> State:
        """How the call ended if the carrier says only that it is over."""
        return State.COMPLETED if self.mode is Mode.NOTIFY else State.HANGUP_USER

    @property
    def end_reason(self) -> State | None:
        """The final state, once there is one."""
        return self.state if self.state.is_final else None

    @property
    def other_party(self) -> str:
        """The number of whoever is not us."""
        return self.to_number if self.direction is Direction.OUTBOUND else self.from_number

    def ended(self, reason: State, *, at: datetime, error: CallFailure | None = None) -> "Call":
        """Give the same call, over since *at*; what we asked for goes before *reason*."""
        state = self.end_requested or reason
        return replace(
            self,
            state=state,
            ended_at=at,
            error=error if state is State.ERROR else None,
            version=self.version + 1,
        )

    @override
    def __str__(self) -> str:
        return f"call {self.call_id} with {masked(self.other_party)} ({self.state})"


def new_call_id() -> CallId:
    """Invent the id of an outbound call: unguessable, and safe in a URL."""
    return CallId(str(uuid4()))


def inbound_call_id(account: str, provider_call_id: str) -> CallId:
    """Derive the id of an inbound call, so that each of its webhooks finds the same item."""
    return CallId(str(uuid5(NAMESPACE_URL, f"moltis-phone:{account}:{provider_call_id}")))
