"""What happened to a call besides what was said in it, as far as the call itself remembers."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.calls.call import Call, Direction


class Happening(StrEnum):
    """What can happen to a call."""

    DIALLED = "dialled"
    """The carrier was about to be asked for it."""
    ARRIVED = "arrived"
    RANG = "rang"
    ANSWERED = "answered"
    OPENED = "opened"
    """The first words were handed to the carrier."""
    END_REQUESTED = "end_requested"
    """We wanted it over; the carrier had still to confirm."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened, and when we heard of it."""

    what: Happening
    at: datetime


def course(call: Call) -> tuple[Happened, ...]:
    """What happened to *call* so far, oldest first."""
    return tuple(sorted(_course(call), key=lambda happened: happened.at))


def _course(call: Call) -> Iterator[Happened]:
    outbound = call.direction is Direction.OUTBOUND
    known = {
        Happening.DIALLED if outbound else Happening.ARRIVED: call.started_at,
        Happening.RANG: call.ringing_at,
        Happening.ANSWERED: call.answered_at,
        Happening.OPENED: call.opened_at,
        Happening.END_REQUESTED: call.end_requested_at,
        Happening.ENDED: call.ended_at,
    }
    for what, at in known.items():
        if at is not None:
            yield Happened(what, at)
