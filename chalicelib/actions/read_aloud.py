"""Make sounds of sentences that may be wanted soon."""

from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.turns.base import Reading

LONGEST_SECS: Final = 20.0
"""How long one of them may take: nobody waits."""


def read_aloud(reading: Reading, *, exchange: Exchange) -> None:
    """Have each sentence of *reading* read aloud, unless its sound is there already."""
    for text in dict.fromkeys(reading.texts):
        exchange.voice.sound_of(reading.manner, text, within_secs=LONGEST_SECS)
