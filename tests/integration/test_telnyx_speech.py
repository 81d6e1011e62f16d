"""What follows the words at a carrier that tells only that some words ended."""

import time
from collections.abc import Callable, Iterator

import pytest

from chalicelib.agents import registry
from chalicelib.agents.base import Agent
from chalicelib.calls.replies import Piece
from chalicelib.calls.terms import AgentKind
from chalicelib.calls.transcript import Conversation
from chalicelib.overriding import override
from moltis.carriers.line import Says
from tests.builders import Said, said
from tests.phone import Phone, a_phone, audible, words

LONG = " ".join(f"This is sentence number {number} of a long farewell." for number in range(100))


class LateAgent(Agent):
    """Says what the test wants, and takes its time."""

    def __init__(self, *replies: Callable[[], Said]) -> None:
        self._replies = list(replies)

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        yield from self._replies.pop(0)()


@pytest.fixture
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    agent = {"reply_budget_secs": 0.2, "timeout_secs": 20}
    with a_phone("telnyx", speed=request.param, agent=agent) as running:
        yield running


# Slow enough that a filler is still being spoken when the reply is there.
slowly = pytest.mark.parametrize("phone", [4.0], indirect=True, ids=["slowly"])
quickly = pytest.mark.parametrize("phone", [100.0], indirect=True, ids=["quickly"])


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def script(*replies: Callable[[], Said]) -> None:
        agent = LateAgent(*replies)
        monkeypatch.setitem(registry.AGENTS, AgentKind.OFFLINE, lambda *_: agent)

    return script


def late(secs: float, reply: Said) -> Callable[[], Said]:
    def wait() -> Said:
        time.sleep(secs)
        return reply

    return wait


def heard_whole(phone: Phone, call: dict[str, object]) -> list[bool]:
    return [moment.whole for moment in phone.at_carrier(call).heard]


@slowly
def test_a_late_farewell_is_heard_to_its_end_though_its_filler_is_still_spoken(
    phone: Phone, answers: Callable[..., None]
) -> None:
    answers(late(0.3, said("Goodbye, and thank you for your call.", end_call=True)))

    call = phone.over(phone.initiate(phone.far_end(Says("Bye!")), "Hello."))

    assert [text for _, text in words(call)][3:] == ["Goodbye, and thank you for your call."]
    assert words(call) == audible(phone, call)
    assert heard_whole(phone, call) == [True] * 3
    assert call["end_reason"] == "hangup_bot"
    assert phone.at_carrier(call).alerts == []


@quickly
def test_a_farewell_of_several_commands_is_heard_to_its_end(
    phone: Phone, answers: Callable[..., None]
) -> None:
    answers(late(0, said(LONG, end_call=True)))

    call = phone.over(phone.initiate(phone.far_end(Says("Bye!")), "Hello."))

    heard = phone.at_carrier(call).heard
    assert len(LONG) > 3000
    assert " ".join(moment.text for moment in heard[1:]) == LONG
    assert heard_whole(phone, call) == [True] * len(heard)
    assert call["end_reason"] == "hangup_bot"
