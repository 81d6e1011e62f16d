"""What one call at the simulated Telnyx lets the far end hear: one piece after the other."""

import re
import threading
from base64 import b64decode
from binascii import Error as Base64Error
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

from moltis.carriers.courier import Answer, Delivery, DeliveryError, deliver
from moltis.carriers.line import Order, Sound, speaking_time
from moltis.carriers.record import SimulatedCall
from moltis.carriers.sound_files import SoundError, seconds_of
from moltis.carriers.telnyx_events import Reporter
from moltis.carriers.telnyx_fields import Body

FOR_EVER: Final = 1000
_TONE_MILLIS: Final = 250
_PAUSES: Final = {"w": 0.5, "W": 1.0}
_TYPES: Final = {"mp3": "audio/mpeg", "wav": "audio/wav"}


@dataclass(slots=True, kw_only=True, eq=False)
class _Piece:
    """Something to be heard, and what the events about it tell."""

    prefix: str
    sound: Sound
    text: str
    loops: int
    facts: Mapping[str, Any]
    content: tuple[bytes, str] | None = None
    """A sound file that came with the command, and its type."""
    seconds: float = 0.0
    place: int = -1
    ticket: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class PieceOver(Order):
    """A piece was heard to its end."""

    piece: _Piece


@dataclass(frozen=True, slots=True, eq=False)
class FileLoaded(Order):
    """The sound file of a piece is there, or is not."""

    piece: _Piece
    outcome: Answer | DeliveryError


@dataclass(frozen=True, slots=True, eq=False)
class TonesOver(Order):
    """The keys that were pressed for us were heard."""

    place: int


@dataclass(slots=True, kw_only=True)
class _Stage:
    queue: deque[_Piece] = field(default_factory=deque)
    now: _Piece | None = None
    tones: int = 0


class Player:
    """Plays what it is given, in that order, and tells when each piece begins and ends.

    It calls *begins* when something becomes audible, *said* when words were heard to their end,
    *quiet* when nothing is left.
    """

    def __init__(
        self,
        call: SimulatedCall,
        reporter: Reporter,
        *,
        begins: Callable[[], None],
        said: Callable[[str], None],
        quiet: Callable[[], None],
    ) -> None:
        self._call = call
        self._line = call.line
        self._reporter = reporter
        self._begins = begins
        self._said = said
        self._quiet = quiet
        self._stage = _Stage()
        self._loads: list[threading.Thread] = []

    @property
    def is_quiet(self) -> bool:
        """Whether nothing can be heard, and nothing waits."""
        stage = self._stage
        return stage.now is None and not stage.queue and not stage.tones

    def speak(self, body: Body) -> None:
        """Speak, behind what waits already."""
        text = body["payload"]
        if body.get("payload_type") == "ssml":
            text = re.sub(r"<[^>]*>", "", text).strip()
        facts = {"speak_id": str(uuid4())}
        self._add(
            _Piece(
                prefix="call.speak", sound=Sound.SPEECH, text=text, loops=_loops(body), facts=facts
            ),
            body,
        )

    def play(self, body: Body) -> None:
        """Play a sound file, behind what waits already."""
        facts = {
            f"media_{name}": body[key]
            for name, key in (("url", "audio_url"), ("name", "media_name"))
            if key in body
        }
        content = None
        if "playback_content" in body:
            content = (_decoded(body["playback_content"]), _TYPES[body.get("audio_type", "mp3")])
        piece = _Piece(
            prefix="call.playback",
            sound=Sound.AUDIO,
            text=body.get("audio_url") or body.get("media_name") or "sound from the command",
            loops=_loops(body),
            facts=facts,
            content=content,
        )
        self._add(piece, body)

    def press(self, body: Body) -> None:
        """Let the far end hear keys, whatever else it hears."""
        digits = body["digits"]
        heard = digits.replace("w", "").replace("W", "")
        tone = body.get("duration_millis", _TONE_MILLIS) / 1000
        seconds = sum(_PAUSES.get(digit, tone) for digit in digits)
        self._begins()
        place = self._line.sounds(Sound.KEYS, heard, seconds)
        self._stage.tones += 1
        self._line.put(TonesOver(place), after=seconds)

    def stop(self, body: Body) -> None:
        """Break off what is heard and, unless only the current piece is meant, what waits."""
        if body.get("stop", "all") == "all":
            self._stage.queue.clear()
        self._break_off(self._status_of_stopped())
        self._next()

    def cut(self) -> None:
        """The call is over, in the middle of it all."""
        self._stage.queue.clear()
        self._break_off("call_hangup")

    def meet(self, order: PieceOver | FileLoaded | TonesOver) -> None:
        """Go on: what *order* tells has happened."""
        match order:
            case TonesOver(place=place):
                self._stage.tones -= 1
                self._line.heard(place)
                self._next()
            case PieceOver(piece=piece) if piece is self._stage.now:
                self._line.heard(piece.place)
                if piece.sound is Sound.SPEECH:
                    self._said(piece.text)
                self._again(piece)
            case FileLoaded(piece=piece, outcome=outcome) if piece is self._stage.now:
                self._loaded(piece, outcome)

    def join(self) -> None:
        """Wait until no sound file is on its way any more."""
        for thread in self._loads:
            thread.join()

    def _add(self, piece: _Piece, body: Body) -> None:
        if "stop" in body:
            self.stop(body)
        self._stage.queue.append(piece)
        self._next()

    def _next(self) -> None:
        stage = self._stage
        if stage.now is not None:
            return
        if not stage.queue:
            if self.is_quiet:
                self._quiet()
            return
        stage.now = piece = stage.queue.popleft()
        if piece.sound is Sound.SPEECH:
            self._start(piece, speaking_time(piece.text))
        elif piece.content is not None:
            self._file(piece, *piece.content)
        elif "media_name" in piece.facts:
            self._fail(piece, "file_not_found", "nothing was uploaded to the simulated Telnyx")
        else:
            self._load(piece)

    def _load(self, piece: _Piece) -> None:
        def run() -> None:
            outcome: Answer | DeliveryError
            try:
                outcome = deliver(Delivery(url=piece.text, method="GET"))
            except DeliveryError as error:
                outcome = error
            self._line.put(FileLoaded(piece, outcome))

        thread = threading.Thread(target=run, name="simulated-sound-file", daemon=True)
        self._loads.append(thread)
        thread.start()

    def _loaded(self, piece: _Piece, outcome: Answer | DeliveryError) -> None:
        if isinstance(outcome, DeliveryError):
            self._fail(piece, "failed", str(outcome))
        elif outcome.status != HTTPStatus.OK:
            self._fail(piece, "file_not_found", f"answered with status {outcome.status}")
        else:
            self._file(piece, outcome.body, outcome.content_type)

    def _file(self, piece: _Piece, content: bytes, content_type: str) -> None:
        try:
            seconds = seconds_of(content, content_type)
        except SoundError as error:
            self._fail(piece, "failed", str(error))
            return
        self._call.audio[piece.text] = content
        self._start(piece, seconds)

    def _fail(self, piece: _Piece, status: str, detail: str) -> None:
        self._call.alerts.append(f"playback of {piece.text}: {detail}")
        self._reporter.tell(
            f"{piece.prefix}.ended", **piece.facts, status=status, status_detail=detail
        )
        self._stage.now = None
        self._next()

    def _start(self, piece: _Piece, seconds: float) -> None:
        piece.seconds = seconds
        self._begins()
        self._reporter.tell(f"{piece.prefix}.started", **piece.facts)
        self._sound(piece)

    def _sound(self, piece: _Piece) -> None:
        piece.place = self._line.sounds(piece.sound, piece.text, piece.seconds)
        piece.ticket = self._line.put(PieceOver(piece), after=piece.seconds)

    def _again(self, piece: _Piece) -> None:
        piece.loops -= 1
        if piece.loops > 0:
            self._sound(piece)
        else:
            self._end(piece, "completed")
            self._next()

    def _break_off(self, status: str) -> None:
        piece = self._stage.now
        if piece is None:
            return
        self._line.withdraw(piece.ticket)
        self._end(piece, status)

    def _end(self, piece: _Piece, status: str) -> None:
        self._stage.now = None
        self._reporter.tell(f"{piece.prefix}.ended", **piece.facts, status=status)

    def _status_of_stopped(self) -> str:
        # Telnyx's types know no other word for speech that was stopped.
        piece = self._stage.now
        return "completed" if piece is not None and piece.sound is Sound.SPEECH else "cancelled"


def _loops(body: Body) -> int:
    loops = body.get("loop", 1)
    return FOR_EVER if loops == "infinity" else int(loops)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return b""
