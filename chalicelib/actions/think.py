"""Let an agent think in a thread of its own: whoever waits may do something meanwhile."""

import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final

from chalicelib import log
from chalicelib.calls.replies import Act, Piece, Speak
from chalicelib.calls.speakable import speakable
from chalicelib.errors import AgentError

ATTEMPTS: Final = 2
"""How often an agent is asked that fails before it has said anything."""
LINGER_SECS: Final = 0.05
"""What comes to mind that soon after something else is said together with it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What came to mind: words that can be spoken, maybe an act, and whether there is more."""

    text: str
    act: Act | None
    more: bool
    at: datetime
    """When the first of them was there."""


@dataclass(frozen=True, slots=True)
class _Thought:
    """A piece that came to mind; nothing when there are no more."""

    piece: Piece | None
    at: datetime


class Thinking:
    """One reply as it comes to mind.

    *ask* begins it, and *check* refuses an act that cannot be done. An agent that fails before it
    has said anything is asked once more.
    """

    def __init__(
        self,
        ask: Callable[[], Iterator[Piece]],
        *,
        check: Callable[[Act], None],
        now: Callable[[], datetime],
    ) -> None:
        self._ask = ask
        self._check = check
        self._now = now
        self._thoughts: SimpleQueue[_Thought | AgentError] = SimpleQueue()
        self._given_up = Event()
        self._spoke = False
        known = copy_context()
        Thread(target=known.run, args=(self._think,), name="thinking", daemon=True).start()

    def take(self, *, until: float, together_until: float = 0.0) -> Words | None:
        """Give the next words; nothing if there are none at *until*, on the monotonic clock.

        What comes before *together_until*, too, is given with them.

        Raises:
            AgentError: there will be none, or no more.
        """
        thought = self._next(until)
        if thought is None:
            return None
        if isinstance(thought, AgentError):
            raise thought
        first, texts, act = thought, [], None
        while isinstance(thought, _Thought) and thought.piece:
            if isinstance(thought.piece, Speak):
                texts.append(thought.piece.text)
            else:
                act = thought.piece
            thought = self._next(max(together_until, time.monotonic() + LINGER_SECS))
        if isinstance(thought, AgentError):
            # What it has said before counts; the next to ask learns of it.
            self._thoughts.put(thought)
        more = not isinstance(thought, _Thought)
        return Words(" ".join(texts), act, more, first.at)

    def give_up(self) -> None:
        """Wait for nothing any more, and do not ask again."""
        self._given_up.set()

    def _next(self, until: float) -> _Thought | AgentError | None:
        try:
            return self._thoughts.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            return None

    def _think(self) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._say_all()
            except AgentError as error:
                failure = error
            except Exception as error:  # noqa: BLE001  # whatever it is, somebody is listening
                log.error("agent is broken")
                failure = AgentError(f"the agent is broken: {type(error).__name__}")
            else:
                self._thoughts.put(_Thought(None, self._now()))
                return
            if self._spoke or self._given_up.is_set() or attempt == ATTEMPTS:
                self._thoughts.put(failure)
                return
            log.warning("agent failed, and is asked again", reason=str(failure))

    def _say_all(self) -> None:
        acts = False
        for piece in self._ask():
            if self._given_up.is_set():
                return
            if isinstance(piece, Speak):
                self._say(piece.text)
                continue
            self._check(piece)
            self._thoughts.put(_Thought(piece, self._now()))
            acts = True
            break
        if not self._spoke and not acts:
            message = "the reply is empty"
            raise AgentError(message)

    def _say(self, text: str) -> None:
        spoken = speakable(text)
        if spoken:
            self._spoke = True
            self._thoughts.put(_Thought(Speak(spoken), self._now()))
