"""What the far end says over a filler, on every carrier that hears it."""

from collections.abc import Iterator

import pytest

from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.replies import Transfer
from chalicelib.providers.base import Feature
from chalicelib.providers.registry import PROVIDERS
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import Says
from tests.phone import Phone, a_phone, audible, words
from tests.scripted_agents import Storyteller, agent

__all__ = ["agent"]

BOSS = "+15550009999"
HEARING = [name for name, each in PROVIDERS.items() if Feature.HEAR_WAITING in each.features]


@pytest.fixture(scope="module", params=HEARING)
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    settings = {"reply_budget_secs": 0.3, "timeout_secs": 10, "transfer_to": [BOSS]}
    with a_phone(request.param, agent=settings) as running:
        yield running


def test_it_is_answered_and_not_what_came_before(phone: Phone, agent: Storyteller) -> None:
    agent.script((2.5, "On Friday."), "On Monday, then.")
    far_end = phone.far_end(
        Says("On Friday?"), Says("No, on Monday."), Says("Bye.", when="On Monday, then")
    )

    call = phone.over(phone.initiate(far_end, "Hi."))

    said = [text for _, text in words(call)]
    assert said[2] in ENGLISH.fillers
    assert said[3:] == ["No, on Monday.", "On Monday, then.", "Bye.", "Goodbye."]
    assert agent.asked[1] == said[:4]
    assert words(call) == audible(phone, call)
    assert phone.at_carrier(call).alerts == []


def test_who_says_nothing_after_that_is_asked_whether_anybody_is_there(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script((2.5, "On Friday."), "On Monday, then.")
    far_end = phone.far_end(
        Says("On Friday?"), Says("No, on Monday."), Says("Bye.", when="still there")
    )

    call = phone.over(phone.initiate(far_end, "Hi."))

    said = [text for _, text in words(call)]
    assert said[3:] == [
        *("No, on Monday.", "On Monday, then.", "Are you still there?", "Bye.", "Goodbye."),
    ]
    assert call["end_reason"] == "hangup_bot"


def test_who_thinks_better_of_it_is_not_put_through(phone: Phone, agent: Storyteller) -> None:
    agent.script((2.5, "I will put you through.", Transfer(BOSS)), "On Monday, then.")
    boss = ScriptedFarEnd([])
    phone.attach(BOSS, lambda: boss)
    far_end = phone.far_end(
        Says("The boss, please."), Says("No, wait."), Says("Bye.", when="On Monday, then")
    )

    call = phone.over(phone.initiate(far_end, "Hi."))

    said = [text for _, text in words(call)]
    assert said[3:] == ["No, wait.", "On Monday, then.", "Bye.", "Goodbye."]
    assert call["end_reason"] == "hangup_bot"
    assert phone.at_carrier(call).second_legs == []
    assert phone.at_carrier(call).alerts == []
