"""What every speech engine promises; the only place where it is documented."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from chalicelib.calls.terms import SpeechKind
from chalicelib.errors import SpeechError

if TYPE_CHECKING:
    from chalicelib.audio.samples import Sound

LONGEST_TEXT: Final = 1_000
"""How many letters are spoken at once, at most; every engine takes as many."""
PATIENCE_SECS: Final = 10.0
"""How long an engine elsewhere may take for them."""


class SpeechEngine(ABC):
    """Somebody who reads aloud."""

    kind: ClassVar[SpeechKind]
    is_carriers_own: ClassVar[bool] = False
    """Whether the carrier itself reads aloud what stands in our document."""

    @abstractmethod
    def speak(self, text: str, *, language: str) -> "Sound":
        """Read *text*, of at most `LONGEST_TEXT` letters, aloud in *language*, a BCP 47 tag.

        A voice that the settings name goes before the language.

        Raises:
            SpeechError: it cannot, or what it gave is no speech. The message holds no secret, and
                nothing of the text.
        """


def checked_text(text: str) -> str:
    """Give *text* if an engine can be asked for it.

    Raises:
        SpeechError: there is nothing to say, or too much.
    """
    if not text.strip():
        message = "there is nothing to say"
        raise SpeechError(message)
    if len(text) > LONGEST_TEXT:
        message = f"{len(text)} letters are more than the {LONGEST_TEXT} that are spoken at once"
        raise SpeechError(message)
    return text
