"""An agent that is never waited for longer than it may take, whatever it hangs on."""

from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Final

from chalicelib.agents.base import Agent
from chalicelib.calls.replies import Piece
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import AgentError
from chalicelib.overriding import override

LATER_SECS: Final = 1.0
"""So much later than the deadline a socket gives up by itself, and its thread ends."""


class Punctual(Agent):
    """Lets *agent* think in a thread of its own, and stops listening after *timeout_secs*.

    A timeout of a socket begins anew with each byte; this one does not.
    """

    def __init__(self, agent: Agent, timeout_secs: float) -> None:
        self.agent = agent
        self._timeout_secs = timeout_secs

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        deadline = monotonic() + self._timeout_secs
        thought: SimpleQueue[Piece | Exception | None] = SimpleQueue()
        given_up = Event()
        Thread(target=self._think, args=(conversation, thought, given_up), daemon=True).start()
        try:
            while (piece := self._next(thought, deadline)) is not None:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            given_up.set()

    def _next(
        self, thought: SimpleQueue[Piece | Exception | None], deadline: float
    ) -> Piece | Exception | None:
        try:
            return thought.get(timeout=max(0.0, deadline - monotonic()))
        except Empty:
            message = f"no whole reply within {self._timeout_secs:g} s"
            raise AgentError(message) from None

    def _think(
        self,
        conversation: Conversation,
        thought: SimpleQueue[Piece | Exception | None],
        given_up: Event,
    ) -> None:
        end: Exception | None = None
        try:
            for piece in self.agent.reply(conversation):
                if given_up.is_set():
                    break
                thought.put(piece)
        except Exception as error:  # noqa: BLE001  # it is raised where it is waited for
            end = error
        thought.put(end)
