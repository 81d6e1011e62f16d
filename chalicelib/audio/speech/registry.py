"""Which speech engines exist; adding one is one line here, and a file."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from chalicelib.audio.speech.base import SpeechEngine
from chalicelib.calls.terms import SpeechKind, SpeechSettings

Maker = Callable[[SpeechSettings, str], SpeechEngine]

ENGINES: Final[Mapping[SpeechKind, str]] = {
    SpeechKind.CARRIER: "carrier:CarrierVoice",
    SpeechKind.POLLY: "polly:Polly",
    SpeechKind.OPENAI: "openai:OpenAISpeech",
    SpeechKind.ESPEAK: "espeak:Espeak",
}
"""Module and class; loaded when it is asked for: whoever lets the carrier speak needs no numpy."""


def build(settings: SpeechSettings, api_key: str = "") -> SpeechEngine:
    """Make the engine that *settings* describe.

    Raises:
        SpeechError: it cannot work with these settings.
    """
    module, _, name = ENGINES[settings.provider].partition(":")
    make: Maker = getattr(import_module(f"{__package__}.{module}"), name)
    return make(settings, api_key)
