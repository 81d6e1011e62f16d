"""Which agents exist; adding one is one line here."""

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.agents.base import Agent
from chalicelib.agents.bedrock import BedrockAgent
from chalicelib.agents.deadline import Punctual
from chalicelib.agents.function import FunctionAgent
from chalicelib.agents.offline import OfflineAgent
from chalicelib.agents.openai import OpenAIAgent
from chalicelib.calls.terms import AgentKind, AgentSettings
from chalicelib.errors import AgentError

Maker = Callable[[AgentSettings, str], Agent]


def _punctual(make: Maker) -> Maker:
    return lambda settings, key: Punctual(make(settings, key), settings.timeout_secs)


AGENTS: Final[Mapping[AgentKind, Maker]] = {
    AgentKind.OFFLINE: lambda _settings, _key: OfflineAgent(),
    AgentKind.OPENAI: _punctual(OpenAIAgent),
    AgentKind.BEDROCK: _punctual(BedrockAgent),
    AgentKind.LAMBDA: _punctual(FunctionAgent),
}


def build(settings: AgentSettings, api_key: str = "") -> Agent:
    """Make the agent that *settings* describe; a model has the key, and `timeout_secs` to reply.

    Raises:
        AgentError: it cannot work with these settings.
    """
    if settings.missing:
        message = (
            f"set {' and '.join(settings.missing)} under [phone.agent]: {settings.kind} needs it"
        )
        raise AgentError(message)
    return AGENTS[settings.kind](settings, api_key)
