"""Which agents exist; each is loaded by whoever has it answer."""

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.agents.base import Agent
from chalicelib.agents.deadline import Punctual
from chalicelib.calls.terms import AgentKind, AgentSettings
from chalicelib.errors import AgentError

Maker = Callable[[AgentSettings, str], Agent]


def _punctual(make: Maker) -> Maker:
    return lambda settings, key: Punctual(make(settings, key), settings.timeout_secs)


def _offline(_settings: AgentSettings, _key: str) -> Agent:
    from chalicelib.agents.offline import OfflineAgent  # noqa: PLC0415

    return OfflineAgent()


def _openai(settings: AgentSettings, key: str) -> Agent:
    from chalicelib.agents.openai import OpenAIAgent  # noqa: PLC0415

    return OpenAIAgent(settings, key)


def _bedrock(settings: AgentSettings, key: str) -> Agent:
    from chalicelib.agents.bedrock import BedrockAgent  # noqa: PLC0415

    return BedrockAgent(settings, key)


def _function(settings: AgentSettings, key: str) -> Agent:
    from chalicelib.agents.function import FunctionAgent  # noqa: PLC0415

    return FunctionAgent(settings, key)


AGENTS: Final[Mapping[AgentKind, Maker]] = {
    AgentKind.OFFLINE: _offline,
    AgentKind.OPENAI: _punctual(_openai),
    AgentKind.BEDROCK: _punctual(_bedrock),
    AgentKind.LAMBDA: _punctual(_function),
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
