"""What an action asks of our voice; the only place where the promise is documented."""

from abc import ABC, abstractmethod

from chalicelib.calls.verbs import Manner


class Voice(ABC):
    """Gives words a sound of ours, where an engine is to speak, and no sound where it cannot."""

    @abstractmethod
    def sound_of(self, manner: Manner, text: str, *, within_secs: float = 0.0) -> str:
        """The address at which the carrier finds *text* read aloud in that *manner*.

        Empty where the carrier itself is to speak, or has to, because there is no such sound. It
        never fails. With *within_secs* the sound is made, if that can be done so fast.
        """
