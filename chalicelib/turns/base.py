"""How one turn of the agent is asked for."""

from abc import ABC, abstractmethod

from chalicelib.calls.transcript import Line


class Turns(ABC):
    """The way to the function `take_turn`, which asks the agent and keeps its reply."""

    @abstractmethod
    def take(self, call_id: str, turn: int, *, budget_secs: float) -> Line | None:
        """Have *turn* answered, and wait at most *budget_secs* for the reply.

        Nothing comes back when it takes longer (it goes on, and the reply will be in the
        store), when it failed, or when the call is over.
        """
