"""What is settled for a call when it begins, and does not change while it goes on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class AgentKind(StrEnum):
    """Who answers."""

    OFFLINE = "offline"
    OPENAI = "openai"
    BEDROCK = "bedrock"
    LAMBDA = "lambda"


AGENT_NEEDS: Final = {
    AgentKind.OFFLINE: (),
    AgentKind.OPENAI: ("model",),
    AgentKind.BEDROCK: ("model",),
    AgentKind.LAMBDA: ("function_name",),
}
"""Without which of the settings below an agent can do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSettings:
    """Who answers, and how long the far end waits for it."""

    kind: AgentKind = AgentKind.OFFLINE
    base_url: str = ""
    model: str = ""
    system_prompt: str = ""
    function_name: str = ""
    reply_budget_secs: float = 6.0
    timeout_secs: float = 60.0

    @property
    def missing(self) -> tuple[str, ...]:
        """The settings that an agent of this kind needs and does not have."""
        return tuple(name for name in AGENT_NEEDS[self.kind] if not getattr(self, name))


class SpeechKind(StrEnum):
    """Who speaks for us."""

    CARRIER = "carrier"
    POLLY = "polly"
    OPENAI = "openai"
    ESPEAK = "espeak"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSettings:
    """Who speaks: the carrier itself, or an engine that we ask; empty is the engine's default."""

    provider: SpeechKind = SpeechKind.CARRIER
    voice: str = ""
    base_url: str = ""
    model: str = ""
