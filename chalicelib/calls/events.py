"""What a carrier can tell us."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.calls.call import AnsweredBy, CallFailure, State


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierEvent:
    """Something happened to a call; the base of all events.

    `delivery` names what was delivered, where the carrier signs such a name.
    `call_id` is ours, as we put it into the callback's address; empty for a call that we did
    not place. `raw` is what the carrier sent, for debugging only: nothing decides on it.
    """

    provider_call_id: str
    call_id: str = ""
    delivery: str = field(default="", compare=False)
    raw: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallArrived(CarrierEvent):
    """Somebody calls us, and the carrier asks what to do; numbers as the carrier wrote them."""

    from_number: str
    to_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOpened(CarrierEvent):
    """A call that we placed was answered, and the carrier asks what to do."""

    answered_by: AnsweredBy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallProgressed(CarrierEvent):
    """The call rings, or was answered."""

    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CarrierEvent):
    """The call is over at the carrier.

    `reason` is none when the carrier says only that it is over: who ended it is ours to know.
    """

    reason: State | None = None
    error: CallFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineDetected(CarrierEvent):
    """It turns out, after our first words, that an answering machine hears them."""


class Input(StrEnum):
    """What came out of listening."""

    SPEECH = "speech"
    KEYS = "keys"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputGathered(CarrierEvent):
    """We listened in `turn`, and this came of it; `quiet` counts the silences in a row before."""

    turn: int
    input: Input
    text: str = ""
    quiet: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InputOverheard(CarrierEvent):
    """The far end said or pressed something, while we listened all the time.

    `delivery` names the event, however often it is delivered; `at` is the carrier's time.
    """

    delivery: str
    at: datetime
    input: Input
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEnded(CarrierEvent):
    """Words of ours were spoken to their end, or were cut short.

    `delivery` names the event, however often it is delivered; which words they were, nobody tells.
    `heard` is how often the far end had been heard when they were given to the carrier.
    """

    delivery: str
    heard: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyAwaited(CarrierEvent):
    """The carrier comes back, and asks whether the reply to `turn` is there, from `part` on.

    `since` is when the far end was heard, `told` when it was last told something, in Unix
    milliseconds.
    """

    turn: int
    since: int
    told: int = 0
    part: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class InputInterposed(CarrierEvent):
    """The far end said or pressed something while it waited for the reply to `turn`.

    `told` is when it was last told something before, in Unix milliseconds: each wait has its own.
    """

    turn: int
    told: int
    input: Input
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEnded(CarrierEvent):
    """The call was handed to a person in `turn`; whether they were `reached`, and have hung up.

    It may be told by the carrier's call with that person: then `provider_call_id` is that one's.
    """

    turn: int
    reached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeAsked(CarrierEvent):
    """We interrupted the call to do what the line in `slot` says; the carrier asks for it."""

    slot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent(CarrierEvent):
    """Something that we have no word for; acknowledged and otherwise ignored."""

    name: str
