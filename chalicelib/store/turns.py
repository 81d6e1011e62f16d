"""What we ask of a memory for what is said in a call: each thing once, in its place."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.calls.call import Call, State
from chalicelib.calls.transcript import Conversation, Line, Slot


class Heard(StrEnum):
    """What became of something that the far end said."""

    FRESH = "fresh"
    """It is kept; somebody should answer it."""
    REPEATED = "repeated"
    """That turn has been heard already: a carrier delivered twice."""
    OVER = "over"
    """The call has ended, or never was."""


@dataclass(frozen=True, slots=True)
class Interposed:
    """What became of something that was said during a wait, and the turn to answer now."""

    heard: Heard
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What we answer to a turn, and what is remembered of the call with it."""

    line: Line
    heard: int
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


class TurnStore(ABC):
    """Where the turns of calls are kept."""

    @abstractmethod
    def conversation(self, call_id: str) -> Conversation:
        """Read one call with all that was said in it, in one request.

        Raises:
            UnknownCallError: there is none.
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
        for what was delivered before, when the call is over, or when it does not converse; but
        whoever kept it, known as *by*, and comes again, gets the call again, as long as nothing
        more was heard.
        """

    @abstractmethod
    def interpose(
        self, call_id: str, turn: int, line: Line, *, delivery: str, account: str
    ) -> Interposed | None:
        """Keep what the far end said while it waited for the reply to *turn*, once per *delivery*.

        It is answered instead: a reply that is there, and that nobody told it yet, is as if it had
        never been given, and what is still to come of it will not be kept. Beside a reply that was
        told, or that ends the call, it is kept, and nothing else happens (`repeated`). Nothing
        comes back when the call is over.
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
    def note_told(self, call_id: str, turn: int, part: int, saying: str, at: datetime) -> None:
        """Note that the reply that opened *turn* went out up to *part*, once.

        *saying* is what of it the document says that went out *at* that time.
        """

    @abstractmethod
    def interject(
        self, call: Call, slot: Slot, line: Line, *, given: int = 0, filler: bool = False
    ) -> bool:
        """Put *line* into *slot*, while the call stands as in *call*; say whether it was put.

        The carrier is *given* that many utterances to speak it. A call that listened is `speaking`
        then; one whose agent thinks, or that speaks anyway, goes on with that. A *filler* counts.
        """

    @abstractmethod
    def overtake(self, call: Call, slot: Slot, line: Line, again: Line | None = None) -> bool:
        """Put *line* into *slot* and *again* behind it, while the call stands as in *call*.

        They are what is being said from then on, instead of what was. Says whether it was put.
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
