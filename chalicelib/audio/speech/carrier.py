"""The carrier's own voice: it reads aloud what stands in our document, and we have no sound."""

from typing import NoReturn

from chalicelib.audio.speech.base import SpeechEngine
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.errors import SpeechError
from chalicelib.overriding import override


class CarrierVoice(SpeechEngine):
    """Whoever it is that the carrier lets speak."""

    kind = SpeechKind.CARRIER
    is_carriers_own = True

    def __init__(self, _settings: SpeechSettings | None = None, _api_key: str = "") -> None:
        pass

    @override
    def speak(self, text: str, *, language: str) -> NoReturn:
        del text, language
        message = "the carrier speaks itself; there is no sound of it here"
        raise SpeechError(message)
