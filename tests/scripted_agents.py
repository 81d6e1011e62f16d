"""An agent that says in each turn of a whole call what the test wants, and how slowly."""

import time
from collections.abc import Callable, Iterator
from threading import Event
from typing import Any

import pytest

from chalicelib.agents import registry
from chalicelib.agents.base import Agent
from chalicelib.calls.replies import Act, EndCall, Piece, Speak
from chalicelib.calls.terms import AgentKind
from chalicelib.calls.transcript import Conversation
from chalicelib.overriding import override

Bit = str | Act | float | Event | Exception
"""A piece of a reply: a sentence, an act, seconds or an event to wait for, or a failure."""

PATIENCE_SECS = 60.0


class Storyteller(Agent):
    """Says in each turn what was written for it; behind the last turn it says goodbye."""

    def __init__(self) -> None:
        self.turns: list[tuple[Bit, ...]] = []
        self.asked: list[list[str]] = []

    def script(self, *turns: tuple[Bit, ...] | str) -> None:
        """Say this, turn by turn."""
        self.turns = [(turn,) if isinstance(turn, str) else turn for turn in turns]
        self.asked.clear()

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        self.asked.append([line.text for line in conversation.lines])
        for bit in self.turns.pop(0) if self.turns else ("Goodbye.", EndCall()):
            match bit:
                case str():
                    yield Speak(bit)
                case float() | int():
                    time.sleep(bit)
                case Event():
                    bit.wait(PATIENCE_SECS)
                case Exception():
                    raise bit
                case _:
                    yield bit


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Storyteller:
    """Have a storyteller answer all calls."""
    teller = Storyteller()
    makers: Any = registry.AGENTS
    make: Callable[..., Agent] = lambda *_: teller  # noqa: E731  # what the registry holds
    monkeypatch.setitem(makers, AgentKind.OFFLINE, make)
    return teller
