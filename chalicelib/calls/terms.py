"""What is settled for a call when it begins, and does not change while it goes on."""

from dataclasses import dataclass
from enum import StrEnum


class AgentKind(StrEnum):
    """Who answers."""

    OFFLINE = "offline"
    OPENAI = "openai"
    BEDROCK = "bedrock"
    LAMBDA = "lambda"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSettings:
    """Who speaks: the carrier itself, or an engine that we ask."""

    provider: str = "carrier"
    voice: str = ""
