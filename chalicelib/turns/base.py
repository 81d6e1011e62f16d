"""How one turn of the agent is asked for."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.calls.events import CarrierEvent
from chalicelib.calls.transcript import Line
from chalicelib.calls.verbs import Manner

WHOLE_SECS: Final = 1.5
"""So long a webhook waits for a whole reply before it looks for its first sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The turn of a call that is to be answered."""

    account: str
    call_id: str
    turn: int
    at: datetime
    """When the webhook came in."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The agent's line, and the manner to speak it in."""

    line: Line
    manner: Manner


@dataclass(frozen=True, slots=True)
class Reading:
    """Sentences that may be wanted soon, in the voice that *manner* names."""

    texts: tuple[str, ...]
    manner: Manner


class Turns(ABC):
    """The way to the function `take_turn`, which asks the agent and keeps its reply."""

    @abstractmethod
    def read_ahead(self, account: str, reading: Reading) -> None:
        """Have *reading* made into sounds, and do not wait for it; if that fails, never mind."""

    @abstractmethod
    def submit(self, account: str, event: CarrierEvent) -> None:
        """Have *event* acted upon, and do not wait for it.

        Raises:
            AgentError: it could not be handed over; the carrier is to deliver it again.
        """

    @abstractmethod
    def take(self, question: Question, *, wait_secs: float) -> Answer | None:
        """Have *question* answered, and wait at most *wait_secs* for the whole reply.

        Nothing comes back when it takes longer (it goes on, and the reply will be in the
        store), or when the call is over.

        Raises:
            AgentError: it failed, and no reply will come.
        """
