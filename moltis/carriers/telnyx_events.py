"""What happens in one call, told as Telnyx tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from moltis.carriers.record import SimulatedCall
from moltis.carriers.telnyx_webhooks import Letter, Mailbox

_NAMES_PARTIES: Final = frozenset(
    {
        "call.initiated", "call.answered", "call.hangup", "call.dtmf.received",
        "call.gather.ended", "call.machine.detection.ended", "call.machine.greeting.ended",
        "call.machine.premium.detection.ended", "call.machine.premium.greeting.ended",
    }
)  # fmt: skip
"""The events that say who called whom; the others leave it to whoever remembers."""
_STRANGE: Final = {"call.initiated": "call.conversation.created", "call.hangup": "call.cost"}
"""An event → one of a type that nobody asked for, which can be made to follow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The names of a call, and the application that it belongs to."""

    call_control_id: str
    call_leg_id: str
    call_session_id: str
    connection_id: str


class Reporter:
    """Tells the events of one call, each later than the one before."""

    def __init__(self, call: SimulatedCall, leg: Leg, mailbox: Mailbox) -> None:
        self.leg = leg
        self.url = ""
        """Where all events go."""
        self.failover_url = ""
        """Where an event goes that is not taken there, if anywhere."""
        self.client_state: str | None = None
        """What the gateway wants to be reminded of in every event."""
        self.strange = False
        """Whether events of other types come in between."""
        self._call = call
        self._mailbox = mailbox
        self._last = datetime.min.replace(tzinfo=UTC)

    def tell(self, event_type: str, **more: object) -> None:
        """Tell that *event_type* happened, with *more* in its payload."""
        self._tell(event_type, more)
        if self.strange and event_type in _STRANGE:
            self._tell(_STRANGE[event_type], {})

    def _tell(self, event_type: str, more: Mapping[str, object]) -> None:
        leg, call = self.leg, self._call
        payload: dict[str, Any] = {
            "call_control_id": leg.call_control_id,
            "call_leg_id": leg.call_leg_id,
            "call_session_id": leg.call_session_id,
            "connection_id": leg.connection_id,
            "client_state": self.client_state,
        }
        if event_type in _NAMES_PARTIES:
            payload |= {"from": call.from_number, "to": call.to_number}
        event = {
            "record_type": "event",
            "event_type": event_type,
            "id": str(uuid4()),
            "occurred_at": iso(self._now()),
            "payload": {**payload, **more},
        }
        call.events.append(event)
        call.statuses.append(event_type)
        self._mailbox.take(Letter(event=event, url=self.url, failover_url=self.failover_url))

    def _now(self) -> datetime:
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return self._last


def iso(moment: datetime) -> str:
    """Write *moment* as Telnyx does."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
