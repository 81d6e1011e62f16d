"""Who answers in a call; the only place where the promise is documented."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from chalicelib.calls.transcript import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the agent says next, and whether the conversation ends with it."""

    text: str
    end_call: bool = False


class Agent(ABC):
    """Somebody who listens, thinks and speaks."""

    @abstractmethod
    def reply(self, conversation: Conversation) -> Reply:
        """Answer the last line of *conversation*.

        Raises:
            AgentError: it cannot.
        """
