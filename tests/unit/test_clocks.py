from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar

import pytest

from chalicelib.actions.admit_call import CLOCK_CAN_WAIT, admit_call
from chalicelib.actions.fire_timer import NOTIFY_SLACK_SECS, fire_timer
from chalicelib.actions.open_call import open_call
from chalicelib.actions.sweep import sweep
from chalicelib.actions.take_input import take_input
from chalicelib.calls.call import LOOK_AT_LIVE_EVERY, AnsweredBy, Mode, State, inbound_call_id
from chalicelib.calls.events import CallOpened, Input, InputGathered
from chalicelib.calls.verbs import Gather, HangUp, Verb
from chalicelib.timers.base import TimerKind
from tests.builders import NOON
from tests.fake_carriers import FakeProvider, Timer
from tests.worlds import ACCOUNT, ARRIVED, CALL, LEG, World

THERE = inbound_call_id(ACCOUNT.account_id, ARRIVED.provider_call_id)
CLOCK_CAN_WAIT_SECS = int(CLOCK_CAN_WAIT.total_seconds())
MESSAGE = "x" * 80
"""Ten seconds, however slowly it is spoken."""


class FakeDocuments(FakeProvider):
    takes_commands: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Place:
    """One account at a carrier that asks for documents."""

    world: World

    @classmethod
    def of(cls, *, max_duration_secs: int = 3600, mode: Mode = Mode.NOTIFY) -> "Place":
        account = replace(ACCOUNT, max_duration_secs=max_duration_secs)
        call = replace(CALL, mode=mode, opening=MESSAGE, reports_speech=False)
        world = World.of(call=call, account=account)
        documents = replace(world.exchange, provider=FakeDocuments())
        return cls(replace(world, exchange=documents))

    def arrive(self) -> list[Verb]:
        return admit_call(ARRIVED, exchange=self.world.exchange)

    def answer(self, *, answered_by: AnsweredBy | None = None) -> None:
        event = CallOpened(provider_call_id=LEG, call_id=CALL.call_id, answered_by=answered_by)
        open_call(event, exchange=self.world.exchange)

    def gather(self, text: str) -> list[Verb]:
        event = InputGathered(
            provider_call_id=ARRIVED.provider_call_id,
            call_id=THERE,
            turn=1,
            input=Input.SPEECH if text else Input.NOTHING,
            text=text,
        )
        return take_input(event, exchange=self.world.exchange)

    def ring_timer(self) -> None:
        fire_timer(self.world.call, TimerKind.RING_TIMEOUT, exchange=self.world.exchange)

    def sweep(self) -> None:
        world = self.world
        sweep(
            calls=world.calls,
            timers=world.timers,
            exchange_of=lambda _: world.exchange,
            now=world.clock,
        )


def test_a_caller_does_not_wait_for_a_clock_that_has_time() -> None:
    place = Place.of(max_duration_secs=CLOCK_CAN_WAIT_SECS + 1)

    verbs = place.arrive()

    assert any(isinstance(verb, Gather) for verb in verbs)
    assert place.world.timers.of(THERE) == []


def test_a_limit_that_is_near_has_its_clock_at_once() -> None:
    place = Place.of(max_duration_secs=CLOCK_CAN_WAIT_SECS)

    place.arrive()

    limit = timedelta(seconds=CLOCK_CAN_WAIT_SECS)
    assert place.world.timers.of(THERE) == [Timer(TimerKind.MAX_DURATION, limit)]


def test_the_sweep_starts_the_clock_of_a_call_that_arrived_long_before_its_limit() -> None:
    place = Place.of()
    place.arrive()
    place.world.clock.time += LOOK_AT_LIVE_EVERY

    place.sweep()
    place.sweep()

    left = timedelta(hours=1) - LOOK_AT_LIVE_EVERY
    assert place.world.timers.of(THERE) == [Timer(TimerKind.MAX_DURATION, left)]
    assert place.world.calls.get(THERE).deadline > place.world.clock()


@pytest.mark.parametrize("text", ["", "Hello?"])
def test_who_comes_back_after_the_limit_is_hung_up_on_without_any_clock(text: str) -> None:
    place = Place.of()
    place.arrive()
    place.world.clock.time += timedelta(hours=1)

    verbs = place.gather(text)

    assert verbs == [HangUp()]
    assert place.world.calls.get(THERE).end_requested is State.TIMEOUT


def test_the_sweep_starts_no_clock_of_a_call_that_should_be_over() -> None:
    place = Place.of()
    place.arrive()
    place.world.clock.time += timedelta(hours=1)

    place.sweep()

    assert place.world.timers.of(THERE) == []


def test_a_message_still_spoken_when_ringing_would_be_over_is_guarded_from_then() -> None:
    place = Place.of()
    place.answer()
    answered_at = place.world.clock()
    before = place.world.timers.of(CALL.call_id)
    place.world.clock.time += timedelta(seconds=5)

    place.ring_timer()

    assert before == []
    longest = 10 + CALL.notify_hangup_delay_secs + NOTIFY_SLACK_SECS
    assert place.world.timers.of(CALL.call_id) == [
        Timer(TimerKind.NOTIFY_HANGUP, answered_at - NOON + timedelta(seconds=longest - 5))
    ]


@pytest.mark.parametrize(
    ("mode", "answered_by"),
    [(Mode.CONVERSATION, None), (Mode.NOTIFY, AnsweredBy.MACHINE)],
)
def test_nothing_else_is_guarded_as_a_message(mode: Mode, answered_by: AnsweredBy | None) -> None:
    place = Place.of(mode=mode)
    place.answer(answered_by=answered_by)

    place.ring_timer()

    assert place.world.timers.of(CALL.call_id) == []
