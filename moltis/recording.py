"""A call as it could be heard: a stereo WAV, the far end on the left, the agent on the right."""

import math
import sys
import wave
from array import array
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

from chalicelib.audio.speech.espeak import Espeak
from chalicelib.calls.terms import SpeechSettings
from moltis.carriers.line import Moment, Side, Sound, speaking_time

RATE: Final = 22_050
"""What eSpeak speaks in; nothing is resampled."""
GAP_SECS: Final = 0.3
KEY_SECS: Final = 0.12
BETWEEN_KEYS_SECS: Final = 0.06
KEY_LEVEL: Final = 6_000
VOICES: Final = {Side.AGENT: "en+f3", Side.FAR_END: "en+m3"}

# ITU-T Q.23: the two tones of each key, in Hz.
_ROWS: Final = (697, 770, 852, 941)
_COLUMNS: Final = (1209, 1336, 1477, 1633)
_TONES: Final = {
    key: (_ROWS[row], _COLUMNS[column])
    for row, keys in enumerate(("123A", "456B", "789C", "*0#D"))
    for column, key in enumerate(keys)
}

Samples: TypeAlias = "array[int]"


def record(moments: Sequence[Moment], path: Path) -> float:
    """Write what was heard in a call to *path*; gives how many seconds that is."""
    left, right = array("h"), array("h")
    followed = [*pairwise(moments), *([(moments[-1], None)] if moments else [])]
    for moment, following in followed:
        sound = _sound(moment)
        if not moment.whole and following is not None and moment.sound is Sound.SPEECH:
            heard = (following.at - moment.at) / speaking_time(moment.text)
            sound = sound[: int(len(sound) * min(1.0, max(0.0, heard)))]
        silence = array("h", bytes(2 * len(sound)))
        gap = array("h", bytes(2 * int(GAP_SECS * RATE)))
        left += (sound if moment.side is Side.FAR_END else silence) + gap
        right += (sound if moment.side is Side.AGENT else silence) + gap
    _write(left, right, path)
    return len(left) / RATE


def _sound(moment: Moment) -> Samples:
    if moment.sound is Sound.SPEECH:
        engine = Espeak(SpeechSettings(voice=VOICES[moment.side]))
        return array("h", engine.speak(moment.text, language="en").samples.tobytes())
    if moment.sound is Sound.KEYS:
        keys = array("h")
        for key in moment.text:
            keys += _key(key)
        return keys
    return array("h")


def _key(key: str) -> Samples:
    pause = array("h", bytes(2 * int(BETWEEN_KEYS_SECS * RATE)))
    tones = _TONES.get(key.upper())
    if tones is None:
        return pause
    turns = [2 * math.pi * tone / RATE for tone in tones]
    tone = (
        KEY_LEVEL * sum(math.sin(at * turn) for turn in turns) for at in range(int(KEY_SECS * RATE))
    )
    return array("h", (int(sample) for sample in tone)) + pause


def _write(left: Samples, right: Samples, path: Path) -> None:
    both = array("h", bytes(4 * len(left)))
    both[0::2], both[1::2] = left, right
    if sys.byteorder == "big":
        both.byteswap()
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(both.tobytes())
