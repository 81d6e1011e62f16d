"""The commands that the simulated Telnyx takes, and a call before it is made."""

from collections.abc import Mapping
from typing import Final

from moltis.carriers import telnyx_transcription
from moltis.carriers.telnyx_fields import (
    ADDRESS,
    BAD_REQUEST,
    BASE64,
    COMMON,
    HERE,
    LONGEST_CALL_SECS,
    LONGEST_PAYLOAD,
    LONGEST_RING_SECS,
    LOOPS,
    MISSING,
    NUMBER,
    OBJECT,
    STOPS,
    TEXT,
    WEBHOOK,
    YES_OR_NO,
    Body,
    Shape,
    bad,
    matching,
    one_of,
    whole,
)

DETECTIONS: Final = ("premium", "detect", "detect_beep", "detect_words", "greeting_end", "disabled")
REJECTIONS: Final = {
    "CALL_REJECTED": ("call_rejected", "603"),
    "USER_BUSY": ("user_busy", "486"),
    "NOT_FOUND": ("not_found", "404"),
    "TEMPORARILY_UNAVAILABLE": ("unspecified", "480"),
}
"""The cause to reject a call with → the cause and the SIP status that the event tells."""

_LANGUAGES: Final = (
    "arb", "cmn-CN", "cy-GB", "da-DK", "de-DE", "en-AU", "en-GB", "en-GB-WLS", "en-IN", "en-US",
    "es-ES", "es-MX", "es-US", "fr-CA", "fr-FR", "hi-IN", "is-IS", "it-IT", "ja-JP", "ko-KR",
    "nb-NO", "nl-NL", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU", "sv-SE", "tr-TR",
)  # fmt: skip
_VOICE: Final = matching(
    r"male|female|(AWS\.Polly|Polly|Azure|ElevenLabs|Telnyx|Minimax|Resemble|Inworld|FishAudio"
    r"|Soniox|xAI|Humain)\.[A-Za-z0-9_.:-]+",
    "a voice like AWS.Polly.Joanna-Neural, male or female",
)
_DIGITS: Final = matching("[0-9A-D*#wW]{1,128}", "of 0-9 A-D * # w W")
_ANALYSIS: Final = Shape(
    fields={
        name: whole(0, 120_000)
        for name in (
            "total_analysis_time_millis",
            "after_greeting_silence_millis",
            "between_words_silence_millis",
            "greeting_duration_millis",
            "greeting_silence_duration_millis",
            "greeting_total_analysis_time_millis",
            "initial_silence_millis",
            "maximum_number_of_words",
            "maximum_word_length_millis",
            "silence_threshold",
        )
    }
)


def _basic_speech(body: Body) -> None:
    if body.get("service_level") != "basic" and body["voice"] not in {"male", "female"}:
        return
    if body.get("language", "en-US") != "en-US" or body.get("payload_type", "text") != "text":
        raise bad(BAD_REQUEST, "The basic service level speaks plain text in en-US only.")


def _one_source(body: Body) -> None:
    sources = [name for name in ("audio_url", "media_name", "playback_content") if name in body]
    if not sources:
        raise bad(MISSING, "One of audio_url, media_name and playback_content is required.")
    if len(sources) > 1:
        raise bad(BAD_REQUEST, f"{' and '.join(sources)} cannot be used together.")


def _digits_in_order(body: Body) -> None:
    if body.get("minimum_digits", 1) > body.get("maximum_digits", 128):
        raise bad(BAD_REQUEST, "minimum_digits is more than maximum_digits.", "minimum_digits")


def _analysis(body: Body) -> None:
    _ANALYSIS.check(body.get("answering_machine_detection_config", {}))


_LISTENING: Final = {"transcription": YES_OR_NO, "transcription_config": OBJECT}

DIAL: Final = Shape(
    fields={
        **COMMON,
        **WEBHOOK,
        **_LISTENING,
        "connection_id": TEXT,
        "from": NUMBER,
        "to": NUMBER,
        "from_display_name": TEXT,
        "timeout_secs": whole(5, LONGEST_RING_SECS),
        "time_limit_secs": whole(1, LONGEST_CALL_SECS),
        "answering_machine_detection": one_of(*DETECTIONS),
        "answering_machine_detection_config": OBJECT,
        "send_digits_on_answer": _DIGITS,
    },
    required=("connection_id", "from", "to"),
    rules=(telnyx_transcription.check_config_of_answer, _analysis),
)

COMMANDS: Final[Mapping[str, Shape]] = {
    "answer": Shape(
        fields={**COMMON, **WEBHOOK, **_LISTENING},
        rules=(telnyx_transcription.check_config_of_answer,),
    ),
    "reject": Shape(fields={**COMMON, "cause": one_of(*REJECTIONS)}, required=("cause",)),
    "hangup": Shape(fields={**COMMON, "reason": matching(r'[^"\\\x00-\x1f]{1,200}', "a text")}),
    "client_state_update": Shape(fields={"client_state": BASE64}, required=("client_state",)),
    "speak": Shape(
        fields={
            **COMMON,
            "payload": matching(f".{{1,{LONGEST_PAYLOAD}}}", f"up to {LONGEST_PAYLOAD} characters"),
            "voice": _VOICE,
            "language": one_of(*_LANGUAGES),
            "payload_type": one_of("text", "ssml"),
            "service_level": one_of("basic", "premium"),
            "loop": LOOPS,
            "stop": STOPS,
            "target_legs": HERE,
        },
        required=("payload", "voice"),
        rules=(_basic_speech,),
    ),
    "playback_start": Shape(
        fields={
            **COMMON,
            "audio_url": ADDRESS,
            "media_name": TEXT,
            "playback_content": matching(".+", "a sound file in Base64"),
            "audio_type": one_of("mp3", "wav"),
            "cache_audio": YES_OR_NO,
            "loop": LOOPS,
            "stop": STOPS,
            "target_legs": HERE,
        },
        rules=(_one_source,),
    ),
    "playback_stop": Shape(fields={**COMMON, "stop": STOPS}),
    "send_dtmf": Shape(
        fields={**COMMON, "digits": _DIGITS, "duration_millis": whole(100, 500)},
        required=("digits",),
    ),
    "gather": Shape(
        fields={
            **COMMON,
            "gather_id": TEXT,
            "minimum_digits": whole(1, 128),
            "maximum_digits": whole(1, 128),
            "timeout_millis": whole(1, 600_000),
            "inter_digit_timeout_millis": whole(1, 600_000),
            "initial_timeout_millis": whole(1, 600_000),
            "terminating_digit": matching("[0-9A-D*#]?", "one digit, or nothing"),
            "valid_digits": matching("[0-9A-D*#]+", "of 0-9 A-D * #"),
        },
        rules=(_digits_in_order,),
    ),
    "gather_stop": Shape(fields=COMMON),
    # https://developers.telnyx.com/api-reference/call-commands/transfer-call
    "transfer": Shape(
        fields={
            **COMMON,
            "to": NUMBER,
            "from": NUMBER,
            "timeout_secs": whole(5, LONGEST_RING_SECS),
            "time_limit_secs": whole(30, LONGEST_CALL_SECS),
            "target_leg_client_state": BASE64,
        },
        required=("to",),
    ),
    "transcription_start": telnyx_transcription.START,
    "transcription_stop": Shape(fields=COMMON),
    "record_start": Shape(
        fields={
            **COMMON,
            "channels": one_of("single", "dual"),
            "format": one_of("wav", "mp3"),
            "play_beep": YES_OR_NO,
            "max_length": whole(0, LONGEST_CALL_SECS),
            "timeout_secs": whole(0, LONGEST_CALL_SECS),
            "recording_track": one_of("both", "inbound", "outbound"),
            "trim": one_of("trim-silence"),
        },
        required=("channels", "format"),
    ),
    "record_stop": Shape(fields=COMMON),
}
