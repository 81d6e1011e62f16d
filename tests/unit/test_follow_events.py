from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.accounts.account import InboundPolicy
from chalicelib.actions.fire_timer import fire_timer
from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.call import AnsweredBy, Mode, OnMachine, State, inbound_call_id
from chalicelib.calls.events import CallOpened, CallProgressed, Input
from chalicelib.calls.transcript import Slot, Speaker
from chalicelib.calls.verbs import Answer, HangUp, Listen, Reject, Say
from chalicelib.errors import UnknownCallError
from chalicelib.store.turns import Reply
from chalicelib.timers.base import TimerKind
from tests.builders import a_line, said
from tests.fake_carriers import Timer
from tests.worlds import ACCOUNT, ARRIVED, CALL, GREETING, LEG, SILENCE, World, snapshot


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
    world.calls.request_end(
        CALL.call_id, State.HANGUP_BOT, at=world.clock(), retry_at=world.clock()
    )

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


def test_once_our_words_were_heard_we_listen_and_the_clock_runs() -> None:
    world = World.of()
    world.open()

    world.ends()

    assert world.call.state is State.LISTENING
    assert world.timers.of(CALL.call_id) == [Timer(TimerKind.SILENCE, SILENCE, "1-0-0")]


def test_the_end_of_words_that_were_broken_off_changes_nothing() -> None:
    world = World.of(said("On Friday, then."))
    world.open()
    world.take(world.says("Friday!"))
    before = snapshot(world)

    world.ends(heard=0)
    world.ends(heard=-1)

    assert snapshot(world) == before


def test_the_end_of_something_said_before_is_not_taken_for_the_end_of_the_last_words() -> None:
    world = World.of(said("Goodbye.", end_call=True))
    world.open()
    world.take(world.says("Bye!"))
    line = a_line("One more thing.", speaker=Speaker.BOT)
    world.calls.interject(world.call, Slot.aside(2, line.at), line, given=1)

    world.ends("end-1")
    world.ends("end-1")
    before = list(world.provider.hung_up)
    world.ends("end-2")

    assert (before, world.provider.hung_up) == ([], [LEG])


def test_a_silence_that_could_not_be_broken_is_broken_when_the_clock_tries_again() -> None:
    world = World.of()
    world.greet()
    kept = Reply(line=a_line(ENGLISH.reprompts[0], speaker=Speaker.BOT), heard=0, given=1, quiet=1)
    world.calls.reply(CALL.call_id, 1, kept)

    world.stays_silent("1-0-0")

    assert world.provider.verbs("turn-2") == (Say(text=ENGLISH.reprompts[0]),)
    assert world.said == [CALL.opening, ENGLISH.reprompts[0]]


def test_a_silence_whose_timer_fires_twice_is_asked_about_once() -> None:
    world = World.of()
    world.greet()

    world.stays_silent("1-0-0")
    world.stays_silent("1-0-0")
    world.ends()
    after = snapshot(world)
    world.stays_silent("1-0-0")

    assert world.said == [CALL.opening, ENGLISH.reprompts[0]]
    assert (world.call.turn, world.call.quiet) == (2, 1)
    assert world.provider.verbs("turn-2") == (Say(text=ENGLISH.reprompts[0]),)
    assert snapshot(world) == after


def test_two_silences_are_asked_about_and_the_third_ends_the_call() -> None:
    world = World.of()
    world.greet()

    world.stays_silent("1-0-0")
    world.ends()
    world.stays_silent("2-0-1")
    world.ends()
    world.stays_silent("3-0-2")
    before = list(world.provider.hung_up)
    world.ends()

    assert world.said == [CALL.opening, *ENGLISH.reprompts, ENGLISH.farewell]
    assert [timer.mark for timer in world.timers.of(CALL.call_id)] == ["1-0-0", "2-0-1", "3-0-2"]
    assert (before, world.provider.hung_up) == ([], [LEG])
    assert world.call.end_requested is State.HANGUP_BOT


@pytest.mark.parametrize("mark", ["1-0-0", "1-1-0", "2-0-0", "1-0"])
def test_a_silence_that_was_broken_is_not_asked_about(mark: str) -> None:
    world = World.of(said("On Friday, then."))
    world.greet()
    world.take(world.says("Friday!"))
    world.ends()
    before = snapshot(world)

    world.stays_silent(mark)

    assert snapshot(world) == before


def test_after_an_answer_silences_are_counted_anew() -> None:
    world = World.of(said("On Friday, then."))
    world.greet()
    world.stays_silent("1-0-0")
    world.ends()

    world.take(world.says("Friday!"))
    world.ends()

    assert world.timers.of(CALL.call_id)[-1] == Timer(TimerKind.SILENCE, SILENCE, "3-1-0")


def test_a_message_that_was_heard_is_followed_by_the_end_after_its_delay() -> None:
    world = World.of(call=replace(CALL, mode=Mode.NOTIFY, notify_hangup_delay_secs=7))
    world.open()
    before = world.timers.of(CALL.call_id)

    world.ends()

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
    world.ends()

    assert [timer.kind for timer in world.timers.of(CALL.call_id)] == [TimerKind.NOTIFY_HANGUP]


@pytest.mark.parametrize("kind", [Input.SPEECH, Input.KEYS])
def test_what_is_said_to_a_message_is_not_answered_and_does_not_break_it_off(kind: Input) -> None:
    world = World.of(said("Who is there?"), call=replace(CALL, mode=Mode.NOTIFY))
    world.open()
    before = snapshot(world)

    world.take(world.says("Hello?", input=kind))

    assert snapshot(world) == before
    assert world.agent.told == []
    world.ends()
    assert [timer.kind for timer in world.timers.of(CALL.call_id)] == [TimerKind.NOTIFY_HANGUP]


def test_what_a_machine_says_is_not_answered() -> None:
    world = World.of(said("Hello."), call=replace(CALL, on_machine=OnMachine.LEAVE_MESSAGE))
    world.take(
        CallOpened(provider_call_id=LEG, call_id=CALL.call_id, answered_by=AnsweredBy.MACHINE)
    )
    before = snapshot(world)

    world.take(world.says("Please leave a message after the tone."))

    assert snapshot(world) == before
    assert world.agent.told == []


def test_nobody_is_paid_to_listen_to_whom_a_message_is_for() -> None:
    world = World.of(call=replace(CALL, mode=Mode.NOTIFY))

    world.open()

    assert world.provider.verbs("opening") == (GREETING,)


def test_a_call_that_is_gone_when_it_is_to_be_ended_is_over_here() -> None:
    world = World.of(said("Goodbye.", end_call=True))
    world.greet()
    world.take(world.says("Bye!"))
    world.provider.gone = True

    world.ends()

    assert world.call.state is State.HANGUP_BOT


def test_an_event_of_another_account_is_nobodys_business() -> None:
    world = World.of(call=replace(CALL, account="another"))
    before = snapshot(world)

    world.open()
    world.take(world.says("Friday!"))
    world.ends()

    assert snapshot(world) == before


def test_an_event_of_a_call_that_never_was_is_ignored() -> None:
    world = World.of(call=None)

    world.open()
    world.take(world.says("Friday!"))
    world.ends()

    assert world.provider.marks == []
    with pytest.raises(UnknownCallError):
        world.calls.get(CALL.call_id)


def test_an_event_after_the_end_changes_nothing() -> None:
    world = World.of(call=replace(CALL, state=State.BUSY, ended_at=CALL.started_at))
    call = world.call

    world.take(world.says("Friday!"))
    world.ends()

    assert (world.call, world.provider.marks, world.agent.told) == (call, [], [])
