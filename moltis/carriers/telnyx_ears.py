"""What one call at the simulated Telnyx takes in: words, once it transcribes, and keys, always."""

from dataclasses import dataclass
from typing import Any, Final

from moltis.carriers.line import Order, Presses, Says, speaking_time
from moltis.carriers.record import SimulatedCall
from moltis.carriers.telnyx_events import Reporter
from moltis.carriers.telnyx_fields import Body
from moltis.carriers.telnyx_transcription import Transcription

CONFIDENCE: Final = 0.93
END_OF_SPEECH_SECS: Final = 0.7
"""The silence after which a sentence is taken for finished."""
BETWEEN_KEYS_SECS: Final = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Transcribed(Order):
    """So much of what somebody says has been understood."""

    session: Transcription
    text: str
    is_final: bool
    track: str = "inbound"


@dataclass(frozen=True, slots=True)
class KeyCame(Order):
    """The far end pressed a key."""

    digit: str


@dataclass(frozen=True, slots=True, eq=False)
class GatherTimedOut(Order):
    """No key came in time."""

    gather: "_Gather"


@dataclass(slots=True, kw_only=True, eq=False)
class _Gather:
    body: Body
    digits: str = ""
    ticket: int = 0

    def seconds(self, slowness: float) -> float:
        """How long the next key may take."""
        whole = self.body.get("timeout_millis", 60_000)
        name = "inter_digit_timeout_millis" if self.digits else "initial_timeout_millis"
        millis = self.body.get(name, 5_000 if self.digits else whole)
        return float(min(whole, millis) / 1000 * slowness)


class Ears:
    """Tells what the far end says and presses."""

    def __init__(self, call: SimulatedCall, reporter: Reporter) -> None:
        self._call = call
        self._line = call.line
        self._reporter = reporter
        self._session: Transcription | None = None
        self._gather: _Gather | None = None
        self._busy_until = 0.0

    @property
    def transcribing(self) -> bool:
        """Whether words are taken in."""
        return self._session is not None

    def transcribe(self, session: Transcription) -> None:
        """Take in what is said from now on."""
        if self._session is not None:
            self._call.alerts.append("transcription_start: it is transcribed already")
        self._session = session

    def stop_transcribing(self) -> None:
        """Take in no more words."""
        self._session = None

    def said_by_us(self, text: str) -> None:
        """Take in our own words, if that was asked for."""
        session = self._session
        if session is not None and session.ours:
            ours = Transcribed(session, text, is_final=True, track="outbound")
            self._line.put(ours, after=END_OF_SPEECH_SECS)

    def takes(self, act: Says | Presses) -> None:
        """Take in *act*."""
        match act:
            case Says(text=text):
                session = self._session
                understood = session is not None and session.theirs
                self._line.came_in(act, understood=understood)
                if session is not None and understood:
                    self._listen(session, text)
            case Presses(digits=digits):
                self._line.came_in(act, understood=True)
                for place, digit in enumerate(digits):
                    self._line.put(KeyCame(digit), after=place * BETWEEN_KEYS_SECS)

    def meet(self, order: Transcribed | KeyCame | GatherTimedOut) -> None:
        """Go on: what *order* tells has happened."""
        match order:
            case Transcribed() if order.session is self._session:
                self._tell_words(order)
            case KeyCame(digit=digit):
                self._reporter.tell("call.dtmf.received", digit=digit)
                if self._gather is not None:
                    self._gathers(self._gather, digit)
            case GatherTimedOut(gather=gather) if gather is self._gather:
                self.end_gather("timeout")

    def gather(self, body: Body) -> None:
        """Wait for keys."""
        if self._gather is not None:
            self._call.alerts.append("gather: keys are gathered already")
            self.end_gather("cancelled")
        self._gather = _Gather(body=body)
        self._wait(self._gather)

    def end_gather(self, status: str) -> None:
        """Wait for keys no longer, and tell those that came."""
        gather, self._gather = self._gather, None
        if gather is None:
            return
        self._line.withdraw(gather.ticket)
        facts = {"gather_id": gather.body["gather_id"]} if "gather_id" in gather.body else {}
        self._reporter.tell("call.gather.ended", digits=gather.digits, status=status, **facts)

    def _listen(self, session: Transcription, text: str) -> None:
        now = self._line.clock.now()
        begins = max(now, self._busy_until)
        self._busy_until = begins + speaking_time(text)
        if session.interim:
            words = text.split()
            for spoken in range(1, len(words)):
                so_far = Transcribed(session, " ".join(words[:spoken]), is_final=False)
                part = speaking_time(text) * spoken / len(words)
                self._line.put(so_far, after=begins + part - now)
        final = Transcribed(session, text, is_final=True)
        self._line.put(final, after=self._busy_until + END_OF_SPEECH_SECS - now)

    def _tell_words(self, order: Transcribed) -> None:
        told: dict[str, Any] = {
            "transcript": order.text,
            "confidence": CONFIDENCE if order.is_final else None,
            "is_final": order.is_final,
        }
        if order.session.names_track:
            told["transcription_track"] = order.track
        self._reporter.tell("call.transcription", transcription_data=told)

    def _gathers(self, gather: _Gather, digit: str) -> None:
        body = gather.body
        self._line.withdraw(gather.ticket)
        if digit == body.get("terminating_digit", "#"):
            enough = len(gather.digits) >= body.get("minimum_digits", 1)
            self.end_gather("valid" if enough else "invalid")
            return
        gather.digits += digit
        if digit not in body.get("valid_digits", "0123456789#*"):
            self.end_gather("invalid")
        elif len(gather.digits) >= body.get("maximum_digits", 128):
            self.end_gather("valid")
        else:
            self._wait(gather)

    def _wait(self, gather: _Gather) -> None:
        seconds = gather.seconds(self._call.far_end.slowness)
        gather.ticket = self._line.put(GatherTimedOut(gather), after=seconds)
