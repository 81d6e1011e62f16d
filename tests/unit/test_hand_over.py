"""A call is handed to a person, at a carrier that takes commands."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.actions.note_progress import note_end
from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.call import State
from chalicelib.calls.events import CallEnded, TransferEnded
from chalicelib.calls.replies import Speak, Transfer
from chalicelib.calls.verbs import Dial, Say
from chalicelib.errors import ProviderRejectedError, ProviderUnavailableError
from chalicelib.overriding import override
from chalicelib.providers.base import Performance
from tests.builders import said
from tests.fake_carriers import FakeProvider
from tests.worlds import CALL, LEG, PATIENT, World, snapshot

BOSS = "+15550009999"
WORDS = "I will put you through."


class Refusing(FakeProvider):
    """Puts nobody through, for the reason that it was given."""

    def __init__(self, error: ProviderRejectedError | ProviderUnavailableError) -> None:
        super().__init__()
        self.error: ProviderRejectedError | ProviderUnavailableError | None = error

    @override
    def perform(self, performance: Performance) -> None:
        if self.error and any(isinstance(verb, Dial) for verb in performance.verbs):
            raise self.error
        super().perform(performance)


def a_world(provider: FakeProvider | None = None) -> World:
    agent = replace(PATIENT.agent, transfer_to=(BOSS,))
    world = World.of(
        (Speak(WORDS), Transfer(BOSS)),
        said("On Friday, then."),
        call=replace(CALL, agent=agent),
        account=replace(PATIENT, agent=agent),
    )
    if provider:
        exchange = replace(world.exchange, provider=provider)
        world = replace(world, provider=provider, exchange=exchange)
    world.greet()
    world.take(world.says("The boss, please."))
    return world


def transfer_ended(*, reached: bool) -> TransferEnded:
    return TransferEnded(
        provider_call_id=LEG, call_id=CALL.call_id, delivery="over", turn=2, reached=reached
    )


def test_it_is_put_through_once_the_words_before_were_heard() -> None:
    world = a_world()
    assert world.provider.marks == ["opening", "turn-2"]

    world.ends()

    assert world.provider.marks == ["opening", "turn-2", "transfer-2"]
    (dial,) = world.provider.verbs("transfer-2")
    assert isinstance(dial, Dial)
    assert (dial.number, dial.caller_id, dial.turn) == (BOSS, CALL.our_number, 2)
    assert dial.longest_secs <= CALL.max_duration_secs
    assert world.call.is_with_person


def test_a_carrier_that_will_not_is_as_if_nobody_had_answered() -> None:
    world = a_world(Refusing(ProviderRejectedError("not from this number", provider="telnyx")))

    world.ends()
    world.take(world.says("On Friday?"))

    assert world.provider.marks[:3] == ["opening", "turn-2", "turn-3"]
    assert world.provider.verbs("turn-3") == (Say(text=ENGLISH.unreached),)
    assert world.said == [CALL.opening, WORDS, ENGLISH.unreached, "On Friday, then."]
    assert not world.call.is_with_person


def test_a_carrier_that_fails_is_asked_again_when_the_event_is_delivered_again() -> None:
    provider = Refusing(ProviderUnavailableError("try later", provider="telnyx"))
    world = a_world(provider)
    with pytest.raises(ProviderUnavailableError):
        world.ends("the end")

    provider.error = None
    world.ends("the end")

    assert world.provider.marks == ["opening", "turn-2", "transfer-2"]


def test_whom_nobody_answers_is_told_so_once() -> None:
    world = a_world()
    world.ends()

    world.take(transfer_ended(reached=False))
    before = snapshot(world)
    world.take(transfer_ended(reached=False))

    assert snapshot(world) == before
    assert world.provider.verbs("turn-3") == (Say(text=ENGLISH.unreached),)
    assert world.said == [CALL.opening, WORDS, ENGLISH.unreached]


def test_whom_a_person_answered_has_a_call_that_is_complete() -> None:
    world = a_world()
    world.ends()

    world.take(transfer_ended(reached=True))

    assert world.provider.hung_up == [LEG]
    assert world.call.end_requested is State.COMPLETED


def _ask_for_its_end(world: World) -> None:
    world.calls.request_end(
        CALL.call_id, State.HANGUP_BOT, at=world.clock(), retry_at=world.clock()
    )


def _end(world: World) -> None:
    ended = CallEnded(provider_call_id=LEG, call_id=CALL.call_id, reason=None, error=None)
    note_end(ended, exchange=world.exchange)


@pytest.mark.parametrize("ends", [_ask_for_its_end, _end])
def test_in_a_call_that_is_to_be_over_nothing_more_is_said(ends: Callable[[World], None]) -> None:
    world = a_world()
    world.ends()
    ends(world)

    world.take(transfer_ended(reached=False))

    assert world.provider.marks == ["opening", "turn-2", "transfer-2"]
    assert world.said == [CALL.opening, WORDS]
