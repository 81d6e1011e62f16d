from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.calls.call import (
    LIVE_STATES,
    CallFailure,
    Direction,
    Mode,
    State,
    inbound_call_id,
    may_become,
    new_call_id,
)
from tests.builders import NOON, a_call

FINAL: Final = {
    State.COMPLETED,
    State.HANGUP_USER,
    State.HANGUP_BOT,
    State.TIMEOUT,
    State.ERROR,
    State.NO_ANSWER,
    State.BUSY,
}
TALKING: Final = {State.ACTIVE, State.SPEAKING, State.LISTENING}
FAILURE: Final = CallFailure(code="13224", message="invalid number")

states = st.sampled_from(State)


def walk(wanted: list[State]) -> list[State]:
    path = [State.INITIATED]
    for state in wanted:
        if path[-1] in may_become(state):
            path.append(state)
    return path


@pytest.mark.parametrize("state", State)
def test_seven_states_are_final_and_the_others_live(state: State) -> None:
    assert state.is_final is (state in FINAL)
    assert (state in LIVE_STATES) is (state not in FINAL)


def test_a_call_moves_forwards_and_while_talking_to_and_fro() -> None:
    assert {state: set(may_become(state)) for state in LIVE_STATES} == {
        State.INITIATED: set(),
        State.RINGING: {State.INITIATED},
        State.ANSWERED: {State.INITIATED, State.RINGING},
        State.ACTIVE: {State.INITIATED, State.RINGING, State.ANSWERED} | TALKING,
        State.SPEAKING: {State.INITIATED, State.RINGING, State.ANSWERED} | TALKING,
        State.LISTENING: {State.INITIATED, State.RINGING, State.ANSWERED} | TALKING,
    }


@settings(deadline=None, derandomize=True)
@given(wanted=st.lists(states))
def test_whatever_is_reported_no_state_is_gone_back_to(wanted: list[State]) -> None:
    path = walk(wanted)

    early = [state for state in path if state not in TALKING]
    order = [State.INITIATED, State.RINGING, State.ANSWERED, *FINAL]
    assert len(early) == len(set(early))
    assert early == sorted(early, key=order.index)


@settings(deadline=None, derandomize=True)
@given(wanted=st.lists(states), final=st.sampled_from(sorted(FINAL)), late=st.lists(states))
def test_a_final_state_is_reached_from_everywhere_and_never_left(
    wanted: list[State], final: State, late: list[State]
) -> None:
    path = walk([*wanted, final])

    assert path[-1].is_final
    assert walk([*wanted, final, *late]) == path


@settings(deadline=None, derandomize=True)
@given(wanted=st.lists(states))
def test_what_is_reported_twice_changes_nothing_before_the_talk(wanted: list[State]) -> None:
    doubled = [state for state in wanted for _ in range(2)]

    assert _without_talk(walk(doubled)) == _without_talk(walk(wanted))


def _without_talk(path: list[State]) -> list[State]:
    return [state for state in path if state not in TALKING]


@pytest.mark.parametrize(
    ("mode", "reports_speech", "opened", "end"),
    [
        (Mode.CONVERSATION, False, State.LISTENING, State.HANGUP_USER),
        (Mode.CONVERSATION, True, State.SPEAKING, State.HANGUP_USER),
        (Mode.NOTIFY, False, State.SPEAKING, State.COMPLETED),
        (Mode.NOTIFY, True, State.SPEAKING, State.COMPLETED),
    ],
)
def test_the_mode_says_how_a_call_goes_on_and_ends(
    mode: Mode, opened: State, end: State, *, reports_speech: bool
) -> None:
    call = a_call(mode=mode, reports_speech=reports_speech)

    assert (call.state_when_opened, call.natural_end) == (opened, end)


def test_a_call_ends_for_the_reason_that_the_carrier_gives() -> None:
    call = a_call(state=State.RINGING)

    ended = call.ended(State.BUSY, at=NOON)

    assert ended == replace(call, state=State.BUSY, ended_at=NOON, version=call.version + 1)
    assert (call.end_reason, ended.end_reason) == (None, State.BUSY)


def test_what_we_asked_for_goes_before_what_the_carrier_says() -> None:
    call = a_call(state=State.LISTENING, end_requested=State.TIMEOUT)

    ended = call.ended(State.ERROR, at=NOON, error=FAILURE)

    assert (ended.state, ended.error) == (State.TIMEOUT, None)


def test_a_failure_is_kept_with_the_state_error_only() -> None:
    assert a_call().ended(State.ERROR, at=NOON, error=FAILURE).error == FAILURE
    assert a_call().ended(State.BUSY, at=NOON, error=FAILURE).error is None


def test_the_other_party_is_whoever_is_not_us() -> None:
    outbound = a_call(from_number="+15551234567", to_number="+15559876543")
    inbound = replace(outbound, direction=Direction.INBOUND)

    assert (outbound.other_party, inbound.other_party) == ("+15559876543", "+15551234567")


def test_a_call_shows_no_whole_number() -> None:
    call = a_call(state=State.RINGING)

    assert str(call) == "call 6f1c1f8e-6f0b-4d4f-9a53-3f6f9a0f7c11 with …6543 (ringing)"


def test_outbound_ids_are_unguessable_and_inbound_ones_can_be_found_again() -> None:
    ids = {new_call_id() for _ in range(100)}

    assert {UUID(call_id).version for call_id in ids} == {4}
    assert len(ids) == 100
    assert inbound_call_id("twilio", "CA1") == inbound_call_id("twilio", "CA1")
    assert UUID(inbound_call_id("twilio", "CA1")).version == 5


def test_inbound_ids_differ_between_accounts_and_calls() -> None:
    ids = {inbound_call_id(account, call) for account in ("a", "b") for call in ("CA1", "CA2")}

    assert len(ids) == 4


def test_changing_a_call_leaves_the_old_one_alone() -> None:
    call = a_call()

    call.ended(State.BUSY, at=NOON + timedelta(minutes=1))

    assert call == a_call()
