"""Which engines listen for Telnyx, and how each is configured.

Fields and languages as in the types of telnyx 4.189.0; the two engines of the house know
languages without their country.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from moltis.carriers.telnyx_fields import (
    BAD_REQUEST,
    COMMON,
    OBJECT,
    TEXT,
    YES_OR_NO,
    Body,
    Field,
    Shape,
    bad,
    matching,
    one_of,
    whole,
)

DEFAULT_ENGINE: Final = "Google"
LEGACY_ENGINES: Final = {"A": "Google", "B": "Telnyx"}
TRACKS: Final = ("inbound", "outbound", "both")

_LIST: Final = Field(fits=lambda value: isinstance(value, list), wanted="a list")
_SHORT: Final = matching("[a-z]{2,3}", "a language without its country, like en")
_SHORT_OR_AUTO: Final = matching("[a-z]{2,3}|auto_detect", "a language like en, or auto_detect")
_LONG: Final = matching("[a-z]{2,3}(-[A-Za-z0-9]{2,4})?|auto|auto_detect", "a language")
_MILLIS: Final = whole(0, 60_000)
_INTERIM: Final = {"interim_results": YES_OR_NO}


def _engine(*names: str, **fields: Field) -> Shape:
    given = {"transcription_engine": one_of(*names), "transcription_model": TEXT, **fields}
    return Shape(fields=given)


def _deepgram(name: str, **fields: Field) -> Shape:
    given = {
        "transcription_engine": one_of(name),
        "transcription_model": one_of(name),
        "language": _LONG,
        "interim_results": YES_OR_NO,
        "keywords_boosting": OBJECT,
        "smart_format": YES_OR_NO,
        "utterance_end_ms": _MILLIS,
        **fields,
    }
    return Shape(fields=given, required=("transcription_engine", "transcription_model"))


def _needs(shape: Shape, *names: str) -> Shape:
    return Shape(fields=shape.fields, required=names)


_GOOGLE: Final = Shape(
    fields={
        "transcription_engine": one_of("Google", "A"),
        "language": _SHORT,
        "interim_results": YES_OR_NO,
        "enable_speaker_diarization": YES_OR_NO,
        "min_speaker_count": whole(1, 10),
        "max_speaker_count": whole(1, 10),
        "profanity_filter": YES_OR_NO,
        "use_enhanced": YES_OR_NO,
        "hints": _LIST,
        "speech_context": _LIST,
        "model": one_of(
            "latest_long",
            "latest_short",
            "command_and_search",
            "phone_call",
            "video",
            "default",
            "medical_conversation",
            "medical_dictation",
        ),
    }
)
_CONFIGS: Final[Mapping[str, Shape]] = {
    "Google": _GOOGLE,
    "Telnyx": _engine("Telnyx", "B", language=_SHORT_OR_AUTO),
    "Azure": _needs(
        _engine(
            "Azure",
            language=_LONG,
            api_key_ref=TEXT,
            region=one_of(
                "australiaeast", "centralindia", "eastus", "northcentralus", "westeurope", "westus2"
            ),
        ),
        "transcription_engine",
        "region",
    ),
    "xAI": _engine("xAI", language=_LONG, **_INTERIM),
    "AssemblyAI": _engine("AssemblyAI", **_INTERIM),
    "Speechmatics": _engine("Speechmatics", language=_LONG, **_INTERIM),
    "Soniox": _needs(
        _engine(
            "Soniox",
            language=_LONG,
            enable_endpoint_detection=YES_OR_NO,
            max_endpoint_delay_ms=_MILLIS,
            **_INTERIM,
        ),
        "transcription_engine",
    ),
    "Parakeet": _engine("Parakeet", **_INTERIM),
    "Humain": _engine("Humain", language=one_of("ar", "en", "codeswitch", "auto")),
    "Reson8": _engine("Reson8", language=_LONG),
    "Cohere": _engine("Cohere", language=one_of("ar", "en")),
    "deepgram/nova-2": _deepgram("deepgram/nova-2", hints=_LIST),
    "deepgram/nova-3": _deepgram("deepgram/nova-3", keyterms=_LIST),
}
ENGINES: Final = (
    *(name for name in _CONFIGS if "/" not in name), "Deepgram", *LEGACY_ENGINES,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """How a call is listened to."""

    tracks: str = "inbound"
    interim: bool = False
    names_track: bool = False
    """Whether the events tell whose words they are."""

    @property
    def ours(self) -> bool:
        """Whether what we say is transcribed."""
        return self.tracks in {"outbound", "both"}

    @property
    def theirs(self) -> bool:
        """Whether what the far end says is transcribed."""
        return self.tracks in {"inbound", "both"}


def _check_config(body: Body) -> None:
    asked: str = body.get("transcription_engine", DEFAULT_ENGINE)
    engine: str = LEGACY_ENGINES.get(asked, asked)
    config: Mapping[str, Any] = body.get("transcription_engine_config", {})
    if engine == "Deepgram":
        engine = config.get("transcription_engine", "")
        if engine not in {"deepgram/nova-2", "deepgram/nova-3"}:
            detail = "Deepgram needs transcription_engine_config.transcription_engine."
            raise bad(BAD_REQUEST, detail, "transcription_engine_config")
    _CONFIGS[engine].check(config)


START: Final = Shape(
    fields={
        **COMMON,
        "transcription_engine": one_of(*ENGINES),
        "transcription_engine_config": OBJECT,
        "transcription_tracks": one_of(*TRACKS),
    },
    rules=(_check_config,),
)


def transcription(body: Body) -> Transcription:
    """Read *body*, which `START` has checked."""
    config = body.get("transcription_engine_config", {})
    return Transcription(
        tracks=body.get("transcription_tracks", "inbound"),
        interim=config.get("interim_results", False),
        names_track=body.get("transcription_engine") == "B",
    )


def check_config_of_answer(body: Body) -> None:
    """Check what `answer` and a new call say about transcription."""
    if "transcription_config" in body:
        START.check(body["transcription_config"])
