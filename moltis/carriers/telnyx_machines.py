"""How Telnyx finds out whether a person or a machine has answered."""

from dataclasses import dataclass
from typing import Final

from moltis.carriers.answering_machine import MACHINE_SECS, PERSON_SECS
from moltis.carriers.line import Order, speaking_time
from moltis.carriers.record import SimulatedCall
from moltis.carriers.telnyx_events import Reporter
from moltis.carriers.telnyx_fields import Body

SILENCE_SECS: Final = 1.0
"""After so much of it, a greeting has ended without a tone."""
OFF: Final = "disabled"
_PREMIUM: Final = "premium"
_TELLS_THE_END: Final = frozenset({"greeting_end", "detect_words"})


@dataclass(frozen=True, slots=True)
class Detected(Order):
    """It has become clear who answered."""


@dataclass(frozen=True, slots=True)
class GreetingEnded(Order):
    """The machine has said what it had to say."""


class Detector:
    """Tells who answered, and when the machine's greeting is over, as far as that was wanted."""

    def __init__(self, call: SimulatedCall, reporter: Reporter, body: Body) -> None:
        self._call = call
        self._reporter = reporter
        self._mode: str = body.get("answering_machine_detection", OFF)
        config = body.get("answering_machine_detection_config", {})
        self._millis: float = config.get("total_analysis_time_millis", MACHINE_SECS * 1000)
        self._detected = False
        self._ended = False
        self._silence = 0

    def start(self) -> None:
        """Listen: the call was answered."""
        if self._mode != OFF:
            machine = self._call.far_end.is_machine
            after = self._millis / 1000 if machine else min(PERSON_SECS, self._millis / 1000)
            self._call.line.put(Detected(), after=after)

    def hears(self, text: str) -> None:
        """Listen to the words of the far end."""
        self._call.line.withdraw(self._silence)
        after = speaking_time(text) + SILENCE_SECS
        self._silence = self._call.line.put(GreetingEnded(), after=after)

    def beeps(self) -> None:
        """Listen to the tone."""
        self._call.line.withdraw(self._silence)
        if self._mode == _PREMIUM or (self._mode == "detect_beep" and self._detected):
            self._end("beep_detected")
        elif self._mode in _TELLS_THE_END and self._detected:
            self._end("ended")

    def meet(self, order: Detected | GreetingEnded) -> None:
        """Go on: what *order* tells has happened."""
        match order:
            case Detected():
                self._detect()
            case GreetingEnded() if self._detected and self._mode in _TELLS_THE_END:
                self._end("ended")
            case GreetingEnded() if self._detected and self._mode == _PREMIUM:
                self._end("no_beep_detected")

    def _detect(self) -> None:
        if self._ended:
            return  # of premium detection there comes nothing more after the tone
        self._detected = True
        machine = self._call.far_end.is_machine
        if self._mode == _PREMIUM:
            result = "machine" if machine else "human_residence"
            self._reporter.tell("call.machine.premium.detection.ended", result=result)
        else:
            result = "machine" if machine else "human"
            self._reporter.tell("call.machine.detection.ended", result=result)

    def _end(self, result: str) -> None:
        if self._ended or not self._call.far_end.is_machine:
            return
        self._ended = True
        premium = ".premium" if self._mode == _PREMIUM else ""
        self._reporter.tell(f"call.machine{premium}.greeting.ended", result=result)
