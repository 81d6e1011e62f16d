"""Amazon Polly.

https://docs.aws.amazon.com/polly/latest/dg/API_SynthesizeSpeech.html
https://docs.aws.amazon.com/polly/latest/dg/available-voices.html
"""

from typing import TYPE_CHECKING, Final

from chalicelib import aws
from chalicelib.asking_aws import asking
from chalicelib.audio.containers import LARGEST, Encoding, Raw, read
from chalicelib.audio.speech.base import PATIENCE_SECS, SpeechEngine, checked_text
from chalicelib.calls.terms import SpeechKind, SpeechSettings
from chalicelib.errors import AudioError, SpeechError
from chalicelib.overriding import override

if TYPE_CHECKING:
    from chalicelib.audio.samples import Sound

DEFAULT_ENGINE: Final = "neural"
SAMPLES: Final = Raw(Encoding.PCM16, 16_000)

VOICES: Final = {
    "ar": "Hala",
    "ca": "Arlet",
    "cs": "Jitka",
    "da": "Sofie",
    "de": "Vicki",
    "de-at": "Hannah",
    "de-ch": "Sabrina",
    "en": "Joanna",
    "en-au": "Olivia",
    "en-gb": "Amy",
    "en-ie": "Niamh",
    "en-in": "Kajal",
    "en-nz": "Aria",
    "en-sg": "Jasmine",
    "en-za": "Ayanda",
    "es": "Lucia",
    "es-419": "Lupe",
    "es-mx": "Mia",
    "es-us": "Lupe",
    "fi": "Suvi",
    "fr": "Lea",
    "fr-be": "Isabelle",
    "fr-ca": "Gabrielle",
    "hi": "Kajal",
    "it": "Bianca",
    "ja": "Kazuha",
    "ko": "Seoyeon",
    "nb": "Ida",
    "nl": "Laura",
    "nl-be": "Lisa",
    "no": "Ida",
    "pl": "Ola",
    "pt": "Ines",
    "pt-br": "Camila",
    "sv": "Elin",
    "tr": "Burcu",
    "yue": "Hiujin",
    "zh": "Zhiyu",
    "zh-hk": "Hiujin",
}
"""Who speaks a language where the settings name nobody; all of them are neural voices."""


class Polly(SpeechEngine):
    """The voices of AWS; the account that the gateway runs in pays them."""

    kind = SpeechKind.POLLY

    def __init__(self, settings: SpeechSettings, _api_key: str = "") -> None:
        self._voice = settings.voice
        self._engine = settings.model or DEFAULT_ENGINE

    @override
    def speak(self, text: str, *, language: str) -> "Sound":
        voice = self._voice or voice_for(language)
        with asking("Polly", SpeechError):
            client = aws.client("polly", read_timeout_secs=PATIENCE_SECS)
            response = client.synthesize_speech(
                Engine=self._engine,
                OutputFormat="pcm",
                SampleRate=str(SAMPLES.rate),
                Text=checked_text(text),
                VoiceId=voice,
            )
            content = response["AudioStream"].read(LARGEST + 1)
        try:
            return read(content, SAMPLES)
        except AudioError as error:
            message = f"Polly gave no speech: {error}"
            raise SpeechError(message) from error


def voice_for(language: str) -> str:
    """Who speaks *language*.

    Raises:
        SpeechError: nobody we know of.
    """
    tag = language.lower()
    voice = VOICES.get(tag) or VOICES.get(tag.partition("-")[0])
    if voice is None:
        message = f"set phone.tts.voice: we know no voice of Polly for {language[:20]!r}"
        raise SpeechError(message)
    return voice
