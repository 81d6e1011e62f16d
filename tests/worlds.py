"""One account at a carrier that takes commands, in memory, with one call."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Thread
from time import monotonic, sleep
from typing import Any, Final

from chalicelib.accounts.account import Account, InboundPolicy
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.fire_timer import fire_timer
from chalicelib.actions.follow_events import follow_event
from chalicelib.actions.speak import speak
from chalicelib.calls.call import Call, State
from chalicelib.calls.events import (
    CallArrived,
    CallOpened,
    CarrierEvent,
    Input,
    InputOverheard,
    SpeechEnded,
)
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.transcript import Conversation, Line, Speaker
from chalicelib.calls.verbs import Say
from chalicelib.providers.base import Performance
from chalicelib.timers.base import TimerKind
from tests.builders import a_call, an_account
from tests.fake_carriers import (
    FakeClock,
    FakeProvider,
    FakeTimers,
    FakeTurns,
    ScriptedAgent,
    Step,
    Timer,
)
from tests.fake_settings import FakeAuditStore
from tests.fake_voice import FakeVoice
from tests.fakes import FakeCallStore

LEG: Final = "v3:leg-1"
ACCOUNT: Final = an_account(
    account_id="telnyx",
    provider="telnyx",
    inbound_policy=InboundPolicy.OPEN,
    agent=AgentSettings(reply_budget_secs=0.05, timeout_secs=0.6),
)
CALL: Final = a_call(
    account="telnyx",
    provider="telnyx",
    provider_call_id=LEG,
    state=State.RINGING,
    reports_speech=True,
    given=1,
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
        audit = FakeAuditStore()
        clock, calls, provider = FakeClock(), FakeCallStore(audit), FakeProvider()
        timers = FakeTimers(clock)
        if call is not None:
            calls.create(call)
        exchange = Exchange(
            account=account,
            provider=provider,
            calls=calls,
            audit=audit,
            timers=timers,
            turns=FakeTurns(),
            voice=FakeVoice(),
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

    def take(self, event: CarrierEvent, *, by: str = "") -> None:
        follow_event(event, by=by, exchange=self.exchange, agent_of=lambda _: self.agent)

    def begin(self, event: CarrierEvent, *, by: str = "") -> Thread:
        thread = Thread(target=self.take, args=(event,), kwargs={"by": by})
        thread.start()
        return thread

    def open(self) -> None:
        self.take(CallOpened(provider_call_id=LEG, call_id=CALL.call_id))

    def greet(self) -> None:
        self.open()
        self.ends()

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

    def ends(self, delivery: str = "", *, heard: int | None = None) -> None:
        """Something that we said was heard to its end."""
        event = SpeechEnded(
            provider_call_id=LEG,
            call_id=CALL.call_id,
            delivery=delivery or f"end-{self.clock.tick()}",
            heard=self.newest if heard is None else heard,
        )
        self.take(event)

    @property
    def newest(self) -> int:
        """What was told with the newest command: this comes back with every event."""
        performed = list(self.provider.performed.values())
        return performed[-1].heard if performed else 0

    @staticmethod
    def line_of(event: InputOverheard) -> Line:
        return Line(speaker=Speaker.USER, text=event.text, at=event.at)

    def interject(self, text: str) -> None:
        speak(self.call, text, exchange=self.exchange)

    def stays_silent(self, mark: str) -> None:
        fire_timer(self.call, TimerKind.SILENCE, mark=mark, exchange=self.exchange)

    def performance(self, mark: str) -> Performance:
        return self.provider.performed[CALL.call_id, mark]


def snapshot(world: World) -> tuple[Call, Conversation, list[str], list[Timer]]:
    timers = world.timers.of(CALL.call_id)
    return world.call, world.conversation, world.provider.marks, timers


def until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + 5
    while not is_so():
        assert monotonic() < deadline
        sleep(0.005)
