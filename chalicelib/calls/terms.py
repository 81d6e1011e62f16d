"""What is settled for a call when it begins, and does not change while it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final


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
    fillers: tuple[str, ...] = ()
    """What the far end hears while it waits; if there are none, our own of the language."""
    transfer_to: tuple[str, ...] = ()
    """The numbers, E.164, of the persons that it may hand a call to."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTerms:
    """What an account, a number or a call has of its own; nothing where it has not."""

    greeting: str | None = None
    language: str | None = None
    voice: str | None = None
    agent: Mapping[str, Any] = field(default_factory=dict)
    """Some of the agent's settings, by name."""
    speech: Mapping[str, Any] = field(default_factory=dict)
    """Some of the speech settings, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a call goes: its greeting, who answers, in which language, and who speaks it."""

    greeting: str
    language: str
    voice: str
    """One of the carrier, for where it speaks itself."""
    agent: AgentSettings
    speech: SpeechSettings

    def spoken(self, *, language: str, voice: str, speaker: SpeechKind | None) -> "Terms":
        """Give these terms as one call wants to be spoken; what is empty stays as it is.

        The *voice* is one of whoever speaks then: the carrier, or an engine.
        """
        speech: dict[str, Any] = {} if speaker is None else {"provider": speaker}
        by_carrier = (speaker or self.speech.provider) is SpeechKind.CARRIER
        if voice and not by_carrier:
            speech["voice"] = voice
        own_voice = voice if voice and by_carrier else None
        return self.with_own(OwnTerms(language=language or None, voice=own_voice, speech=speech))

    def with_own(self, own: OwnTerms) -> "Terms":
        """Give these terms with all that somebody has of its own.

        What depends on something else that is changed is not inherited: a voice speaks one
        language, and is one engine's; a model is one kind of agent's; fillers are in one language.
        """
        language = own.language or self.language
        is_same_tongue = _tongue(language) == _tongue(self.language)
        inherited = self.voice if is_same_tongue else ""
        return Terms(
            greeting=self.greeting if own.greeting is None else own.greeting,
            language=language,
            voice=inherited if own.voice is None else own.voice,
            agent=_agent(self.agent, own.agent, is_same_tongue=is_same_tongue),
            speech=_speech(self.speech, own.speech, is_same_tongue=is_same_tongue),
        )


_SPEAKS_EVERYTHING: Final = frozenset({SpeechKind.OPENAI})
"""Whose voices are of no language."""


def _agent(
    inherited: AgentSettings, own: Mapping[str, Any], *, is_same_tongue: bool
) -> AgentSettings:
    if own.get("kind", inherited.kind) is not inherited.kind:
        inherited = replace(inherited, model="", function_name="")
    if not is_same_tongue:
        inherited = replace(inherited, fillers=())
    return replace(inherited, **own)


def _speech(
    inherited: SpeechSettings, own: Mapping[str, Any], *, is_same_tongue: bool
) -> SpeechSettings:
    if own.get("provider", inherited.provider) is not inherited.provider:
        inherited = replace(inherited, voice="", model="")
    if not is_same_tongue and inherited.provider not in _SPEAKS_EVERYTHING:
        inherited = replace(inherited, voice="")
    return replace(inherited, **own)


def _tongue(language: str) -> str:
    return language.partition("-")[0].lower()
