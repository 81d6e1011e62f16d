"""eSpeak NG, by ctypes: text becomes 16-bit mono samples, offline."""

import ctypes
import threading
from array import array
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import espeakng_loader

_RETRIEVAL: Final = 1
_UTF8: Final = 1
_OK: Final = 0
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)


class SpeechError(Exception):
    """The engine could not speak."""


@dataclass(frozen=True, slots=True)
class Speech:
    """Samples, 16-bit and mono, and how many there are in a second."""

    samples: "array[int]"
    rate: int


@cache
def _engine() -> "_Engine":
    return _Engine()


def speak(text: str, *, voice: str = "en") -> Speech:
    """Speak *text* with eSpeak's *voice*, as `en` or `en+f3`.

    Raises:
        SpeechError: there is no such voice, or the engine failed.
    """
    return _engine().speak(text, voice)


class _Engine:
    """The library; it has one voice at a time, so that one text is spoken after the other."""

    def __init__(self) -> None:
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate = self._library.espeak_Initialize(_RETRIEVAL, 0, data, 0)
        if self._rate <= 0:
            message = "eSpeak NG does not start"
            raise SpeechError(message)
        self._samples = array("h")
        # Kept on the object: the library calls it for as long as it lives.
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)
        self._one_at_a_time = threading.Lock()

    def speak(self, text: str, voice: str) -> Speech:
        """Speak *text*."""
        with self._one_at_a_time:
            self._samples = array("h")
            self._check(self._library.espeak_SetVoiceByName(voice.encode()), f"voice {voice!r}")
            words = text.encode()
            size = ctypes.c_size_t(len(words) + 1)
            done = self._library.espeak_Synth(words, size, 0, 0, 0, _UTF8, None, None)
            self._check(done, "speaking")
            self._check(self._library.espeak_Synchronize(), "speaking")
            return Speech(self._samples, self._rate)

    def _take(self, samples: Any, count: int, _events: object) -> int:  # noqa: ANN401
        if samples and count > 0:
            self._samples.extend(samples[:count])
        return 0

    def _check(self, result: int, what: str) -> None:
        if result != _OK:
            message = f"eSpeak NG failed at {what} ({result})"
            raise SpeechError(message)
