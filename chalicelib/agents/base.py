"""Who answers in a call; the only place where the promise is documented."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

from chalicelib.calls.replies import Piece
from chalicelib.calls.transcript import Conversation


class Agent(ABC):
    """Somebody who listens, thinks and speaks."""

    @abstractmethod
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        """Answer the last line of *conversation*, piece by piece, as they come to mind.

        First what is spoken, each piece at least a whole sentence; at last one act, or none: then
        the conversation goes on. What is not speakable in them is taken out by whoever asked.

        Raises:
            AgentError: it cannot, or cannot go on.
        """
