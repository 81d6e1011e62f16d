"""An account: one number at one carrier, and what its owner allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.calls.call import OnMachine
from chalicelib.calls.terms import AgentSettings, OwnTerms, SpeechSettings, Terms


class InboundPolicy(StrEnum):
    """Who may call us."""

    DISABLED = "disabled"
    ALLOWLIST = "allowlist"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundLimits:
    """Which numbers may be called, and how often; prefixes are E.164, the longest match wins."""

    allow: tuple[str, ...] = ("+",)
    deny: tuple[str, ...] = ()
    max_concurrent_calls: int = 10
    max_calls_per_day: int = 1000
    max_calls_per_day_per_number: int = 100
    """To one and the same number: whoever is called by mistake shall not be called all day."""
    machine: OnMachine = OnMachine.OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One number at one carrier; its credentials live in the vault, never here."""

    account_id: str
    provider: str
    enabled: bool = True
    from_number: str = ""
    webhook_url: str = ""
    """The public address that carriers call, and therefore sign."""
    api_base_url: str = ""
    simulated: bool = False
    fallback: str = ""
    """The account that calls instead, when this one's carrier cannot for reasons of its own."""
    inbound_policy: InboundPolicy = InboundPolicy.DISABLED
    allowlist: tuple[str, ...] = ()
    max_duration_secs: int = 3600
    notify_hangup_delay_secs: int = 3
    ring_timeout_secs: int = 30
    inbound_greeting: str = "Hello! How can I help?"
    language: str = "en-US"
    voice: str = ""
    agent: AgentSettings = field(default_factory=AgentSettings)
    tts: SpeechSettings = field(default_factory=SpeechSettings)
    outbound: OutboundLimits = field(default_factory=OutboundLimits)
    numbers: Mapping[str, OwnTerms] = field(default_factory=dict)
    """What holds for calls on one of our numbers, by that number in E.164."""
    version: int = 0

    @property
    def terms(self) -> Terms:
        """How its calls go, whatever the number."""
        return Terms(
            greeting=self.inbound_greeting,
            language=self.language,
            voice=self.voice,
            agent=self.agent,
            speech=self.tts,
        )

    def terms_on(self, number: str) -> Terms:
        """How its calls go on *number*, one of ours: that called, or called from."""
        return self.terms.with_own(self.numbers.get(number, OwnTerms()))

    @property
    def credentials_name(self) -> str:
        """Under which name its credentials lie in the vault."""
        return f"simulated/{self.provider}" if self.simulated else self.account_id

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings without which no call can be made; credentials not counted."""
        wanted = {"from_number": self.from_number, "webhook_url": self.webhook_url}
        return tuple(name for name, value in wanted.items() if not value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """All accounts, and the one that `default` means."""

    active: str
    account_ids: tuple[str, ...]
