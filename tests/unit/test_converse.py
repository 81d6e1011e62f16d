from dataclasses import replace

import pytest

from chalicelib.actions import converse
from chalicelib.actions.end_call import RETRY_AFTER
from chalicelib.actions.note_progress import note_end
from chalicelib.actions.spoken import ENGLISH
from chalicelib.actions.sweep import sweep
from chalicelib.calls.call import State
from chalicelib.calls.events import CallEnded, Input
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.transcript import Kind, Speaker
from chalicelib.calls.verbs import Say, StopSpeaking
from chalicelib.errors import AgentError
from tests.builders import said
from tests.fake_carriers import Held, Step
from tests.worlds import ACCOUNT, CALL, LEG, PATIENT, World, snapshot, until


@pytest.fixture(autouse=True)
def quick_fingers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converse, "BETWEEN_KEYS_SECS", 0.05)


def test_what_is_said_while_we_speak_breaks_us_off_and_is_answered() -> None:
    world = World.of(said("On Friday, then."))
    world.open()

    world.take(world.says("Friday!"))

    assert world.provider.marks == ["opening", "stop-1", "turn-2"]
    assert world.provider.verbs("stop-1") == (StopSpeaking(),)
    assert world.provider.verbs("turn-2") == (Say(text="On Friday, then."),)
    assert (world.call.state, world.call.turn) == (State.SPEAKING, 2)
    assert world.said == [CALL.opening, "On Friday, then."]


def test_what_is_said_while_we_listen_breaks_nothing_off() -> None:
    world = World.of(said("On Friday, then."))
    world.greet()

    world.take(world.says("Friday!"))

    assert world.provider.marks == ["opening", "turn-2"]


def test_what_is_said_later_is_answered_instead_and_the_older_reply_never_spoken() -> None:
    older, newer = Held(said("Thursday it is.")), said("On Friday, then.")
    world = World.of(older, newer, account=PATIENT)
    world.greet()
    first = world.begin(world.says("Thursday."))
    assert older.asked.wait(timeout=5)

    world.take(world.says("No, Friday."))
    older.released.set()
    first.join(timeout=5)

    assert world.agent.told == [["Thursday."], ["Thursday.", "No, Friday."]]
    assert world.provider.verbs("turn-2") == (Say(text="On Friday, then."),)
    assert world.said == [CALL.opening, "On Friday, then."]
    assert world.provider.marks == ["opening", "turn-2"]


def test_keys_that_come_one_by_one_are_one_answer() -> None:
    world = World.of(said("Thank you."))
    world.greet()
    keys = [world.says(key, input=Input.KEYS) for key in "42#"]

    pressed = [world.begin(key) for key in keys]
    for one in pressed:
        one.join(timeout=5)

    lines = [line for line in world.conversation.lines if line.speaker is Speaker.USER]
    assert [(line.text, line.kind) for line in lines] == [("42#", Kind.DTMF)]
    assert world.agent.told == [["42#"]]
    assert world.provider.marks == ["opening", "turn-2"]


def test_a_goodbye_is_heard_before_the_call_ends() -> None:
    world = World.of(said("Goodbye.", end_call=True))
    world.greet()

    world.take(world.says("Bye!"))
    before = list(world.provider.hung_up)
    world.ends()

    assert (before, world.provider.hung_up) == ([], [LEG])
    assert world.call.end_requested is State.HANGUP_BOT


def test_what_is_delivered_again_changes_nothing() -> None:
    world = World.of(said("On Friday, then."))
    world.greet()
    heard = world.says("Friday!")
    world.take(heard)
    before = snapshot(world)

    world.take(heard)
    world.take(replace(heard, at=world.clock.tick()))

    assert snapshot(world) == before
    assert world.agent.told == [["Friday!"]]


@pytest.mark.parametrize("script", [(said("On Friday, then."),), (AgentError("no"),)])
def test_of_a_call_that_is_gone_at_the_carrier_its_own_event_tells_why(
    script: tuple[Step, ...],
) -> None:
    world = World.of(*script)
    world.greet()
    world.provider.gone = True
    world.take(world.says("Friday!"))
    before = world.call

    cut = CallEnded(provider_call_id=LEG, call_id=CALL.call_id, reason=State.TIMEOUT)
    note_end(cut, exchange=world.exchange)

    assert not before.state.is_final
    assert before.deadline == world.clock() + RETRY_AFTER
    assert world.call.state is State.TIMEOUT


def test_of_a_call_that_is_gone_and_whose_event_is_lost_the_sweep_asks() -> None:
    world = World.of(said("On Friday, then."))
    world.greet()
    world.provider.gone = True
    world.take(world.says("Friday!"))
    world.clock.time += RETRY_AFTER

    swept = sweep(
        calls=world.calls,
        timers=world.timers,
        exchange_of=lambda _: world.exchange,
        now=world.clock,
    )

    assert swept["overdue"] == 1
    assert world.call.state.is_final


def test_a_filler_is_broken_off_by_whoever_speaks_meanwhile() -> None:
    older, newer = Held(said("Thursday it is.")), said("On Friday, then.")
    account = replace(ACCOUNT, agent=AgentSettings(reply_budget_secs=0.05, timeout_secs=5))
    world = World.of(older, newer, account=account)
    world.greet()
    first = world.begin(world.says("Thursday."))
    until(lambda: "filler-1-1-0" in world.provider.marks)

    world.take(world.says("No, Friday."))
    older.released.set()
    first.join(timeout=5)

    assert world.provider.marks == ["opening", "filler-1-1-0", "stop-2", "turn-2"]


def test_the_end_of_the_filler_is_not_the_end_of_the_reply_behind_it() -> None:
    slow = Held(said("Goodbye.", end_call=True))
    account = replace(ACCOUNT, agent=AgentSettings(reply_budget_secs=0.05, timeout_secs=5))
    world = World.of(slow, account=account)
    world.greet()
    answering = world.begin(world.says("Bye!"))
    until(lambda: "filler-1-1-0" in world.provider.marks)
    slow.released.set()
    answering.join(timeout=5)

    world.ends()
    before = list(world.provider.hung_up)
    world.ends()

    assert (before, world.provider.hung_up) == ([], [LEG])


def test_a_slow_agent_is_announced_once_and_its_reply_spoken_when_it_comes() -> None:
    slow = Held(said("On Friday, then."))
    account = replace(ACCOUNT, agent=AgentSettings(reply_budget_secs=0.05, timeout_secs=5))
    world = World.of(slow, account=account)
    world.greet()

    answering = world.begin(world.says("Friday!"))
    until(lambda: "filler-1-1-0" in world.provider.marks)
    slow.released.set()
    answering.join(timeout=5)

    assert world.provider.marks == ["opening", "filler-1-1-0", "turn-2"]
    assert world.said == [CALL.opening, ENGLISH.fillers[0], "On Friday, then."]


def test_a_hanging_agent_is_apologised_for_and_its_reply_dropped() -> None:
    hanging = Held(said("On Friday, then."))
    world = World.of(hanging)
    world.greet()

    world.take(world.says("Friday!"))
    hanging.released.set()

    assert world.provider.marks == ["opening", "filler-1-1-0", "turn-2"]
    assert world.provider.verbs("turn-2") == (Say(text=ENGLISH.apology),)
    assert world.said == [CALL.opening, ENGLISH.fillers[0], ENGLISH.apology]


@pytest.mark.parametrize("error", [AgentError("no"), RuntimeError("broken")], ids=repr)
def test_an_agent_that_fails_once_is_asked_again_and_nobody_notices(error: Exception) -> None:
    world = World.of(error, said("On Friday, then."), account=PATIENT)
    world.greet()

    world.take(world.says("Friday?"))

    assert world.said == [CALL.opening, "On Friday, then."]


@pytest.mark.parametrize("error", [AgentError("no"), RuntimeError("broken")], ids=repr)
def test_a_failing_agent_is_apologised_for(error: Exception) -> None:
    world = World.of(error, error, said("On Friday, then."), account=PATIENT)
    world.greet()

    world.take(world.says("Thursday?"))
    world.take(world.says("Friday?"))

    assert world.said == [CALL.opening, ENGLISH.apology, "On Friday, then."]
    assert world.provider.marks == ["opening", "turn-2", "stop-2", "turn-3"]


def test_nobody_is_told_to_wait_when_more_was_said_meanwhile() -> None:
    older, newer = Held(said("Thursday it is.")), Held(said("On Friday, then."))
    account = replace(ACCOUNT, agent=AgentSettings(reply_budget_secs=0.1, timeout_secs=5))
    world = World.of(older, newer, account=account)
    world.greet()

    both = [world.begin(world.says("Thursday."))]
    assert older.asked.wait(timeout=5)
    both.append(world.begin(world.says("No, Friday.")))
    until(lambda: "filler-1-2-0" in world.provider.marks)
    older.released.set()
    newer.released.set()
    for one in both:
        one.join(timeout=5)

    assert world.provider.marks == ["opening", "filler-1-2-0", "turn-2"]
