"""What we can ask a carrier to do in a call."""

from dataclasses import dataclass, field
from typing import Literal

from chalicelib.calls.call import Call, Mode
from chalicelib.calls.terms import SpeechSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How we speak in one call."""

    call_id: str
    mode: Mode
    language: str
    voice: str
    notify_hangup_delay_secs: int
    speech: SpeechSettings = field(default_factory=SpeechSettings)

    @classmethod
    def of(cls, call: Call) -> "Manner":
        """The manner that was settled when *call* began."""
        return cls(
            call_id=call.call_id,
            mode=call.mode,
            language=call.language,
            voice=call.voice,
            notify_hangup_delay_secs=call.notify_hangup_delay_secs,
            speech=call.speech,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Speak *text*; an empty voice is the carrier's default."""

    text: str
    language: str = "en-US"
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Play:
    """Play the audio file at *url*."""

    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Stay silent for *seconds*."""

    seconds: int


@dataclass(frozen=True, slots=True)
class AwaitSilence:
    """Say nothing until the other side is silent, for *longest_secs* at most."""

    longest_secs: int


@dataclass(frozen=True, slots=True)
class SendDigits:
    """Press keys: `0-9 A-D * #`, `w` waits 0.5 s, `W` one second."""

    digits: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Speak *prompts*, then listen for speech and keys, and report to *action* in any case.

    With a number of *keys*, only for keys: until there are so many, or the *finish_key* comes.
    """

    action: str
    prompts: tuple[Say | Play | Pause, ...] = ()
    language: str = "en-US"
    timeout_secs: int = 5
    keys: int = 0
    finish_key: str = "#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """Put the far end through to whoever answers *number*, and report to *action* how that went.

    Their telephone rings for *ring_secs* and shows *caller_id*; the two talk for *longest_secs* at
    most. *turn* is the one in which the call was handed over.
    """

    number: str
    caller_id: str
    action: str
    turn: int
    ring_secs: int
    longest_secs: int


@dataclass(frozen=True, slots=True)
class Redirect:
    """Ask *url* what to do next; nothing behind it is carried out."""

    url: str


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse an arriving call without answering it."""

    reason: Literal["rejected", "busy"] = "rejected"


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer an arriving call, where that takes a command."""


@dataclass(frozen=True, slots=True)
class Listen:
    """Listen from now on, all the time, for speech in *language*."""

    language: str = "en-US"


@dataclass(frozen=True, slots=True)
class StopSpeaking:
    """Break off what is being said or played."""


Verb = (
    AwaitSilence
    | Answer
    | Listen
    | StopSpeaking
    | Say
    | Play
    | Pause
    | SendDigits
    | Gather
    | Dial
    | Redirect
    | Reject
    | HangUp
)
