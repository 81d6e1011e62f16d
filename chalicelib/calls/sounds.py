"""Words that are to be heard in a voice of ours, and the kinds of file that carriers play."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from chalicelib.calls.terms import SpeechKind, SpeechSettings

SOUND_TYPE: Final = "audio/x-wav"
_MAKING: Final = 1
"""Changes when the same words would be made into another sound."""


class SoundFormat(StrEnum):
    """What a carrier plays without loss and without doubt; 8 kHz, one channel."""

    MULAW_WAV = "mulaw"
    PCM_WAV = "pcm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What is to be read aloud, in which language, by whom, and for which kind of carrier."""

    text: str
    language: str
    speech: SpeechSettings
    format: SoundFormat

    @property
    def name(self) -> str:
        """What its sound is kept under: the same for the same words in the same voice."""
        told = json.dumps([_MAKING, self.facts()], sort_keys=True)
        return sha256(told.encode()).hexdigest()[:40]

    def facts(self) -> dict[str, Any]:
        """All of it, as JSON can hold it."""
        return asdict(self)

    @classmethod
    def of(cls, facts: dict[str, Any]) -> "Utterance":
        """Read what `facts` gave."""
        return cls(
            text=facts["text"],
            language=facts["language"],
            speech=speech_of(facts["speech"]),
            format=SoundFormat(facts["format"]),
        )


def speech_of(facts: dict[str, Any]) -> SpeechSettings:
    """Read speech settings that were written as JSON."""
    return SpeechSettings(**facts | {"provider": SpeechKind(facts["provider"])})
