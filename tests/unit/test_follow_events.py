from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Thread
from typing import Any, Final

import pytest

from chalicelib.accounts.account import Account, AgentSettings, InboundPolicy
from chalicelib.actions import converse
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.fire_timer import fire_timer
from chalicelib.actions.follow_events import follow_event
from chalicelib.actions.spoken import ENGLISH
from chalicelib.agents.base import Reply
from chalicelib.calls.call import AnsweredBy, Call, Mode, OnMachine, State, inbound_call_id
from chalicelib.calls.events import (
    CallArrived,
    CallOpened,
    CallProgressed,
    CarrierEvent,
    Input,
    InputOverheard,
    SpeechEnded,
)
from chalicelib.calls.transcript import Conversation, Kind, Speaker
from chalicelib.calls.verbs import Answer, HangUp, Listen, Reject, Say, StopSpeaking
from chalicelib.errors import AgentError, UnknownCallError
from chalicelib.providers.base import Performance
from chalicelib.timers.base import TimerKind
from tests.builders import a_call, an_account
from tests.fake_carriers import (
    FakeClock,
    FakeProvider,
    FakeTimers,
    FakeTurns,
    Held,
    ScriptedAgent,
    Step,
    Timer,
)
from tests.fakes import FakeCallStore

LEG: Final = "v3:leg-1"
ACCOUNT: Final = an_account(
    account_id="telnyx",
    provider="telnyx",
    inbound_policy=InboundPolicy.OPEN,
    agent=AgentSettings(reply_budget_secs=0.05, timeout_secs=0.15),
)
CALL: Final = a_call(
    account="telnyx",
    provider="telnyx",
    provider_call_id=LEG,
    state=State.RINGING,
    reports_speech=True,
)
ARRIVED: Final = CallArrived(
    provider_call_id="v3:leg-2", from_number="+15559876543", to_number="+15551234567"
)
GREETING: Final = Say(text=CALL.opening)
SILENCE: Final = timedelta(seconds=6)
PATIENT: Final = replace(ACCOUNT, agent=AgentSettings(reply_budget_secs=5, timeout_secs=5))


@dataclass(frozen=True, slots=True)
class World:
    provider: FakeProvider
    calls: FakeCallStore
    timers: FakeTimers
    clock: FakeClock
    agent: ScriptedAgent
    exchange: Exchange

    @classmethod
    def of(cls, *script: Step, call: Call | None = CALL, account: Account = ACCOUNT) -> "World":
        clock, calls, provider = FakeClock(), FakeCallStore(), FakeProvider()
        timers = FakeTimers(clock)
        if call is not None:
            calls.create(call)
        exchange = Exchange(
            account=account,
            provider=provider,
            calls=calls,
            timers=timers,
            turns=FakeTurns(),
            now=clock,
        )
        return cls(provider, calls, timers, clock, ScriptedAgent(*script), exchange)

    @property
    def call(self) -> Call:
        return self.calls.get(CALL.call_id)

    @property
    def conversation(self) -> Conversation:
        return self.calls.conversation(CALL.call_id)

    @property
    def said(self) -> list[str]:
        return [line.text for line in self.conversation.lines if line.speaker is Speaker.BOT]

    def take(self, event: CarrierEvent) -> None:
        follow_event(event, exchange=self.exchange, agent_of=lambda _: self.agent)

    def begin(self, event: CarrierEvent) -> Thread:
        thread = Thread(target=self.take, args=(event,))
        thread.start()
        return thread

    def open(self) -> None:
        self.take(CallOpened(provider_call_id=LEG, call_id=CALL.call_id))

    def greet(self) -> None:
        self.open()
        self.ends(1)

    def says(self, text: str, **changes: Any) -> InputOverheard:
        return replace(
            InputOverheard(
                provider_call_id=LEG,
                call_id=CALL.call_id,
                delivery=f"event-{text}",
                at=self.clock.tick(),
                input=Input.SPEECH,
                text=text,
            ),
            **changes,
        )

    def ends(self, turn: int, **changes: Any) -> None:
        """Our words that opened *turn* were heard to their end."""
        self.take(SpeechEnded(provider_call_id=LEG, call_id=CALL.call_id, turn=turn, **changes))

    def stays_silent(self, mark: str) -> None:
        fire_timer(self.call, TimerKind.SILENCE, mark=mark, exchange=self.exchange)

    def performance(self, mark: str) -> Performance:
        return self.provider.performed[CALL.call_id, mark]


@pytest.fixture(autouse=True)
def quick_fingers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(converse, "BETWEEN_KEYS_SECS", 0.05)
    yield


def snapshot(world: World) -> tuple[Call, Conversation, list[str], list[Timer]]:
    timers = world.timers.of(CALL.call_id)
    return world.call, world.conversation, world.provider.marks, timers


def test_whoever_answers_is_listened_to_and_greeted() -> None:
    world = World.of()

    world.open()

    assert world.provider.verbs("opening") == (Listen("en-US"), GREETING)
    assert world.call.state is State.SPEAKING


def test_whoever_answers_is_greeted_once() -> None:
    world = World.of()
    world.open()
    before = snapshot(world)

    world.open()

    assert snapshot(world) == before
    assert world.provider.marks == ["opening"]


def test_the_telephone_is_put_down_when_the_end_was_asked_for_before_the_answer() -> None:
    world = World.of()
    world.calls.request_end(CALL.call_id, State.HANGUP_BOT, retry_at=world.clock())

    world.open()

    assert world.provider.verbs("opening") == (HangUp(),)


def test_a_call_that_arrives_is_answered_and_then_greeted() -> None:
    world = World.of(call=None)
    call_id = inbound_call_id("telnyx", ARRIVED.provider_call_id)

    world.take(ARRIVED)
    world.take(ARRIVED)
    ringing = world.calls.get(call_id)
    world.take(CallOpened(provider_call_id=ARRIVED.provider_call_id))

    assert world.provider.marks == ["arrived", "opening"]
    assert world.provider.verbs("arrived") == (Answer(),)
    assert world.provider.verbs("opening") == (Listen("en-US"), GREETING)
    assert (ringing.state, world.calls.get(call_id).state) == (State.RINGING, State.SPEAKING)
    assert world.timers.of(call_id) == [Timer(TimerKind.MAX_DURATION, timedelta(hours=1))]


def test_a_call_that_is_not_admitted_is_refused_and_kept() -> None:
    account = replace(ACCOUNT, inbound_policy=InboundPolicy.DISABLED)
    world = World.of(call=None, account=account)

    world.take(ARRIVED)

    assert world.provider.verbs("arrived") == (Reject(),)
    kept = world.calls.get(inbound_call_id("telnyx", ARRIVED.provider_call_id))
    assert (kept.state, kept.error and kept.error.code) == (State.ERROR, "refused_by_policy")


def test_our_own_leg_never_meets_the_inbound_policy() -> None:
    account = replace(ACCOUNT, inbound_policy=InboundPolicy.DISABLED)
    world = World.of(account=account)

    leg = {"provider_call_id": LEG, "call_id": CALL.call_id}
    world.take(CallProgressed(state=State.INITIATED, **leg))  # type: ignore[arg-type]
    world.open()

    assert world.provider.verbs("opening") == (Listen("en-US"), GREETING)
    assert [call.call_id for call in world.calls.live()] == [CALL.call_id]


def test_what_is_said_while_we_speak_breaks_us_off_and_is_answered() -> None:
    world = World.of(Reply(text="On Friday, then."))
    world.open()

    world.take(world.says("Friday!"))

    assert world.provider.marks == ["opening", "stop-1", "turn-2"]
    assert world.provider.verbs("stop-1") == (StopSpeaking(),)
    assert world.provider.verbs("turn-2") == (Say(text="On Friday, then."),)
    assert (world.call.state, world.call.turn) == (State.SPEAKING, 2)
    assert world.said == [CALL.opening, "On Friday, then."]


def test_what_is_said_while_we_listen_breaks_nothing_off() -> None:
    world = World.of(Reply(text="On Friday, then."))
    world.greet()

    world.take(world.says("Friday!"))

    assert world.provider.marks == ["opening", "turn-2"]


def test_what_is_said_later_is_answered_instead_and_the_older_reply_never_spoken() -> None:
    older, newer = Held(Reply(text="Thursday it is.")), Reply(text="On Friday, then.")
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
    world = World.of(Reply(text="Thank you."))
    world.greet()
    keys = [world.says(key, input=Input.KEYS) for key in "42#"]

    pressed = [world.begin(key) for key in keys]
    for one in pressed:
        one.join(timeout=5)

    lines = [line for line in world.conversation.lines if line.speaker is Speaker.USER]
    assert [(line.text, line.kind) for line in lines] == [("42#", Kind.DTMF)]
    assert world.agent.told == [["42#"]]
    assert world.provider.marks == ["opening", "turn-2"]


def test_once_our_words_were_heard_we_listen_and_the_clock_runs() -> None:
    world = World.of()
    world.open()

    world.ends(1)

    assert world.call.state is State.LISTENING
    assert world.timers.of(CALL.call_id) == [Timer(TimerKind.SILENCE, SILENCE, "1-0-0")]


def test_the_end_of_words_that_nobody_waits_for_changes_nothing() -> None:
    world = World.of(Reply(text="On Friday, then."))
    world.greet()
    world.take(world.says("Friday!"))
    before = snapshot(world)

    world.ends(1)

    assert snapshot(world) == before


def test_two_silences_are_asked_about_and_the_third_ends_the_call() -> None:
    world = World.of()
    world.greet()

    world.stays_silent("1-0-0")
    world.ends(2, quiet=world.performance("turn-2").quiet)
    world.stays_silent("2-0-1")
    world.ends(3, quiet=world.performance("turn-3").quiet)
    world.stays_silent("3-0-2")
    before = list(world.provider.hung_up)
    world.ends(4, quiet=3, ends_call=world.performance("turn-4").ends_call)

    assert world.said == [CALL.opening, *ENGLISH.reprompts, ENGLISH.farewell]
    assert [timer.mark for timer in world.timers.of(CALL.call_id)] == ["1-0-0", "2-0-1", "3-0-2"]
    assert (before, world.provider.hung_up) == ([], [LEG])
    assert world.call.end_requested is State.HANGUP_BOT


@pytest.mark.parametrize("mark", ["1-0-0", "1-1-0", "2-0-0", "", "1-0"])
def test_a_silence_that_was_broken_is_not_asked_about(mark: str) -> None:
    world = World.of(Reply(text="On Friday, then."))
    world.greet()
    world.take(world.says("Friday!"))
    world.ends(2)
    before = snapshot(world)

    world.stays_silent(mark)

    assert snapshot(world) == before


def test_after_an_answer_silences_are_counted_anew() -> None:
    world = World.of(Reply(text="On Friday, then."))
    world.greet()
    world.stays_silent("1-0-0")
    world.ends(2, quiet=1)

    world.take(world.says("Friday!"))
    world.ends(3, quiet=world.performance("turn-3").quiet)

    assert world.timers.of(CALL.call_id)[-1] == Timer(TimerKind.SILENCE, SILENCE, "3-1-0")


def test_a_message_that_was_heard_is_followed_by_the_end_after_its_delay() -> None:
    world = World.of(call=replace(CALL, mode=Mode.NOTIFY, notify_hangup_delay_secs=7))
    world.open()
    before = world.timers.of(CALL.call_id)

    world.ends(1)

    assert before == []
    assert world.timers.of(CALL.call_id) == [Timer(TimerKind.NOTIFY_HANGUP, timedelta(seconds=7))]
    fire_timer(world.call, TimerKind.NOTIFY_HANGUP, exchange=world.exchange)
    assert world.provider.hung_up == [LEG]
    assert world.call.end_requested is State.COMPLETED


def test_a_message_that_was_left_on_a_machine_is_followed_by_the_end() -> None:
    world = World.of(call=replace(CALL, on_machine=OnMachine.LEAVE_MESSAGE))

    world.take(
        CallOpened(provider_call_id=LEG, call_id=CALL.call_id, answered_by=AnsweredBy.MACHINE)
    )
    world.ends(1)

    assert [timer.kind for timer in world.timers.of(CALL.call_id)] == [TimerKind.NOTIFY_HANGUP]


def test_a_goodbye_is_heard_before_the_call_ends() -> None:
    world = World.of(Reply(text="Goodbye.", end_call=True))
    world.greet()

    world.take(world.says("Bye!"))
    before = list(world.provider.hung_up)
    world.ends(2, ends_call=world.performance("turn-2").ends_call)

    assert (before, world.provider.hung_up) == ([], [LEG])
    assert world.call.end_requested is State.HANGUP_BOT


def test_what_is_delivered_again_changes_nothing() -> None:
    world = World.of(Reply(text="On Friday, then."))
    world.greet()
    heard = world.says("Friday!")
    world.take(heard)
    before = snapshot(world)

    world.take(heard)
    world.take(replace(heard, at=world.clock.tick()))

    assert snapshot(world) == before
    assert world.agent.told == [["Friday!"]]


@pytest.mark.parametrize("script", [(Reply(text="On Friday, then."),), (AgentError("no"),)])
def test_a_call_that_is_gone_at_the_carrier_is_over_here(script: tuple[Step, ...]) -> None:
    world = World.of(*script)
    world.greet()
    world.provider.gone = True

    world.take(world.says("Friday!"))

    assert world.call.state is State.HANGUP_USER


def test_a_call_that_is_gone_when_it_is_to_be_ended_is_over_here() -> None:
    world = World.of(Reply(text="Goodbye.", end_call=True))
    world.greet()
    world.take(world.says("Bye!"))
    world.provider.gone = True

    world.ends(2, ends_call=True)

    assert world.call.state is State.HANGUP_BOT


def test_a_slow_agent_is_announced_once_and_its_reply_spoken_when_it_comes() -> None:
    slow = Held(Reply(text="On Friday, then."))
    account = replace(ACCOUNT, agent=AgentSettings(reply_budget_secs=0.05, timeout_secs=5))
    world = World.of(slow, account=account)
    world.greet()

    answering = world.begin(world.says("Friday!"))
    until(lambda: "filler-1-1" in world.provider.marks)
    slow.released.set()
    answering.join(timeout=5)

    assert world.provider.marks == ["opening", "filler-1-1", "turn-2"]
    assert world.performance("filler-1-1").turn == 1
    assert world.said == [CALL.opening, ENGLISH.fillers[1], "On Friday, then."]


def test_a_hanging_agent_is_apologised_for_and_its_reply_dropped() -> None:
    hanging = Held(Reply(text="On Friday, then."))
    world = World.of(hanging)
    world.greet()

    world.take(world.says("Friday!"))
    hanging.released.set()

    assert world.provider.marks == ["opening", "filler-1-1", "turn-2"]
    assert world.provider.verbs("turn-2") == (Say(text=ENGLISH.apology),)
    assert world.said == [CALL.opening, ENGLISH.fillers[1], ENGLISH.apology]


@pytest.mark.parametrize("error", [AgentError("no"), RuntimeError("broken")], ids=repr)
def test_a_failing_agent_is_apologised_for(error: Exception) -> None:
    world = World.of(error, Reply(text="On Friday, then."))
    world.greet()

    world.take(world.says("Thursday?"))
    world.take(world.says("Friday?"))

    assert world.said == [CALL.opening, ENGLISH.apology, "On Friday, then."]
    assert world.provider.marks == ["opening", "turn-2", "stop-2", "turn-3"]


def test_nobody_is_told_to_wait_when_more_was_said_meanwhile() -> None:
    older, newer = Held(Reply(text="Thursday it is.")), Held(Reply(text="On Friday, then."))
    account = replace(ACCOUNT, agent=AgentSettings(reply_budget_secs=0.1, timeout_secs=5))
    world = World.of(older, newer, account=account)
    world.greet()

    both = [world.begin(world.says("Thursday."))]
    assert older.asked.wait(timeout=5)
    both.append(world.begin(world.says("No, Friday.")))
    until(lambda: "filler-1-2" in world.provider.marks)
    older.released.set()
    newer.released.set()
    for one in both:
        one.join(timeout=5)

    assert world.provider.marks == ["opening", "filler-1-2", "turn-2"]


def test_an_event_of_another_account_is_nobodys_business() -> None:
    world = World.of(call=replace(CALL, account="another"))
    before = snapshot(world)

    world.open()
    world.take(world.says("Friday!"))
    world.ends(1)

    assert snapshot(world) == before


def test_an_event_of_a_call_that_never_was_is_ignored() -> None:
    world = World.of(call=None)

    world.open()
    world.take(world.says("Friday!"))
    world.ends(1)

    assert world.provider.marks == []
    with pytest.raises(UnknownCallError):
        assert world.call


def test_an_event_after_the_end_changes_nothing() -> None:
    world = World.of(call=replace(CALL, state=State.BUSY, ended_at=CALL.started_at))
    call = world.call

    world.take(world.says("Friday!"))
    world.ends(1)

    assert (world.call, world.provider.marks, world.agent.told) == (call, [], [])


def until(is_so: Any, *, patience: timedelta = timedelta(seconds=5)) -> None:
    from time import monotonic, sleep

    deadline = monotonic() + patience.total_seconds()
    while not is_so():
        assert monotonic() < deadline
        sleep(0.005)
