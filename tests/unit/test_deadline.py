from collections.abc import Iterator
from threading import Event
from typing import Final

import pytest

from chalicelib.agents.base import Agent
from chalicelib.agents.deadline import Punctual
from chalicelib.calls.replies import Piece, Speak
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import AgentError
from chalicelib.overriding import override
from tests.builders import a_call, a_line

CONVERSATION: Final = Conversation(a_call(), (a_line(),))


class Counting(Agent):
    """Says numbers, and waits before each one but the first until it is let go on."""

    def __init__(self, *, last: int, error: Exception | None = None) -> None:
        self._last = last
        self._error = error
        self.may_go_on = Event()
        self.ended = Event()

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        try:
            for number in range(1, self._last + 1):
                yield Speak(f"{number}.")
                self.may_go_on.wait(10)
            if self._error:
                raise self._error
        finally:
            self.ended.set()


def test_every_piece_arrives_in_order() -> None:
    agent = Counting(last=3)
    agent.may_go_on.set()

    pieces = list(Punctual(agent, 60).reply(CONVERSATION))

    assert pieces == [Speak("1."), Speak("2."), Speak("3.")]


def test_whoever_hangs_is_given_up_after_what_was_said() -> None:
    agent = Counting(last=2)
    said: list[Piece] = []

    with pytest.raises(AgentError, match="no whole reply within 1 s"):
        said.extend(Punctual(agent, 1).reply(CONVERSATION))

    assert said == [Speak("1.")]
    agent.may_go_on.set()


@pytest.mark.parametrize("error", [AgentError("it is down"), ValueError("a bug")])
def test_what_goes_wrong_is_raised_where_it_is_waited_for(error: Exception) -> None:
    agent = Counting(last=0, error=error)

    with pytest.raises(type(error)) as raised:
        list(Punctual(agent, 60).reply(CONVERSATION))

    assert raised.value is error


def test_an_agent_that_nobody_listens_to_any_more_stops() -> None:
    agent = Counting(last=1_000_000)
    pieces = Punctual(agent, 60).reply(CONVERSATION)

    assert next(pieces) == Speak("1.")
    del pieces
    agent.may_go_on.set()

    assert agent.ended.wait(60)
