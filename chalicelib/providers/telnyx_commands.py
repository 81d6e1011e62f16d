"""Telnyx's commands, and the state that comes back with what follows from them.

https://developers.telnyx.com/docs/voice/programmable-voice/sending-commands
"""

import json
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from chalicelib.calls.call import OnMachine
from chalicelib.calls.sentences import split
from chalicelib.calls.verbs import (
    Answer,
    Dial,
    HangUp,
    Listen,
    Play,
    Reject,
    Say,
    SendDigits,
    StopSpeaking,
    Verb,
)
from chalicelib.errors import UnsupportedFeatureError
from chalicelib.providers.documents import UNSPEAKABLE

LONGEST_SPEAK: Final = 3000
# Male and female, of the basic level, speak American English only; this one speaks what it reads.
BASIC_LANGUAGE: Final = "en-US"
DEFAULT_VOICES: Final = ("female", "Azure.en-US-BrianMultilingualNeural")
LONGEST_SECS: Final = 14_400
SHORTEST_LIMIT_SECS: Final = 30
# What is spoken as the first is transcribed as the second: the engine is Google's.
TRANSCRIBED_AS: Final = {"arb": "ar", "cmn": "zh", "he": "iw", "nb": "no", "nn": "no"}
REJECTIONS: Final = {"rejected": "CALL_REJECTED", "busy": "USER_BUSY"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """What we put into `client_state`, and get back with every later event of the call.

    Whatever event it is: of two things said, the end of the first tells the state of the second.
    """

    call: str = ""
    heard: int = 0
    machine: str = OnMachine.OFF
    handed: int = 0
    """Of a call with a person: the turn in which ours was handed to them."""


def commands_for(verb: Verb, *, call_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Give the commands, and what goes with each, that *verb* takes."""
    if isinstance(verb, Dial):
        return [("transfer", _transfer(verb, call_id))]
    if isinstance(verb, Say):
        spoken = UNSPEAKABLE.sub("", verb.text)
        return [("speak", _speech(verb, piece)) for piece in split(spoken, LONGEST_SPEAK)]
    return [_command(verb)]


def _command(verb: Verb) -> tuple[str, dict[str, Any]]:
    match verb:
        case Answer():
            command, body = "answer", {}
        case Reject(reason):
            command, body = "reject", {"cause": REJECTIONS[reason]}
        case Listen(language):
            command, body = "transcription_start", _transcription(language)
        case Play(url):
            kind = "mp3" if url.endswith(".mp3") else "wav"
            command, body = "playback_start", {"audio_url": url, "audio_type": kind}
        case StopSpeaking():
            command, body = "playback_stop", {"stop": "all"}
        case SendDigits(digits):
            command, body = "send_dtmf", {"digits": digits}
        case HangUp():
            command, body = "hangup", {}
        case _:
            raise UnsupportedFeatureError("telnyx", type(verb).__name__)
    return command, body


def _transfer(verb: Dial, call_id: str) -> dict[str, Any]:
    return {
        "to": verb.number,
        "from": verb.caller_id,
        "timeout_secs": verb.ring_secs,
        "time_limit_secs": max(SHORTEST_LIMIT_SECS, min(verb.longest_secs, LONGEST_SECS)),
        "target_leg_client_state": write_state(ClientState(call=call_id, handed=verb.turn)),
    }


def _transcription(language: str) -> dict[str, Any]:
    tongue = language.partition("-")[0].lower()
    return {
        "transcription_engine": "Google",
        "transcription_engine_config": {"language": TRANSCRIBED_AS.get(tongue, tongue)},
        # What we say ourselves is not to be heard by us.
        "transcription_tracks": "inbound",
    }


def _speech(verb: Say, text: str) -> dict[str, Any]:
    voice = verb.voice or DEFAULT_VOICES[verb.language != BASIC_LANGUAGE]
    level = {"service_level": "basic"} if voice in {"female", "male"} else {}
    return {"payload": text, "voice": voice, "language": verb.language, **level}


def name_of(*parts: str) -> str:
    """Name a command by *parts*: Telnyx carries it out once, however often it is sent."""
    return str(uuid5(NAMESPACE_URL, ":".join(("moltis-phone", *parts))))


def write_state(state: ClientState) -> str:
    """Write *state* as `client_state`."""
    return b64encode(json.dumps(asdict(state), separators=(",", ":")).encode()).decode()


def read_state(text: str | None) -> ClientState:
    """Read what we wrote, or an earlier version; an arriving call has nothing of ours yet."""
    kept = json.loads(b64decode(text)) if text else {}
    return ClientState(**{name: kept[name] for name in ClientState.__slots__ if name in kept})
