"""What every simulated carrier can do, whatever its language."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from moltis.carriers.clock import Clock
from moltis.carriers.exchange import Request, Response
from moltis.carriers.far_end import FarEnd
from moltis.carriers.faults import Faults
from moltis.carriers.network import Network, OwnedNumber
from moltis.carriers.record import SimulatedCall


class Carrier(ABC):
    """A simulated carrier: its REST interface, its calls, its faults."""

    name: ClassVar[str]
    """Also the prefix of its addresses."""
    made_later: ClassVar[frozenset[str]] = frozenset()
    """The credentials that a customer does not begin with, but makes or looks up."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.faults = Faults()
        self.stopped = threading.Event()

    @property
    def clock(self) -> Clock:
        """The time that its calls live in."""
        return self.network.clock

    @abstractmethod
    def new_credentials(self) -> Mapping[str, str]:
        """Make up the credentials of one more account, by their names in `moltis.toml`."""

    def open_account(self, number: str) -> OwnedNumber:
        """Have one more customer, whose *number* nothing is set about yet."""
        made = self.new_credentials()
        owned = OwnedNumber(
            carrier=self.name,
            account_id=f"{self.name} {number}",
            number=number,
            voice_url="",
            credentials={key: made[key] for key in made if key not in self.made_later},
        )
        self.network.own(owned)
        return owned

    @property
    @abstractmethod
    def calls(self) -> tuple[SimulatedCall, ...]:
        """Every call there was, oldest first."""

    @abstractmethod
    def handle(self, request: Request) -> Response:
        """Answer a *request* to its REST interface."""

    @abstractmethod
    def dial_in(self, from_number: str, number: OwnedNumber, far_end: FarEnd) -> SimulatedCall:
        """Have *far_end* call our *number*, showing *from_number*."""

    @abstractmethod
    def stop(self) -> None:
        """End all calls without another word, and wait until their threads are gone."""
