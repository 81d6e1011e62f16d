"""`make docs`: reads chalicelib/audio/apology.wav aloud, which is heard when a sound is gone."""

from pathlib import Path
from typing import Final

from chalicelib.audio.containers import write_wav
from chalicelib.audio.samples import TELEPHONE_RATE
from chalicelib.audio.speech.espeak import Espeak
from chalicelib.audio.telephone import for_telephone
from chalicelib.calls.terms import SpeechKind, SpeechSettings

SOUND: Final = Path(__file__).parents[2] / "chalicelib" / "audio" / "apology.wav"
WORDS: Final = "I am sorry, my voice failed me for a moment."


def apology() -> bytes:
    """The file as it should be."""
    engine = Espeak(SpeechSettings(provider=SpeechKind.ESPEAK, voice="en-us+f3"))
    return write_wav(for_telephone(engine.speak(WORDS, language="en-US")), TELEPHONE_RATE)


if __name__ == "__main__":
    SOUND.write_bytes(apology())
