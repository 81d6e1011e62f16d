"""What goes on in one call at the simulated Telnyx from its answer to its end."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from moltis.carriers.line import Beeps, Order, Presses, Says
from moltis.carriers.record import SimulatedCall
from moltis.carriers.telnyx_ears import Ears, GatherTimedOut, KeyCame, Transcribed
from moltis.carriers.telnyx_events import Reporter, iso
from moltis.carriers.telnyx_fields import Body
from moltis.carriers.telnyx_machines import Detected, Detector, GreetingEnded
from moltis.carriers.telnyx_sounds import FileLoaded, PieceOver, Player, TonesOver
from moltis.carriers.telnyx_transcription import transcription

Obey = Callable[[Body], None]

QUIET_SECS: Final = 0.5
"""After so much silence the far end takes it that it is to speak."""
HELLO_SECS: Final = 10.0
"""After so much silence at the beginning of a call the far end speaks first."""
HELLO_REAL_SECS: Final = 3.0
"""So much of our time the gateway has for its first word, however fast the clock runs."""


@dataclass(frozen=True, slots=True, eq=False)
class QuietLasts(Order):
    """Nothing was heard for a while."""


class Talk:
    """Speaks, plays, listens, records, as it is told."""

    def __init__(self, call: SimulatedCall, reporter: Reporter, dial: Body) -> None:
        self._call = call
        self._reporter = reporter
        self._ears = Ears(call, reporter)
        self._player = Player(
            call,
            reporter,
            begins=self._begins,
            said=self._ears.said_by_us,
            quiet=self._quiet,
        )
        self._detector = Detector(call, reporter, dial)
        self._recording: tuple[Body, datetime] | None = None
        self._their_turn = True
        self._spoken = False
        self._silence = 0
        self._commands: dict[str, Obey] = {
            "speak": self._player.speak,
            "playback_start": self._player.play,
            "playback_stop": self._player.stop,
            "send_dtmf": self._player.press,
            "gather": self._gather,
            "gather_stop": lambda _: self._ears.end_gather("cancelled"),
            "transcription_start": self._transcribe,
            "transcription_stop": lambda _: self._ears.stop_transcribing(),
            "record_start": self._record,
            "record_stop": lambda _: self._save_recording(),
        }

    def begin(self, body: Body) -> None:
        """Both sides hear each other; *body* is what the call or its answer asked for."""
        self._call.far_end.connected()
        self._detector.start()
        if body.get("transcription"):
            self.obey("transcription_start", body.get("transcription_config", {}))
        if "send_digits_on_answer" in body:
            self.obey("send_dtmf", {"digits": body["send_digits_on_answer"]})

    def obey(self, name: str, body: Body) -> None:
        """Carry out the command called *name*."""
        self._commands[name](body)

    def meet(self, signal: object) -> None:
        """Go on: *signal* came out of the line."""
        match signal:
            case Says(text=text):
                self._answers()
                self._detector.hears(text)
                self._ears.takes(signal)
            case Presses():
                self._answers()
                self._ears.takes(signal)
            case Beeps():
                self._detector.beeps()
            case PieceOver() | FileLoaded() | TonesOver():
                self._player.meet(signal)
            case Transcribed() | KeyCame() | GatherTimedOut():
                self._ears.meet(signal)
            case Detected() | GreetingEnded():
                self._detector.meet(signal)
            case QuietLasts():
                self._give_turn()

    def end(self) -> None:
        """Tell what ends with the call."""
        self._player.cut()
        self._ears.end_gather("call_hangup")
        self._save_recording()

    def join(self) -> None:
        """Wait until nothing is on its way any more."""
        self._player.join()

    def _gather(self, body: Body) -> None:
        self._ears.gather(body)
        self._listens()

    def _transcribe(self, body: Body) -> None:
        self._ears.transcribe(transcription(body))
        self._listens()

    def _record(self, body: Body) -> None:
        self._recording = (body, datetime.now(UTC))

    def _begins(self) -> None:
        self._their_turn = self._spoken = True
        self._call.line.withdraw(self._silence)

    def _answers(self) -> None:
        # Until it hears something new, the far end has said what it had to say.
        self._their_turn = False
        self._call.line.withdraw(self._silence)

    def _quiet(self) -> None:
        self._wait(QUIET_SECS)

    def _listens(self) -> None:
        if not self._spoken:
            self._wait(max(HELLO_SECS, HELLO_REAL_SECS * self._call.line.clock.speed))

    def _wait(self, seconds: float) -> None:
        line = self._call.line
        line.withdraw(self._silence)
        if self._their_turn:
            self._silence = line.put(QuietLasts(), after=seconds)

    def _give_turn(self) -> None:
        if self._their_turn and self._player.is_quiet:
            self._their_turn = False
            self._call.far_end.gets_turn()

    def _save_recording(self) -> None:
        recording, self._recording = self._recording, None
        if recording is None:
            return
        body, started = recording
        address = f"https://recordings.invalid/{self._reporter.leg.call_leg_id}.{body['format']}"
        urls: dict[str, Any] = {body["format"]: address}
        self._reporter.tell(
            "call.recording.saved",
            channels=body["channels"],
            recording_urls=urls,
            public_recording_urls={},
            recording_started_at=iso(started),
            recording_ended_at=iso(datetime.now(UTC)),
        )
