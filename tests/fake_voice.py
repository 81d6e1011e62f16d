"""A voice, an engine and a shelf that keep every promise of their contracts, in memory."""

import threading
from collections.abc import Collection

from chalicelib.audio.samples import Sound
from chalicelib.audio.shelf import Shelf
from chalicelib.audio.speech.base import SpeechEngine
from chalicelib.audio.voice import Voice
from chalicelib.calls.terms import SpeechKind
from chalicelib.calls.verbs import Manner
from chalicelib.errors import SpeechError
from chalicelib.overriding import override
from tests.sound import sine


class FakeVoice(Voice):
    """Has the sounds that a test says it has: *there* at once, *slow* ones if it is given time."""

    def __init__(self, *there: str, slow: tuple[str, ...] = ()) -> None:
        self.there = set(there)
        self.slow = set(slow)
        self.asked: list[tuple[str, float]] = []

    @override
    def sound_of(self, manner: Manner, text: str, *, within_secs: float = 0.0) -> str:
        self.asked.append((text, within_secs))
        has_it = text in self.there or (within_secs > 0 and text in self.slow)
        return f"https://phone.example.com/{len(text)}.wav" if has_it else ""


class FakeShelf(Shelf):
    """Keeps sounds, and fails when it *is_broken*."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self.asked = 0
        self.is_broken = False

    def _check(self) -> None:
        self.asked += 1
        if self.is_broken:
            message = "S3 cannot be reached"
            raise SpeechError(message)

    @override
    def holds(self, name: str) -> bool:
        self._check()
        return name in self.kept

    @override
    def get(self, name: str) -> bytes | None:
        self._check()
        return self.kept.get(name)

    @override
    def drop(self, names: Collection[str]) -> None:
        self._check()
        for name in names:
            self.kept.pop(name, None)

    @override
    def put(self, name: str, content: bytes) -> None:
        self._check()
        self.kept[name] = content


class FakeEngine(SpeechEngine):
    """Reads aloud as long as *may_speak* lets it, and fails at what it cannot read."""

    kind = SpeechKind.POLLY

    def __init__(self, *, fails_at: str = "\0", rate: int = 24_000) -> None:
        self.read: list[str] = []
        self.at_once = self.most_at_once = 0
        self.may_speak = threading.Event()
        self.may_speak.set()
        self._fails_at = fails_at
        self._rate = rate
        self._guard = threading.Lock()

    @override
    def speak(self, text: str, *, language: str) -> Sound:
        with self._guard:
            self.read.append(text)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.may_speak.wait(30)
        with self._guard:
            self.at_once -= 1
        if self._fails_at in text:
            message = "no such voice"
            raise SpeechError(message)
        return Sound(sine(300 + len(text), self._rate, secs=len(text) / 15), self._rate)
