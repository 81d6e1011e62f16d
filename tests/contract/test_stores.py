from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.accounts.account import OutboundLimits
from chalicelib.accounts.audit import AuditEntry, Topic
from chalicelib.calls.call import LIVE_STATES, Call, CallFailure, CallId, Mode, State
from chalicelib.errors import LimitReachedError, UnknownCallError
from chalicelib.store.base import CallStore, Created, Ending, Opened
from tests.builders import NOON, a_call, an_entry
from tests.contract.memories import Memory, every_memory

LATER = NOON + timedelta(seconds=7)
STAGES = (
    {State.INITIATED},
    {State.RINGING},
    {State.ANSWERED},
    {State.ACTIVE, State.SPEAKING, State.LISTENING},
    set(State) - LIVE_STATES,
)

pytestmark = every_memory

MakeMemory = Callable[[], AbstractContextManager[Memory]]


@pytest.fixture
def memory(a_memory: MakeMemory) -> Iterator[Memory]:
    with a_memory() as opened:
        yield opened


@pytest.fixture
def calls(memory: Memory) -> CallStore:
    return memory.calls


def advance(calls: CallStore, call: Call, state: State) -> bool:
    return calls.advance(
        call.call_id,
        state,
        account=call.account,
        provider_call_id=call.provider_call_id,
        at=LATER,
    )


def test_a_created_call_can_be_read(calls: CallStore) -> None:
    call = a_call(voice="Polly.Amy", provider_call_id="CA1", mode=Mode.NOTIFY)

    created = calls.create(call)

    assert created == Created(call, fresh=True)
    assert calls.get(call.call_id) == call


def test_a_call_that_was_never_created_is_unknown(calls: CallStore) -> None:
    with pytest.raises(UnknownCallError):
        calls.get("nobody")
    with pytest.raises(UnknownCallError):
        calls.conversation("nobody")
    with pytest.raises(UnknownCallError):
        calls.request_end("nobody", State.HANGUP_BOT, at=NOON, retry_at=NOON)


def test_creating_a_call_twice_gives_the_first_one_as_it_is_now(memory: Memory) -> None:
    first = a_call(state=State.LISTENING)
    memory.calls.create(first)
    memory.calls.attach(first.call_id, "CA1")

    again = memory.calls.create(replace(first, opening="Another greeting"))

    assert again == Created(replace(first, provider_call_id="CA1"), fresh=False)
    assert memory.running("twilio") == 1


def test_an_idempotency_key_gives_the_call_that_came_first(memory: Memory) -> None:
    limits = OutboundLimits(max_concurrent_calls=1, max_calls_per_day=1)
    first = a_call(call_id=CallId("first"))
    memory.calls.create(first, limits=limits, idempotency_key="order 66")

    again = memory.calls.create(
        a_call(call_id=CallId("second")), limits=limits, idempotency_key="order 66"
    )

    assert again == Created(first, fresh=False)
    assert memory.running("twilio") == 1
    with pytest.raises(UnknownCallError):
        memory.calls.get("second")


def test_an_idempotency_key_belongs_to_one_account(calls: CallStore) -> None:
    calls.create(a_call(call_id=CallId("first")), idempotency_key="order 66")

    other = calls.create(
        a_call(call_id=CallId("second"), account="plivo"), idempotency_key="order 66"
    )

    assert other.fresh


def test_an_idempotency_key_is_forgotten_after_a_day(calls: CallStore) -> None:
    calls.create(a_call(call_id=CallId("first")), idempotency_key="order 66")
    tomorrow = a_call(call_id=CallId("second"), started_at=NOON + timedelta(days=1))

    created = calls.create(tomorrow, idempotency_key="order 66")

    assert created == Created(tomorrow, fresh=True)


def test_no_more_calls_run_at_a_time_than_the_limit_allows(memory: Memory) -> None:
    limits = OutboundLimits(max_concurrent_calls=10)
    refused = []

    for number in range(50):
        try:
            memory.calls.create(a_call(call_id=CallId(f"call-{number}")), limits=limits)
        except LimitReachedError as error:
            refused.append(error)

    assert len(memory.calls.live()) == memory.running("twilio") == 10
    assert {error.rule for error in refused} == {"phone.outbound.max_concurrent_calls"}
    assert "max_concurrent_calls" in str(refused[0])


def test_an_ended_call_makes_room_for_another(calls: CallStore) -> None:
    limits = OutboundLimits(max_concurrent_calls=1)
    calls.create(a_call(call_id=CallId("first")), limits=limits)
    calls.finish("first", Ending(at=LATER), account="twilio")

    created = calls.create(a_call(call_id=CallId("second")), limits=limits)

    assert created.fresh


def test_no_more_calls_begin_in_a_day_than_the_limit_allows(calls: CallStore) -> None:
    limits = OutboundLimits(max_calls_per_day=1)
    calls.create(a_call(call_id=CallId("first")), limits=limits)
    calls.finish("first", Ending(at=LATER), account="twilio")

    with pytest.raises(LimitReachedError, match="max_calls_per_day") as caught:
        calls.create(a_call(call_id=CallId("second")), limits=limits)
    tomorrow = a_call(call_id=CallId("third"), started_at=NOON + timedelta(hours=12))
    created = calls.create(tomorrow, limits=limits)

    assert caught.value.rule == "phone.outbound.max_calls_per_day"
    assert created.fresh


def test_no_more_calls_begin_in_a_day_to_one_number_than_the_limit_allows(calls: CallStore) -> None:
    limits = OutboundLimits(max_calls_per_day_per_number=2)
    for number in range(2):
        calls.create(a_call(call_id=CallId(f"call-{number}")), limits=limits)
        calls.finish(f"call-{number}", Ending(at=LATER), account="twilio")

    with pytest.raises(LimitReachedError, match="max_calls_per_day_per_number") as caught:
        calls.create(a_call(call_id=CallId("third")), limits=limits)
    elsewhere = a_call(call_id=CallId("elsewhere"), to_number="+15559876544")
    others = a_call(call_id=CallId("others"), account="plivo")
    tomorrow = a_call(call_id=CallId("tomorrow"), started_at=NOON + timedelta(hours=12))

    assert caught.value.rule == "phone.outbound.max_calls_per_day_per_number"
    assert "5559876543" not in str(caught.value)
    assert all(calls.create(one, limits=limits).fresh for one in (elsewhere, others, tomorrow))


def test_a_refused_call_is_counted_nowhere(calls: CallStore) -> None:
    calls.create(a_call(call_id=CallId("inbound")))
    for number in range(5):
        with pytest.raises(LimitReachedError, match="max_concurrent_calls"):
            calls.create(
                a_call(call_id=CallId(f"call-{number}")),
                limits=OutboundLimits(max_concurrent_calls=1),
            )

    one_a_day = OutboundLimits(max_calls_per_day=1, max_calls_per_day_per_number=1)

    assert calls.create(a_call(call_id=CallId("first")), limits=one_a_day).fresh


def test_a_call_and_the_entry_of_its_decision_are_there_together_or_not_at_all(
    memory: Memory,
) -> None:
    def entry(name: str) -> AuditEntry:
        facts = {"door": "rpc", "rule": "phone.outbound.allow +"}
        return an_entry(entry_id=name, topic=Topic.CALLS, action="call allowed", facts=facts)

    limits = OutboundLimits(max_calls_per_day=1)
    first, again, other = entry("e1"), entry("e2"), entry("e3")

    memory.calls.create(a_call(), limits=limits, idempotency_key="order 66", entry=first)
    memory.calls.create(
        a_call(call_id=CallId("again")), limits=limits, idempotency_key="order 66", entry=again
    )
    with pytest.raises(LimitReachedError):
        memory.calls.create(a_call(call_id=CallId("other")), limits=limits, entry=other)

    assert memory.audit.page(Topic.CALLS, limit=9).entries == (first,)
    assert memory.audit.page(Topic.SETTINGS, limit=9).entries == ()


def test_a_call_that_was_over_before_it_began_is_kept_once_and_not_counted(memory: Memory) -> None:
    failure = CallFailure(code="refused_by_policy", message="the inbound policy is disabled")
    refused = a_call(state=State.ERROR, ended_at=NOON, error=failure)

    memory.calls.record(refused)
    memory.calls.record(replace(refused, ended_at=LATER))

    assert memory.calls.get(refused.call_id) == refused
    assert memory.calls.live() == []
    assert memory.running("twilio") == 0


def test_the_first_carrier_id_stays(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)

    calls.attach(call.call_id, "CA1")
    calls.attach(call.call_id, "CA2")
    calls.attach("nobody", "CA3")

    assert calls.get(call.call_id).provider_call_id == "CA1"
    with pytest.raises(UnknownCallError):
        calls.get("nobody")


def test_a_call_moves_forward_and_keeps_when_it_was_answered(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)

    moved = [
        advance(calls, call, State.RINGING),
        advance(calls, replace(call, provider_call_id="CA1"), State.ANSWERED),
    ]

    assert moved == [True, True]
    assert calls.get(call.call_id) == replace(
        call,
        state=State.ANSWERED,
        ringing_at=LATER,
        answered_at=LATER,
        provider_call_id="CA1",
        version=3,
    )


def test_a_late_event_moves_nothing(calls: CallStore) -> None:
    call = a_call(state=State.ANSWERED)
    calls.create(call)

    moved = [advance(calls, call, state) for state in (State.INITIATED, State.RINGING)]

    assert moved == [False, False]
    assert calls.get(call.call_id) == call


def test_a_call_is_never_made_final_by_the_way(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)

    with pytest.raises(ValueError, match="finish"):
        advance(calls, call, State.COMPLETED)


@pytest.mark.parametrize(
    "stranger", [{"account": "plivo"}, {"provider_call_id": "CA2"}, {"call_id": "nobody"}]
)
def test_nobody_else_can_move_a_call(calls: CallStore, stranger: dict[str, str]) -> None:
    call = a_call(provider_call_id="CA1")
    calls.create(call)
    known = {"call_id": call.call_id, "account": "twilio", "provider_call_id": "CA1"} | stranger
    call_id, account, carrier_id = known.values()

    moved = calls.advance(
        call_id, State.RINGING, account=account, provider_call_id=carrier_id, at=NOON
    )
    opened = calls.open(call_id, account=account, provider_call_id=carrier_id, at=NOON)
    ending = Ending(at=NOON, provider_call_id=carrier_id)
    finished = calls.finish(call_id, ending, account=account)

    assert (moved, opened, finished) == (False, None, False)
    assert calls.get(call.call_id) == call


@pytest.mark.parametrize(
    ("mode", "state"), [(Mode.CONVERSATION, State.LISTENING), (Mode.NOTIFY, State.SPEAKING)]
)
def test_a_call_is_opened_once(calls: CallStore, mode: Mode, state: State) -> None:
    call = a_call(mode=mode, state=State.RINGING)
    calls.create(call)

    first = calls.open(call.call_id, account="twilio", provider_call_id="CA1", at=NOON)
    again = calls.open(call.call_id, account="twilio", provider_call_id="CA1", at=LATER)

    opened = replace(
        call, state=state, answered_at=NOON, opened_at=NOON, provider_call_id="CA1", version=2
    )
    assert first == Opened(opened, first=True)
    assert again == Opened(opened, first=False)


def test_opening_keeps_when_the_call_was_answered(calls: CallStore) -> None:
    call = a_call(state=State.ANSWERED, answered_at=NOON)
    calls.create(call)

    opened = calls.open(call.call_id, account="twilio", provider_call_id="", at=LATER)

    assert opened
    assert (opened.call.answered_at, opened.call.opened_at) == (NOON, LATER)


@pytest.mark.parametrize(
    "past", [a_call(state=State.ACTIVE), a_call(state=State.ANSWERED, opened_at=NOON)]
)
def test_a_call_that_is_past_its_opening_comes_back_as_it_is(calls: CallStore, past: Call) -> None:
    calls.create(past)

    opened = calls.open(past.call_id, account="twilio", provider_call_id="CA1", at=LATER)

    assert opened == Opened(past, first=False)


def test_a_call_that_is_over_comes_back_as_it_is(calls: CallStore) -> None:
    call = a_call()
    calls.create(call)
    calls.finish(call.call_id, Ending(at=NOON, reason=State.BUSY), account="twilio")

    opened = calls.open(call.call_id, account="twilio", provider_call_id="CA1", at=LATER)

    assert opened == Opened(call.ended(State.BUSY, at=NOON), first=False)


move = st.sampled_from([*sorted(LIVE_STATES), "open", "end hangup_user", "end error"])


@settings(max_examples=20, deadline=None, derandomize=True)
@given(moves=st.lists(move, min_size=3, max_size=10))
def test_states_only_move_forward_whatever_comes_in_whatever_order(
    a_memory: MakeMemory, moves: list[str]
) -> None:
    call = a_call(provider_call_id="CA1")
    with a_memory() as memory:
        memory.calls.create(call)
        memory.calls.create(replace(call, call_id=CallId("another")))
        seen, ends = [call.state], 0

        for one in moves:
            ends += make(one, memory.calls, call)
            seen.append(memory.calls.get(call.call_id).state)

        stages = [next(i for i, stage in enumerate(STAGES) if state in stage) for state in seen]
        finals = {state for state in seen if state.is_final}
        assert stages == sorted(stages)
        assert len(finals) == ends <= 1
        assert memory.running("twilio") == len(memory.calls.live()) == 2 - ends


def make(one: str, calls: CallStore, call: Call) -> bool:
    if one == "open":
        calls.open(call.call_id, account="twilio", provider_call_id="CA1", at=LATER)
        return False
    if one.startswith("end "):
        reason = State(one.removeprefix("end "))
        return calls.finish(call.call_id, Ending(at=LATER, reason=reason), account="twilio")
    advance(calls, call, State(one))
    return False
