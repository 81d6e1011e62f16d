"""Which agents exist; adding one is one line here."""

from collections.abc import Callable, Mapping
from typing import Final

from chalicelib.agents.base import Agent
from chalicelib.agents.offline import OfflineAgent
from chalicelib.calls.terms import AgentKind, AgentSettings
from chalicelib.errors import AgentError

AGENTS: Final[Mapping[AgentKind, Callable[[AgentSettings], Agent]]] = {
    AgentKind.OFFLINE: lambda _settings: OfflineAgent(),
}


def build(settings: AgentSettings) -> Agent:
    """Make the agent that *settings* describe.

    Raises:
        AgentError: this version has no such agent.
    """
    if settings.kind not in AGENTS:
        message = f"this version has no agent of kind {settings.kind.value!r}; use offline"
        raise AgentError(message)
    return AGENTS[settings.kind](settings)
