"""Any sound, as a telephone wants it: 8 kHz, without silence around it, as loud as speech."""

import numpy as np

from chalicelib.audio.loudness import levelled
from chalicelib.audio.resample import resample
from chalicelib.audio.samples import TELEPHONE_RATE, Samples, Sound, saturated
from chalicelib.audio.silence import trimmed
from chalicelib.errors import AudioError


def for_telephone(sound: Sound) -> Samples:
    """Make of *sound* what is to be heard in a call, with 8000 samples a second.

    Raises:
        AudioError: nothing can be heard in it.
    """
    pcm = resample(sound.samples, sound.rate, TELEPHONE_RATE)
    centred = saturated(pcm - np.rint(pcm.mean())) if len(pcm) else pcm
    speech = trimmed(centred)
    if not len(speech):
        message = "there is only silence in it"
        raise AudioError(message)
    return levelled(speech)
