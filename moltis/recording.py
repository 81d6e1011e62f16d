"""A call as it could be heard: a stereo WAV, the far end on the left, the agent on the right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from chalicelib.audio import g711
from chalicelib.audio.containers import Encoding, Raw, read, write_wav
from chalicelib.audio.dtmf import tones
from chalicelib.audio.resample import resample
from chalicelib.audio.samples import TELEPHONE_RATE, Samples, saturated
from chalicelib.audio.speech.base import LONGEST_TEXT
from chalicelib.audio.speech.espeak import Espeak
from chalicelib.audio.telephone import for_telephone
from chalicelib.calls.sentences import split
from chalicelib.calls.terms import SpeechSettings
from chalicelib.errors import AudioError
from moltis.carriers.line import Moment, Side, Sound, speaking_time

LONGEST_SECS: Final = 600.0
LONGEST_PAUSE_SECS: Final = 2.0
"""A longer silence is shortened to this: nobody listens to it."""
VOICES: Final = {Side.AGENT: "en-us+f3", Side.FAR_END: "en+m3"}
LINE_CODES: Final = Raw(Encoding.MULAW, TELEPHONE_RATE)
"""What files without a head hold; a telephone line's own codes."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Both sides of a call, equally long, as a telephone line carries them."""

    far_end: Samples
    agent: Samples

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.agent) / TELEPHONE_RATE

    def wav(self) -> bytes:
        """The file."""
        both = np.stack((self.far_end, self.agent), axis=1).ravel()
        return write_wav(both, TELEPHONE_RATE, channels=2)


def record(moments: Sequence[Moment], files: Mapping[str, bytes] | None = None) -> Recording:
    """Record what was heard; *files* are the sound files that were played, by their addresses.

    Words take as long as they take when read aloud, and pauses as long as they took, up to a
    bound. So the whole is as long as the call was, about.
    """
    sides: dict[Side, list[tuple[int, Samples]]] = {side: [] for side in Side}
    ends = dict.fromkeys(Side, 0)
    begins = 0
    for moment, following in _followed(moments):
        sound = _heard_of(moment, following, files or {})
        begins = max(begins, ends[moment.side])
        sides[moment.side].append((begins, sound))
        ends[moment.side] = begins + len(sound)
        begins += len(sound) + _pause(moment, following, sound)
        if begins > LONGEST_SECS * TELEPHONE_RATE:
            break
    length = min(max(ends.values()), int(LONGEST_SECS * TELEPHONE_RATE))
    return Recording(
        far_end=_laid_out(sides[Side.FAR_END], length), agent=_laid_out(sides[Side.AGENT], length)
    )


def _followed(moments: Sequence[Moment]) -> list[tuple[Moment, Moment | None]]:
    audible = [moment for moment in moments if moment.sound is not Sound.SILENCE]
    return [*pairwise(audible), *((last, None) for last in audible[-1:])]


def _heard_of(moment: Moment, following: Moment | None, files: Mapping[str, bytes]) -> Samples:
    """The sound of *moment*, up to where it was broken off."""
    match moment.sound:
        case Sound.SPEECH:
            sound = _spoken(moment.text, VOICES[moment.side])
        case Sound.KEYS:
            return tones("".join(key for key in moment.text if key in "0123456789ABCD*#abcd"))
        case _:
            sound = _played(files.get(moment.text, b""))
    if moment.whole or moment.side is Side.FAR_END or following is None:
        return sound
    part = (following.at - moment.at) / _lasts(moment, sound)
    return sound[: int(len(sound) * min(1.0, max(0.0, part)))]


def _pause(moment: Moment, following: Moment | None, sound: Samples) -> int:
    if following is None:
        return 0
    is_cut = moment.side is Side.AGENT and not moment.whole
    lasts = following.at - moment.at if is_cut else _lasts(moment, sound)
    # What overlapped overlaps, by not more than what there is.
    pause = max(following.at - moment.at - lasts, -len(sound) / TELEPHONE_RATE)
    return round(min(pause, LONGEST_PAUSE_SECS) * TELEPHONE_RATE)


def _lasts(moment: Moment, sound: Samples) -> float:
    """How many seconds of the simulated clock it takes, if it is not broken off."""
    if moment.sound is Sound.SPEECH:
        return speaking_time(moment.text)
    return max(len(sound) / TELEPHONE_RATE, 0.001)


@lru_cache(maxsize=256)
def _spoken(text: str, voice: str) -> Samples:
    engine = Espeak(SpeechSettings(voice=voice))
    parts = [
        for_telephone(engine.speak(part, language="en-US")) for part in split(text, LONGEST_TEXT)
    ]
    return np.concatenate([np.zeros(0, np.int16), *parts])


def _played(content: bytes) -> Samples:
    try:
        sound = read(content, LINE_CODES)
    except AudioError:
        # What a simulated carrier could measure and we cannot read, such as MP3, stays silent.
        return np.zeros(0, np.int16)
    return resample(sound.samples, sound.rate, TELEPHONE_RATE)


def _laid_out(sounds: Sequence[tuple[int, Samples]], length: int) -> Samples:
    side = np.zeros(length, np.int32)
    for begins, sound in sounds:
        there = side[begins : begins + len(sound)]
        there += sound[: len(there)]
    return g711.decode(g711.encode(saturated(side.astype(np.float64))))
