"""Has words read aloud, once: their sound is kept, and found again."""

import time
from collections.abc import Callable, Collection
from concurrent.futures import Future
from contextvars import copy_context
from threading import BoundedSemaphore, Lock, Thread
from typing import TYPE_CHECKING, Final

from chalicelib import log
from chalicelib.audio.shelf import Shelf
from chalicelib.audio.speech.base import SpeechEngine
from chalicelib.calls.sentences import split
from chalicelib.calls.sounds import SoundFormat, Utterance
from chalicelib.calls.terms import SpeechSettings
from chalicelib.errors import AudioError, GatewayError, SpeechError

if TYPE_CHECKING:
    from chalicelib.audio.samples import Samples

LONGEST_TEXT: Final = 3_000
"""What is longer is left to the carrier; a message cannot be."""
SENTENCE: Final = 300
"""So many letters, at most, are read aloud in one piece; the pieces at once."""
AT_ONCE: Final = 4
BETWEEN_SECS: Final = 0.15
MAKING_SECS: Final = 25.0
"""After so long a sound is given up, whoever still waits for it."""
REMEMBERED_SECS: Final = 600.0
MOST_REMEMBERED: Final = 5_000


class Aloud:
    """Reads aloud by the engine that *engine_of* gives, and keeps the sounds on *shelf*."""

    def __init__(
        self, *, shelf: Shelf, engine_of: Callable[[SpeechSettings], SpeechEngine]
    ) -> None:
        self._shelf = shelf
        self._engine_of = engine_of
        self._known: dict[str, float] = {}
        self._making: dict[str, Future[bytes]] = {}
        self._guard = Lock()

    def has(self, utterance: Utterance, *, within_secs: float = 0.0) -> bool:
        """Whether the sound is there; it is made if that can be waited for.

        A failure, and being late, is no: whoever asks has another way to say it. What is late is
        made all the same, for the next time.
        """
        try:
            if self._is_kept(utterance.name):
                return True
            if within_secs > 0:
                self._made(utterance).result(within_secs)
                return True
        except TimeoutError:
            _warn(utterance, f"not within {within_secs:g} s")
        except GatewayError as error:
            _warn(utterance, str(error))
        return False

    def content(self, utterance: Utterance, *, within_secs: float) -> bytes:
        """The sound as a file.

        Raises:
            SpeechError: it is not there, and cannot be made within that time.
        """
        kept = self._shelf.get(utterance.name)
        if kept is not None:
            return kept
        try:
            return self._made(utterance).result(within_secs)
        except TimeoutError as error:
            message = f"not within {within_secs:g} s"
            raise SpeechError(message) from error

    def forget(self, names: Collection[str]) -> None:
        """Keep these sounds no longer.

        Raises:
            SpeechError: some may still be there.
        """
        for name in names:
            self._known.pop(name, None)
        self._shelf.drop(names)

    def _is_kept(self, name: str) -> bool:
        now = time.monotonic()
        if self._known.get(name, 0.0) > now:
            return True
        if not self._shelf.holds(name):
            return False
        self._remember(name)
        return True

    def _remember(self, name: str) -> None:
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[name] = time.monotonic() + REMEMBERED_SECS

    def _made(self, utterance: Utterance) -> "Future[bytes]":
        """Have it made; whoever wants the same meanwhile waits for the same."""
        with self._guard:
            there = self._making.get(utterance.name)
            if there is not None:
                return there
            future = self._making[utterance.name] = Future()
        _start(future, lambda: self._make(utterance))
        return future

    def _make(self, utterance: Utterance) -> bytes:
        try:
            content = _file(self._read(utterance), utterance.format)
            self._shelf.put(utterance.name, content)
            self._remember(utterance.name)
            return content
        finally:
            with self._guard:
                del self._making[utterance.name]

    def _read(self, utterance: Utterance) -> "list[Samples]":
        """Have every sentence read aloud, several at once."""
        if len(utterance.text) > LONGEST_TEXT:
            message = f"{len(utterance.text)} letters are more than the {LONGEST_TEXT} we read"
            raise SpeechError(message)
        engine = self._engine_of(utterance.speech)
        room = BoundedSemaphore(AT_ONCE)
        spoken: list[Future[Samples]] = []
        for sentence in split(utterance.text.strip(), SENTENCE):
            future: Future[Samples] = Future()
            spoken.append(future)
            _start(future, _reading(engine, sentence, utterance.language, room))
        deadline = time.monotonic() + MAKING_SECS
        try:
            return [one.result(max(0.0, deadline - time.monotonic())) for one in spoken]
        except TimeoutError as error:
            message = f"the engine did not read it within {MAKING_SECS:g} s"
            raise SpeechError(message) from error


def _reading(
    engine: SpeechEngine, sentence: str, language: str, room: BoundedSemaphore
) -> "Callable[[], Samples]":
    def read() -> "Samples":
        from chalicelib.audio.telephone import for_telephone  # noqa: PLC0415  # numpy

        with room:
            try:
                return for_telephone(engine.speak(sentence, language=language))
            except AudioError as error:
                message = f"what the engine gave is no speech: {error}"
                raise SpeechError(message) from error

    return read


def _file(sentences: "list[Samples]", form: SoundFormat) -> bytes:
    import numpy as np  # noqa: PLC0415  # not needed to find what was made before

    from chalicelib.audio.containers import Encoding, write_wav  # noqa: PLC0415  # numpy
    from chalicelib.audio.samples import TELEPHONE_RATE  # noqa: PLC0415  # numpy

    if not sentences:
        message = "there is nothing to say"
        raise SpeechError(message)
    pause = np.zeros(round(BETWEEN_SECS * TELEPHONE_RATE), np.int16)
    pieces = [piece for sentence in sentences for piece in (sentence, pause)]
    encoding = Encoding.MULAW if form is SoundFormat.MULAW_WAV else Encoding.PCM16
    return write_wav(np.concatenate(pieces[:-1]), TELEPHONE_RATE, encoding=encoding)


def _start(future: "Future[bytes] | Future[Samples]", work: Callable[[], object]) -> None:
    """Do *work* in a thread that nobody has to wait for, and keep in *future* what comes of it."""

    def run() -> None:
        try:
            future.set_result(work())  # type: ignore[arg-type]  # each goes with its own
        except GatewayError as error:
            future.set_exception(error)
        except Exception as error:  # noqa: BLE001  # whatever it is, there is another way to say it
            log.error("speech is broken")
            future.set_exception(SpeechError(f"it is broken: {type(error).__name__}"))

    known = copy_context()
    Thread(target=known.run, args=(run,), name="reading-aloud", daemon=True).start()


def _warn(utterance: Utterance, reason: str) -> None:
    log.warning(
        "speech falls back to the carrier's voice", engine=utterance.speech.provider, reason=reason
    )
