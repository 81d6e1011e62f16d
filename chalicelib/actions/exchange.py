"""What an action works with: one account's carrier, and our memory, clock and agent."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from chalicelib.accounts.account import Account
from chalicelib.audio.voice import Voice
from chalicelib.calls.call import Call
from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.calls.terms import AgentSettings
from chalicelib.providers.base import Provider
from chalicelib.store.base import AuditStore, CallStore
from chalicelib.timers.base import Timers
from chalicelib.turns.base import Turns


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """The telephone exchange of one account."""

    account: Account
    provider: Provider
    calls: CallStore
    audit: AuditStore
    timers: Timers
    turns: Turns
    voice: Voice
    now: Callable[[], datetime]
    speed: float = 1.0
    """How many times as fast as ours the carrier's clock runs: simulated ones may hurry."""

    def url(self, route: Route, call_id: str, **query: str | int) -> str:
        """Where the carrier asks about the call, and asks again if nobody answers."""
        url = callback_url(
            self.account.webhook_url, self.account.account_id, route, call=call_id, **query
        )
        return f"{url}#{self.provider.repetition}" if self.provider.repetition else url

    def agent_settings(self, call: Call) -> AgentSettings:
        """Who answers in *call*, and how long it is waited for."""
        return call.agent or self.account.agent
