"""Any order of events, commands, timers and accidents; after every step the laws hold."""

from contextlib import ExitStack
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chalicelib.overriding import override
from tests.bottle.carrier import Creation, Status
from tests.bottle.documents import DocumentCarrier
from tests.bottle.laws import Watch, check_harmless_timers, check_over
from tests.bottle.table import BottledTable
from tests.bottle.world import FRIEND, STRANGER, World, a_world

MOST_CALLS = 3
any_place = st.integers(0, 7)
yes_or_no = st.booleans()


def _pick(found: list[Any], place: int) -> Any:
    return found[place % len(found)]


class AnyOrder(RuleBasedStateMachine):
    """Drives one gateway with one account."""

    provider: ClassVar[str]
    table: ClassVar[type[BottledTable]] = BottledTable

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world: World = self._stack.enter_context(a_world(self.provider, self.table()))
        self.watch = Watch()
        self.spoken = 0

    def _utterance(self) -> str:
        self.spoken += 1
        return f"sentence{self.spoken} please"

    @precondition(lambda self: len(self.world.carrier.calls) < MOST_CALLS)
    @rule(key=st.integers(0, 2), creation=st.sampled_from(Creation), notify=yes_or_no)
    def somebody_orders_a_call(self, key: int, creation: Creation, *, notify: bool) -> None:
        self.world.carrier.creation = creation
        self.world.rpc(
            "voicecall.initiate",
            to=f"+1555987000{key}",
            message="This is about your appointment.",
            mode="notify" if notify else "conversation",
            idempotency_key=f"order-{key}",
        )
        self.world.carrier.creation = Creation.WORKS

    @precondition(lambda self: len(self.world.carrier.calls) < MOST_CALLS)
    @rule(friend=yes_or_no)
    def somebody_calls(self, *, friend: bool) -> None:
        self.world.carrier.arrives(FRIEND if friend else STRANGER, "+15551234567")

    @precondition(lambda self: self._waiting())
    @rule(place=any_place)
    def it_rings(self, place: int) -> None:
        call = _pick(self._waiting(), place)
        if call.status is Status.QUEUED:
            self.world.carrier.rings(call)

    @precondition(lambda self: self._waiting())
    @rule(
        place=any_place,
        how=st.sampled_from(["answers", "answers", "answers", "busy", "no_answer", "failed"]),
    )
    def it_is_answered_or_not(self, place: int, how: str) -> None:
        call = _pick(self._waiting(), place)
        if how == "answers":
            self.world.carrier.picks_up(call)
        else:
            self.world.carrier.ends(call, how)

    @precondition(lambda self: self.world.carrier.talking())
    @rule(
        place=any_place, how=st.sampled_from(["says", "says", "presses", "is silent", "hangs up"])
    )
    def the_far_end_does_something(self, place: int, how: str) -> None:
        carrier = self.world.carrier
        call = _pick(carrier.talking(), place)
        # Who answers has listened first.
        self.world.clock.pass_by(0.01)
        if how == "says":
            carrier.says(call, self._utterance())
        elif how == "presses":
            carrier.presses(call, "12")
        elif how == "is silent":
            carrier.stays_silent(call)
        else:
            carrier.ends(call, "completed")

    @precondition(lambda self: self.world.carrier.talking())
    @rule(place=any_place)
    def the_call_goes_on(self, place: int) -> None:
        self.world.carrier.goes_on(_pick(self.world.carrier.talking(), place))

    @precondition(lambda self: self.world.carrier.news)
    @rule(place=any_place, twice=yes_or_no, lost=st.sampled_from([False, False, False, True]))
    def a_webhook_is_delivered(self, place: int, *, twice: bool, lost: bool) -> None:
        self.world.read_news(place % len(self.world.carrier.news), twice=twice, lost=lost)

    @precondition(lambda self: self.world.cloud.pending)
    @rule(place=any_place)
    def a_function_runs(self, place: int) -> None:
        self.world.run_pending(place % len(self.world.cloud.pending))

    @rule(slow=yes_or_no, twice=yes_or_no, loses=yes_or_no)
    def the_network_is_so(self, *, slow: bool, twice: bool, loses: bool) -> None:
        self.world.cloud.is_slow = slow
        if isinstance(self.world.carrier, DocumentCarrier):
            self.world.carrier.delivers_twice, self.world.carrier.loses_answers = twice, loses

    @precondition(lambda self: self.world.calls)
    @rule(place=any_place, what=st.sampled_from(["end", "speak", "dtmf"]))
    def somebody_interferes(self, place: int, what: str) -> None:
        call = _pick(self.world.calls, place)
        match what:
            case "end":
                self.world.rpc("voicecall.end", call_id=call.call_id)
            case "speak":
                self.world.rpc("voicecall.speak", call_id=call.call_id, message=self._utterance())
            case _:
                self.world.rpc("voicecall.dtmf", call_id=call.call_id, digits="7")

    @precondition(lambda self: self.world.calls)
    @rule(place=any_place, sweeps=yes_or_no)
    def time_passes(self, place: int, *, sweeps: bool) -> None:
        running = sorted(name for name, timer in self.world.cloud.timers.items() if timer.running)
        if sweeps or not running:
            self.world.sweep()
        else:
            self.world.fire(_pick(running, place))

    @invariant()
    def the_laws_hold(self) -> None:
        self.watch.check(self.world)

    @override
    def teardown(self) -> None:
        try:
            self.world.settle()
            self.watch.check(self.world)
            check_over(self.world)
            check_harmless_timers(self.world)
        finally:
            self._stack.close()

    def _waiting(self) -> list[Any]:
        return [
            call
            for call in self.world.carrier.live()
            if call.status in {Status.QUEUED, Status.RINGING} and not call.inbound
        ]
