"""The turn on every carrier: replies that come sentence by sentence, late, or not at all."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from chalicelib.actions import await_reply, converse, fill_silence, take_input, take_turn
from chalicelib.calls.replies import AskKeys, SendKeys, StaySilent
from chalicelib.errors import AgentError
from chalicelib.providers import registry
from moltis.carriers.line import Presses, Says, StaysSilent
from tests.phone import Phone, a_phone, audible, words
from tests.scripted_agents import Storyteller, agent

__all__ = ["agent"]

APOLOGY = "I am sorry, I could not work that out. Could you say it again?"
TROUBLE = "I am sorry, something went wrong on our side. Please try again later. Goodbye."
FILLERS = ("One second.", "I am looking for it.")
SETTINGS = {
    "reply_budget_secs": 0.5,
    "timeout_secs": 15,
    "fillers": ["One second.", "I am **looking** for it."],
}


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param, agent=SETTINGS) as running:
        yield running


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let our own clocks run faster, as the carriers' do."""
    for module in (take_input, take_turn):
        monkeypatch.setattr(module, "WHOLE_SECS", 0.3)
    monkeypatch.setattr(take_turn, "WAY_BACK_SECS", 0.1)
    monkeypatch.setattr(await_reply, "HOLD_SECS", 0.5)
    for module in (await_reply, converse):
        monkeypatch.setattr(module, "AGAIN_SECS", 1.0)
    assert fill_silence.AGAIN_SECS > 1


def said(call: dict[str, object]) -> list[str]:
    return [text for _, text in words(call)]


def unfilled(call: dict[str, object]) -> list[str]:
    return [text for text in said(call) if text not in FILLERS]


def test_a_reply_that_comes_sentence_by_sentence_is_spoken_as_it_comes(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script(("Let me look.", 1.2, "There is a table on Friday.", 1.2, "Shall I take it?"))

    to = phone.far_end(Says("A table, please."), Says("Yes.", when="Shall I"))
    call = phone.over(phone.initiate(to, "Hello."))

    reply = "Let me look. There is a table on Friday. Shall I take it?"
    assert said(call) == ["Hello.", "A table, please.", reply, "Yes.", "Goodbye."]
    heard = [text for _, text in audible(phone, call)]
    assert heard[2:5] == ["Let me look.", "There is a table on Friday.", "Shall I take it?"]
    assert phone.at_carrier(call).alerts == []


def test_a_reply_that_stalls_is_apologised_for_and_what_was_said_stays(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script(("Let me look.", 0.8, AgentError("gone")))

    to = phone.far_end(Says("A table, please."), Says("Bye.", when="say it again"))
    call = phone.over(phone.initiate(to, "Hello."))

    expected = ["Hello.", "A table, please.", f"Let me look. {APOLOGY}", "Bye.", "Goodbye."]
    assert said(call) == expected
    assert len(agent.asked) == 2


def test_whoever_waits_for_long_is_told_so_again_in_the_owners_words_never_the_same_ones_twice(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script((3.2, "Here it is."), (1.0, "And here."))

    to = phone.far_end(
        Says("Hello?"), Says("And?", when="Here it is"), Says("Bye.", when="And here")
    )
    call = phone.over(phone.initiate(to, "Hi."))

    assert unfilled(call) == [
        "Hi.",
        "Hello?",
        "Here it is.",
        "And?",
        "And here.",
        "Bye.",
        "Goodbye.",
    ]
    fillers = [text for text in said(call) if text in FILLERS]
    assert len(fillers) >= 3
    assert all(one != other for one, other in pairwise(fillers))
    assert words(call) == audible(phone, call)
    assert phone.at_carrier(call).alerts == []


def test_three_turns_without_a_reply_end_the_call_politely(
    phone: Phone, agent: Storyteller
) -> None:
    no = (AgentError("down"),)
    agent.script(*[no] * 6)

    to = phone.far_end(Says("One."), Says("Two."), Says("Three."))
    call = phone.over(phone.initiate(to, "Hello."))

    assert said(call) == ["Hello.", "One.", APOLOGY, "Two.", APOLOGY, "Three.", TROUBLE]
    assert call["end_reason"] == "hangup_bot"
    assert phone.at_carrier(call).heard[-1].whole


def test_the_agent_sends_keys_behind_its_words(phone: Phone, agent: Storyteller) -> None:
    agent.script(("I press one.", SendKeys("1ww2#")))

    to = phone.far_end(Says("Press one."), Says("Thank you.", when="12#"))
    call = phone.over(phone.initiate(to, "Hello."))

    assert said(call)[:5] == ["Hello.", "Press one.", "I press one.", "1ww2#", "Thank you."]
    heard = [text for _, text in audible(phone, call)]
    assert heard[:5] == ["Hello.", "Press one.", "I press one.", "12#", "Thank you."]
    assert call["transcript"][3]["kind"] == "dtmf"


def test_keys_that_are_asked_for_come_as_one_answer_without_the_key_that_ends_them(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script(("Your number, please.", AskKeys(8)), "Thank you.")

    to = phone.far_end(Says("Hello?"), Presses("4711#"), Says("Bye."))
    call = phone.over(phone.initiate(to, "Hi."))

    asked = ["Hi.", "Hello?", "Your number, please.", "4711", "Thank you.", "Bye.", "Goodbye."]
    assert said(call) == asked
    assert agent.asked[1][-1] == "4711"


def test_as_many_keys_as_are_asked_for_are_enough(phone: Phone, agent: Storyteller) -> None:
    agent.script(("Four digits, please.", AskKeys(4, "")), "Thank you.")

    to = phone.far_end(Says("Hello?"), Presses("4711"), Says("Bye."))
    call = phone.over(phone.initiate(to, "Hi."))

    assert said(call)[2:5] == ["Four digits, please.", "4711", "Thank you."]


def test_keys_that_do_not_come_are_asked_for_again(phone: Phone, agent: Storyteller) -> None:
    agent.script(("Four digits, please.", AskKeys(4)), "Thank you.")

    to = phone.far_end(
        Says("Hello?"), StaysSilent(when="Four"), Presses("4711", when="still there"), Says("Bye.")
    )
    call = phone.over(phone.initiate(to, "Hi."))

    expected = ["Four digits, please.", "Are you still there?", "4711", "Thank you."]
    assert said(call)[2:6] == expected


def test_an_agent_that_stays_silent_listens_on(phone: Phone, agent: Storyteller) -> None:
    agent.script((StaySilent(),), "Yes, I am here.")

    to = phone.far_end(Says("Wait a moment."), Says("Are you there?"), Says("Bye."))
    call = phone.over(phone.initiate(to, "Hi."))

    assert ("bot", "") not in words(call)
    assert words(call) == audible(phone, call)


def test_words_from_outside_do_not_lose_the_rest_of_a_reply(
    phone: Phone, agent: Storyteller
) -> None:
    agent.script(("Let me look.", 2.0, "There is a table on Friday."))

    to = phone.far_end(Says("A table, please."), Says("Bye.", when="on Friday"))
    call_id = phone.initiate(to, "Hello.")
    phone.until(call_id, lambda call: "Let me look." in said(call))
    phone.rpc.ask("voicecall.speak", call_id=call_id, message="One more thing.")
    call = phone.over(call_id)

    told = said(call)
    assert {"Let me look.", "One more thing.", "There is a table on Friday."} <= set(told)
    heard = [text for _, text in audible(phone, call)]
    assert heard.count("There is a table on Friday.") == 1


def test_each_reply_says_how_long_it_took(phone: Phone, agent: Storyteller) -> None:
    agent.script((0.2, "On Friday, then."))

    call = phone.over(phone.initiate(phone.far_end(Says("When?"), Says("Bye.")), "Hello."))

    timings = [line.get("timing") for line in call["transcript"]]
    assert [timing is not None for timing in timings] == [False, False, True, False, True]
    assert timings[2]["first_sentence_ms"] >= 200
    assert (timings[2]["webhook_ms"] is None) is (phone.account != "telnyx")
    assert timings[2]["total_ms"] >= timings[2]["first_sentence_ms"]


def test_a_call_may_have_a_language_of_its_own_and_its_message_is_made_speech(
    phone: Phone,
) -> None:
    to = phone.far_end()
    call = phone.over(phone.initiate(to, "**Guten** Tag.", language="de-DE", mode="notify"))

    at_carrier = phone.at_carrier(call)
    shown = [webhook.body for webhook in at_carrier.documents]
    shown += [str(command.body) for command in at_carrier.commands]
    assert words(call) == [("bot", "Guten Tag.")]
    assert any("de-DE" in one for one in shown)
    assert at_carrier.alerts == []
