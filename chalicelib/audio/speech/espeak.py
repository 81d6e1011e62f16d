"""eSpeak NG, offline: a machine's voice that is there where no other is.

Its library comes with the package `espeakng-loader`, which is for your machine and not for Lambda.
https://github.com/espeak-ng/espeak-ng/blob/master/src/include/espeak-ng/speak_lib.h
"""

import ctypes
import threading
from functools import cache
from typing import Any, Final

import numpy as np

from chalicelib.audio.samples import Sound
from chalicelib.audio.speech.base import SpeechEngine, checked_text
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.errors import SpeechError
from chalicelib.overriding import override

_RETRIEVAL: Final = 1
_UTF8: Final = 1
_OK: Final = 0
_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_OTHER_NAMES: Final = {"zh": "cmn", "no": "nb", "en": "en-us"}


class Espeak(SpeechEngine):
    """A voice as `de` or `en-us+f3`, or that of the language."""

    kind = SpeechKind.ESPEAK

    def __init__(self, settings: SpeechSettings, _api_key: str = "") -> None:
        self._voice = settings.voice

    @override
    def speak(self, text: str, *, language: str) -> Sound:
        tag = language.lower()
        primary = tag.partition("-")[0]
        voices = (self._voice,) if self._voice else (tag, _OTHER_NAMES.get(primary, primary))
        checked_text(text)
        with _ONE_AT_A_TIME:
            return _library().speak(text, voices)


_ONE_AT_A_TIME: Final = threading.Lock()
"""It has one voice, and must be started once: two threads in it at once bring the process down."""


@cache
def _library() -> "_Library":
    return _Library()


class _Library:
    """The library; only whoever holds the lock may be in it, also to start it."""

    def __init__(self) -> None:
        try:
            import espeakng_loader  # noqa: PLC0415  # an extra; not on Lambda
        except ImportError as error:
            message = "eSpeak NG is not installed: pip install 'moltis-phone[local]'"
            raise SpeechError(message) from error
        self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self._rate = self._library.espeak_Initialize(_RETRIEVAL, 0, data, 0)
        if self._rate <= 0:
            message = "eSpeak NG does not start"
            raise SpeechError(message)
        self._spoken = bytearray()
        # Kept on the object: the library calls it for as long as it lives.
        self._callback = _Callback(self._take)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, voices: tuple[str, ...]) -> Sound:
        """Speak *text* with the first of *voices* that there is."""
        self._choose(voices)
        self._spoken.clear()
        # What ends a text for C would end it here.
        words = text.replace("\0", " ").encode()
        size = ctypes.c_size_t(len(words) + 1)
        done = self._library.espeak_Synth(words, size, 0, 0, 0, _UTF8, None, None)
        if done != _OK or self._library.espeak_Synchronize() != _OK or not self._spoken:
            message = "eSpeak NG did not speak"
            raise SpeechError(message)
        return Sound(np.frombuffer(bytes(self._spoken), np.int16), self._rate)

    def _choose(self, voices: tuple[str, ...]) -> None:
        if not any(self._library.espeak_SetVoiceByName(voice.encode()) == _OK for voice in voices):
            message = f"eSpeak NG has no voice {voices[-1][:40]!r}"
            raise SpeechError(message)

    def _take(self, samples: Any, count: int, _events: object) -> int:  # noqa: ANN401
        if samples and count > 0:
            self._spoken += ctypes.string_at(samples, 2 * count)
        return 0
