"""The turn of an agent that is slow, fails, or never comes back."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from chalicelib.agents import registry
from chalicelib.agents.base import Agent
from chalicelib.calls.replies import Piece
from chalicelib.calls.terms import AgentKind
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import AgentError
from chalicelib.overriding import override
from moltis.carriers.line import Says
from tests.builders import Said, said
from tests.phone import Phone, a_phone, audible, words

APOLOGY = "I am sorry, I could not work that out. Could you say it again?"
FILLERS = {"One moment, please.", "Let me see.", "Just a second."}


class StubbedAgent(Agent):
    """Does in each turn what the test wants; counts how often it was asked."""

    def __init__(self) -> None:
        self.turns: list[Callable[[], Said]] = []
        self.asked = 0

    @override
    def reply(self, conversation: Conversation) -> Iterator[Piece]:
        self.asked += 1
        turn = self.turns.pop(0) if self.turns else goodbye
        yield from turn()


def goodbye() -> Said:
    return said("Goodbye.", end_call=True)


def after(secs: float, text: str) -> Callable[[], Said]:
    def reply() -> Said:
        time.sleep(secs)
        return said(text)

    return reply


def fails() -> Said:
    message = "the model is down"
    raise AgentError(message)


def crashes() -> Said:
    message = "a bug"
    raise ValueError(message)


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(agent={"reply_budget_secs": 0.3, "timeout_secs": 2}) as running:
        yield running


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> StubbedAgent:
    stubbed = StubbedAgent()
    monkeypatch.setitem(dict_of(registry.AGENTS), AgentKind.OFFLINE, lambda *_: stubbed)
    return stubbed


def dict_of(agents: object) -> dict[object, object]:
    assert isinstance(agents, dict)
    return agents


def test_a_reply_within_the_budget_is_spoken_at_once(phone: Phone, agent: StubbedAgent) -> None:
    agent.turns = [after(0, "At once.")]

    call = phone.over(phone.initiate(phone.far_end(Says("Hello?"), Says("Bye.")), "Hi."))

    assert [text for _, text in words(call)] == ["Hi.", "Hello?", "At once.", "Bye.", "Goodbye."]


def test_a_late_reply_is_announced_by_a_filler_and_spoken_when_it_is_there(
    phone: Phone, agent: StubbedAgent
) -> None:
    agent.turns = [after(1.0, "Here it is.")]
    far_end = phone.far_end(Says("Hello?"), Says("Bye.", when="Here it is"))

    call = phone.over(phone.initiate(far_end, "Hi."))

    said = [text for _, text in words(call)]
    assert said[2] in FILLERS
    assert said[:2] + said[3:] == ["Hi.", "Hello?", "Here it is.", "Bye.", "Goodbye."]
    assert words(call) == audible(phone, call)
    assert agent.asked == 2
    assert phone.at_carrier(call).alerts == []


def test_a_reply_that_never_comes_ends_in_an_apology_and_a_new_chance(
    phone: Phone, agent: StubbedAgent
) -> None:
    never = threading.Event()

    def hangs() -> Said:
        never.wait(10)
        return said("Far too late.")

    agent.turns = [hangs]

    call_id = phone.initiate(
        phone.far_end(Says("Hello?"), Says("Bye.", when="say it again")), "Hi."
    )
    call = phone.over(call_id)

    never.set()
    said = [text for _, text in words(call)]
    assert said[3:] == [APOLOGY, "Bye.", "Goodbye."]
    assert "Far too late." not in [text for _, text in words(phone.status(call_id))]


@pytest.mark.parametrize("broken", [fails, crashes])
def test_an_agent_that_fails_is_apologised_for_and_the_call_goes_on(
    phone: Phone, agent: StubbedAgent, broken: Callable[[], Said]
) -> None:
    agent.turns = [broken, broken]

    call = phone.over(phone.initiate(phone.far_end(Says("Hello?"), Says("Bye.")), "Hi."))

    assert [text for _, text in words(call)] == ["Hi.", "Hello?", APOLOGY, "Bye.", "Goodbye."]


def test_keys_sent_while_the_agent_thinks_do_not_lose_its_reply(
    phone: Phone, agent: StubbedAgent
) -> None:
    agent.turns = [after(1.2, "Here it is.")]
    call_id = phone.initiate(phone.far_end(Says("Hello?"), Says("Bye.", when="Here it is")), "Hi.")
    phone.until(call_id, lambda call: call["state"] == "active")

    phone.rpc.ask("voicecall.dtmf", call_id=call_id, digits="7")

    call = phone.over(call_id)
    said = [text for _, text in words(call)]
    assert said.count("Here it is.") == 1
    assert "7" in said
    assert said[-2:] == ["Bye.", "Goodbye."]
