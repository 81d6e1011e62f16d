"""A call is handed to a person, on every carrier."""

from collections.abc import Iterator

import pytest

from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.replies import Transfer
from chalicelib.functions.clock import fire_timer
from chalicelib.providers.base import Feature
from chalicelib.providers.registry import PROVIDERS
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import HangsUp, NeverPicksUp, Refusal, Refuses, Says
from moltis.rpc_client import RefusedError
from tests.phone import Phone, a_phone, audible, words
from tests.scripted_agents import Storyteller, agent

__all__ = ["agent"]

BOSS = "+15550009999"
HANDING = [name for name, each in PROVIDERS.items() if Feature.TRANSFER in each.features]


@pytest.fixture(scope="module", params=HANDING)
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    settings = {"reply_budget_secs": 2, "timeout_secs": 10, "transfer_to": [BOSS]}
    with a_phone(request.param, agent=settings) as running:
        yield running


def test_the_far_end_talks_with_the_person_and_the_call_is_completed(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script(("I will put you through.", Transfer(BOSS)))
    boss = ScriptedFarEnd([Says("This is the boss."), HangsUp(when="Hello boss")])
    phone.attach(BOSS, lambda: boss)
    far_end = phone.far_end(Says("The boss, please."), Says("Hello boss.", when="the boss"))

    call = phone.over(phone.initiate(far_end, "Hi."))

    assert call["end_reason"] == "completed"
    assert [text for _, text in words(call)] == [
        "Hi.",
        "The boss, please.",
        "I will put you through.",
    ]
    assert boss.words == ("Hello boss.",)
    at_carrier = phone.at_carrier(call)
    assert "This is the boss." in [moment.text for moment in at_carrier.heard]
    assert at_carrier.alerts == []
    assert len(agent.asked) == 1, "nobody listens to what the two say"


@pytest.mark.parametrize("how", [Refuses(Refusal.BUSY), NeverPicksUp()], ids=["busy", "away"])
def test_who_reaches_nobody_is_told_and_the_conversation_goes_on(
    phone: Phone, agent: Storyteller, how: Refuses | NeverPicksUp
) -> None:
    agent.script(("One moment.", Transfer(BOSS)), "On Friday, then.")
    phone.attach(BOSS, lambda: ScriptedFarEnd(ringing=how))
    far_end = phone.far_end(
        Says("The boss, please."),
        Says("On Friday?", when="nobody is answering"),
        Says("Bye.", when="On Friday, then"),
    )

    call = phone.over(phone.initiate(far_end, "Hi."))

    assert call["end_reason"] == "hangup_bot"
    assert [text for _, text in words(call)] == [
        "Hi.",
        "The boss, please.",
        "One moment.",
        ENGLISH.unreached,
        "On Friday?",
        "On Friday, then.",
        "Bye.",
        "Goodbye.",
    ]
    assert words(call) == audible(phone, call)
    assert agent.asked[1][3] == ENGLISH.unreached
    assert phone.at_carrier(call).alerts == []


def test_who_hangs_up_while_talking_with_the_person_has_ended_the_call(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script(("I will put you through.", Transfer(BOSS)))
    phone.attach(BOSS, lambda: ScriptedFarEnd([Says("Yes?")]))
    far_end = phone.far_end(Says("The boss, please."), HangsUp(when="Yes?"))

    call = phone.over(phone.initiate(far_end, "Hi."))

    assert call["end_reason"] == "hangup_user"


def test_a_transfer_without_a_word_is_one(phone: Phone, agent: Storyteller) -> None:
    agent.script((Transfer(BOSS),))
    boss = ScriptedFarEnd([Says("Yes?"), HangsUp(when="Goodbye")])
    phone.attach(BOSS, lambda: boss)
    far_end = phone.far_end(Says("The boss, please."), Says("Goodbye.", when="Yes?"))

    call = phone.over(phone.initiate(far_end, "Hi."))

    assert call["end_reason"] == "completed"
    assert boss.words == ("Goodbye.",)


def test_a_call_is_handed_to_nobody_else(phone: Phone, agent: Storyteller) -> None:
    stranger = "+15550001111"
    agent.script(("Gladly.", Transfer(stranger)))
    far_end = phone.far_end(Says("Call my cousin."), Says("Bye.", when="could not work that out"))

    call = phone.over(phone.initiate(far_end, "Hi."))

    assert phone.at_carrier(call).second_legs == []
    entries = phone.rpc.ask("voicecall.audit", limit=5)["entries"]
    refused = next(one for one in entries if one["action"] == "transfer refused")
    assert (refused["to"], refused["call_id"]) == (stranger, call["call_id"])
    assert refused["rule"] == "phone.agent.transfer_to"


def test_it_is_written_down_who_was_dialled_and_by_which_rule(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script((Transfer(BOSS),))
    phone.attach(BOSS, lambda: ScriptedFarEnd([HangsUp()]))

    call = phone.over(phone.initiate(phone.far_end(Says("The boss, please.")), "Hi."))

    entries = phone.rpc.ask("voicecall.audit", limit=5)["entries"]
    allowed = next(one for one in entries if one["action"] == "transfer allowed")
    assert (allowed["to"], allowed["call_id"]) == (BOSS, call["call_id"])
    assert allowed["rule"] == "phone.agent.transfer_to, phone.outbound.allow +"
    assert (allowed["door"], allowed["name"]) == (
        "agent",
        f"agent of call {call['call_id']}",
    )


def test_nothing_is_said_into_a_call_that_was_handed_over(phone: Phone, agent: Storyteller) -> None:
    agent.script((Transfer(BOSS),))
    boss = ScriptedFarEnd([Says("Yes?"), HangsUp(when="Enough")])
    phone.attach(BOSS, lambda: boss)
    far_end = phone.far_end(Says("The boss, please."), Says("Enough.", when="Yes?", after=60))
    call_id = phone.initiate(far_end, "Hi.")
    phone.until(call_id, lambda call: bool(phone.at_carrier(call).second_legs))

    with pytest.raises(RefusedError, match="handed to a person"):
        phone.rpc.ask("voicecall.speak", call_id=call_id, message="Hello?")

    phone.rpc.ask("voicecall.end", call_id=call_id)
    assert phone.over(call_id)["end_reason"] == "hangup_bot"


def test_the_maximum_duration_holds_while_they_talk(phone: Phone, agent: Storyteller) -> None:
    agent.script((Transfer(BOSS),))
    boss = ScriptedFarEnd([Says("Yes?")])
    phone.attach(BOSS, lambda: boss)
    call_id = phone.initiate(phone.far_end(Says("The boss, please.")), "Hi.")
    phone.until(call_id, lambda _: boss.words == () and bool(boss.steps_left) is False)

    fire_timer({"call_id": call_id, "kind": "max_duration"}, None)

    assert phone.over(call_id)["end_reason"] == "timeout"
