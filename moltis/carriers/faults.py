"""What a carrier can be made to do wrong, for tests."""

import threading
from collections import deque
from enum import StrEnum
from typing import Final

HANG_SECS: Final = 20.0


class CreateFault(StrEnum):
    """How the next request to create a call goes wrong."""

    REFUSES = "refuses"
    """It is refused with a 4xx."""
    FAILS = "fails"
    """It is answered with a 5xx, and no call is made."""
    FAILS_AFTER_DIALLING = "fails after dialling"
    """It is answered with a 5xx although the call was made."""
    THROTTLES = "throttles"
    """It is answered with 429."""
    HANGS = "hangs"
    """The call is made and no answer comes."""
    DROPS = "drops"
    """The connection is cut, and no call is made."""
    DROPS_AFTER_DIALLING = "drops after dialling"
    """The call is made and the connection is cut."""

    @property
    def dials(self) -> bool:
        """Whether a call is made all the same."""
        return self in {self.FAILS_AFTER_DIALLING, self.HANGS, self.DROPS_AFTER_DIALLING}


class Faults:
    """The faults of one carrier; none unless asked for."""

    def __init__(self) -> None:
        self.duplicates = False
        """Every webhook is delivered twice; the second answer counts."""
        self.out_of_order = False
        """Status callbacks and events arrive in pairs whose members have changed places."""
        self.simultaneous = False
        """Events are delivered at once, each on its own, whatever became of those before."""
        self.unknown_events = False
        """Now and then an event is of a type that nobody asked for."""
        self.hang_secs = HANG_SECS
        """How long (in our seconds) a request hangs before the connection is cut."""
        self._creates: deque[CreateFault] = deque()
        self._commands: deque[CreateFault] = deque()
        self._lock = threading.Lock()

    def on_next_create(self, *faults: CreateFault) -> None:
        """Have the next requests to create a call go wrong, in this order."""
        with self._lock:
            self._creates.extend(faults)

    def next_create(self) -> CreateFault | None:
        """Take the fault that the request at hand is to meet, if any."""
        with self._lock:
            return self._creates.popleft() if self._creates else None

    def on_next_command(self, *faults: CreateFault) -> None:
        """Have the next commands in calls go wrong; "after dialling" is then after doing it."""
        with self._lock:
            self._commands.extend(faults)

    def next_command(self) -> CreateFault | None:
        """Take the fault that the command at hand is to meet, if any."""
        with self._lock:
            return self._commands.popleft() if self._commands else None
