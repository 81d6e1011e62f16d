"""What there is to know about a simulated call, while it lasts and afterwards."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from moltis.carriers.far_end import FarEnd, PolitePerson
from moltis.carriers.line import Line, Moment, Side


class Direction(StrEnum):
    """Who called whom, as the owner of our number sees it."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A request that the carrier made, and how it was answered; status 0: not at all."""

    url: str
    form: tuple[tuple[str, str], ...]
    status: int
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that the gateway asked the carrier to do in a call, and the status it got."""

    name: str
    body: Mapping[str, Any]
    status: int


@dataclass(slots=True, kw_only=True, eq=False)
class SimulatedCall:
    """One call at a simulated carrier; written by the carrier, read by anybody."""

    carrier: str
    account_id: str
    sid: str
    direction: Direction
    from_number: str
    to_number: str
    far_end: FarEnd
    line: Line
    status: str
    """How it stands, in the carrier's word."""
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    duration_secs: int = 0
    """Seconds of the simulated clock between answer and end."""
    statuses: list[str] = field(default_factory=list)
    """The states that were reported to the status address, in the order in which they arose."""
    documents: list[Webhook] = field(default_factory=list)
    """The documents that were asked for."""
    reports: list[Webhook] = field(default_factory=list)
    """The status callbacks, in the order in which they were delivered."""
    events: list[Mapping[str, Any]] = field(default_factory=list)
    """What happened, as carriers that report events tell it, in the order in which it arose."""
    commands: list[Command] = field(default_factory=list)
    """What was asked of carriers that take commands."""
    who_answers: Callable[[str], FarEnd] = field(default=lambda _number: PolitePerson())
    """Makes whoever is at another number, if this call is connected with it."""
    second_legs: list[Line] = field(default_factory=list)
    """The lines of those it was connected with, in order."""
    audio: dict[str, bytes] = field(default_factory=dict)
    """The sound files that were played, by their addresses."""
    alerts: list[str] = field(default_factory=list)
    """Everything that the carrier did not like."""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The conversation: what either side could hear of the other."""
        return self.line.moments

    @property
    def our_number(self) -> str:
        """The number of ours that it is a call of."""
        return self.from_number if self.direction is Direction.OUTBOUND else self.to_number

    @property
    def heard(self) -> tuple[Moment, ...]:
        """What the far end heard."""
        return tuple(moment for moment in self.moments if moment.side is Side.AGENT)

    def wait(self, timeout: float = 30.0) -> bool:
        """Wait until the call is over and reported, for *timeout* of our seconds at most."""
        return self.over.wait(timeout)
