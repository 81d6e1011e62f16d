"""The types of the vendor's own library, by the names of the commands that they are of."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, Required, get_args, get_origin

from telnyx.types.call_dial_params import CallDialParams
from telnyx.types.calls.action_answer_params import ActionAnswerParams
from telnyx.types.calls.action_hangup_params import ActionHangupParams
from telnyx.types.calls.action_reject_params import ActionRejectParams
from telnyx.types.calls.action_send_dtmf_params import ActionSendDtmfParams
from telnyx.types.calls.action_speak_params import ActionSpeakParams
from telnyx.types.calls.action_start_playback_params import ActionStartPlaybackParams
from telnyx.types.calls.action_start_transcription_params import ActionStartTranscriptionParams
from telnyx.types.calls.action_stop_playback_params import ActionStopPlaybackParams
from telnyx.types.calls.action_transfer_params import ActionTransferParams
from telnyx.types.calls.transcription_engine_google_config_param import (
    TranscriptionEngineGoogleConfigParam,
)
from typing_extensions import get_type_hints

SCHEMAS: Final[Mapping[str, type]] = {
    "dial": CallDialParams,
    "answer": ActionAnswerParams,
    "hangup": ActionHangupParams,
    "playback_start": ActionStartPlaybackParams,
    "playback_stop": ActionStopPlaybackParams,
    "reject": ActionRejectParams,
    "send_dtmf": ActionSendDtmfParams,
    "speak": ActionSpeakParams,
    "transfer": ActionTransferParams,
    "transcription_start": ActionStartTranscriptionParams,
    # The vendor's `transcription_engine_config` is one of many; we name Google as the engine.
    "transcription_start.transcription_engine_config": TranscriptionEngineGoogleConfigParam,
}


def fields_of(name: str) -> dict[str, Any]:
    """The vendor's `from_` is `from` on the wire."""
    hints = get_type_hints(SCHEMAS[name], include_extras=True)
    return {field.rstrip("_"): hint for field, hint in hints.items()}


def choices(name: str, field: str) -> tuple[str, ...]:
    """The values that the vendor's library admits for a field that takes only some."""
    hint = fields_of(name)[field]
    hint = get_args(hint)[0] if get_origin(hint) is Required else hint
    return get_args(hint) if get_origin(hint) is Literal else ()


def objections(name: str, body: Mapping[str, Any]) -> Iterator[str]:
    known = fields_of(name)
    for field, hint in known.items():
        if get_origin(hint) is Required and field not in body:
            yield f"{name} lacks {field}"
    for field, value in body.items():
        inner = f"{name}.{field}"
        if field not in known:
            yield f"{name} has no {field}"
        elif inner in SCHEMAS:
            yield from objections(inner, value)
        elif (admitted := choices(name, field)) and value not in admitted:
            yield f"{inner} may not be {value!r}"
