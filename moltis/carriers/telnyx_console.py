"""What stands at the simulated Telnyx about numbers and applications, and how it is changed.

https://developers.telnyx.com/api-reference/call-control-applications
https://developers.telnyx.com/api-reference/phone-number-configurations
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import Any, Final

from moltis.carriers.holdings import Holdings
from moltis.carriers.network import OwnedNumber
from moltis.carriers.telnyx_events import iso
from moltis.carriers.telnyx_fields import (
    ADDRESS,
    BAD_REQUEST,
    OBJECT,
    TEXT,
    YES_OR_NO,
    Body,
    Field,
    Shape,
    bad,
    one_of,
    whole,
)

PROFILE: Final = "outbound_voice_profile_id"
ID_DIGITS: Final = 19
TIMEOUT_SECS: Final = 10
"""What a careful owner sets; here, patience ends before that all the same."""

_ADDRESS_OR_NONE: Final = Field(
    fits=lambda value: value is None or ADDRESS.fits(value),
    wanted=ADDRESS.wanted,
    error=ADDRESS.error,
)
_SECONDS_OR_NONE: Final = Field(
    fits=lambda value: value is None or whole(0, 30).fits(value), wanted="a number from 0 to 30"
)
APPLICATION: Final = Shape(
    fields={
        "application_name": TEXT,
        "webhook_event_url": ADDRESS,
        "webhook_event_failover_url": _ADDRESS_OR_NONE,
        "webhook_api_version": one_of("1", "2"),
        "webhook_timeout_secs": _SECONDS_OR_NONE,
        "active": YES_OR_NO,
        "outbound": OBJECT,
        "inbound": OBJECT,
    },
    required=("application_name", "webhook_event_url"),
)
NUMBER: Final = Shape(fields={"connection_id": TEXT, "customer_reference": TEXT})


@dataclass(slots=True, kw_only=True, eq=False)
class TelnyxApplication:
    """A Call Control application."""

    owner: str
    """The API key of its account."""
    connection_id: str
    values: Mapping[str, Any]
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def url(self) -> str:
        """Where events go; nowhere while it is not active, or speaks another version."""
        is_on = self.values["active"] and self.values["webhook_api_version"] == "2"
        return str(self.values["webhook_event_url"]) if is_on else ""

    @property
    def failover_url(self) -> str:
        """Where an event goes that is not taken there."""
        return str(self.values["webhook_event_failover_url"] or "") if self.url else ""

    @property
    def may_dial(self) -> bool:
        """Whether it has a profile to dial with."""
        return bool(self.values["outbound"].get(PROFILE))

    def resource(self) -> dict[str, Any]:
        """Describe it in Telnyx's fields."""
        return {
            "id": self.connection_id,
            "record_type": "call_control_application",
            "anchorsite_override": "Latency",
            "call_cost_in_webhooks": False,
            "dtmf_type": "RFC 2833",
            "first_command_timeout": False,
            "first_command_timeout_secs": 30,
            "redact_dtmf_debug_logging": False,
            "tags": [],
            "created_at": iso(self.created_at),
            "updated_at": iso(self.updated_at),
            **self.values,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class TelnyxNumber:
    """A number as the console has it."""

    owned: OwnedNumber
    number_id: str
    connection_id: str
    """What it is connected to, if anything."""
    customer_reference: str = ""
    purchased_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def resource(self, connection_name: str | None) -> dict[str, Any]:
        """Describe it in Telnyx's fields."""
        return {
            "id": self.number_id,
            "record_type": "phone_number",
            "phone_number": self.owned.number,
            "phone_number_type": "local",
            "country_iso_alpha2": "US",
            "status": "active" if self.owned.voice else "provision-pending",
            "connection_id": self.connection_id or None,
            "connection_name": connection_name,
            "customer_reference": self.customer_reference or None,
            "created_at": iso(self.purchased_at),
            "purchased_at": iso(self.purchased_at),
            "deletion_lock_enabled": False,
            "tags": [],
        }


class TelnyxConsole:
    """The numbers and applications of all accounts; *numbers_of* tells whose a number is."""

    def __init__(self, numbers_of: Callable[[str], Sequence[OwnedNumber]]) -> None:
        self._numbers_of = numbers_of
        self._numbers = Holdings(self._adopt)
        self._applications: dict[str, TelnyxApplication] = {}
        self._lock = threading.Lock()

    def numbers(self, api_key: str) -> list[TelnyxNumber]:
        """The numbers of an account."""
        return [self._numbers.of(owned) for owned in self._numbers_of(api_key)]

    def applications(self, api_key: str) -> list[TelnyxApplication]:
        """The applications of an account, newest first."""
        self.numbers(api_key)  # they bring their applications along
        with self._lock:
            every = list(self._applications.values())
        return [one for one in reversed(every) if one.owner == api_key]

    def application(self, api_key: str, connection_id: str) -> TelnyxApplication | None:
        """One application, if it is the account's."""
        every = self.applications(api_key)
        return next((one for one in every if one.connection_id == connection_id), None)

    def application_of(self, owned: OwnedNumber) -> TelnyxApplication | None:
        """The application that a number is connected to."""
        number = self._numbers.of(owned)
        return self.application(owned.credentials["api_key"], number.connection_id)

    def create(self, api_key: str, body: Body) -> TelnyxApplication:
        """Make an application as *body* asks for it, or raise a `TelnyxError`."""
        self._check(api_key, body)
        lowest = 10 ** (ID_DIGITS - 1)
        return self._keep(api_key, str(lowest + secrets.randbelow(9 * lowest)), body)

    def update(self, application: TelnyxApplication, body: Body) -> None:
        """Change an application as *body* asks for it, or raise a `TelnyxError`."""
        self._check(application.owner, body)
        application.values = {**application.values, **body}
        application.updated_at = datetime.now(UTC)

    def connect(self, number: TelnyxNumber, body: Body) -> None:
        """Change a number as *body* asks for it, or raise a `TelnyxError`."""
        NUMBER.check(body)
        wanted = body.get("connection_id", number.connection_id)
        if wanted and self.application(number.owned.credentials["api_key"], wanted) is None:
            detail = "The connection_id is not one of a connection of this account."
            raise bad(BAD_REQUEST, detail, "connection_id")
        number.connection_id = wanted
        number.customer_reference = body.get("customer_reference", number.customer_reference)

    def number_resource(self, number: TelnyxNumber) -> dict[str, Any]:
        """Describe *number* in Telnyx's fields."""
        application = self.application_of(number.owned)
        return number.resource(application.values["application_name"] if application else None)

    def profiles(self, api_key: str) -> list[dict[str, Any]]:
        """The outbound voice profiles of an account: it begins with one."""
        return [
            {
                "id": _id("profile", api_key),
                "record_type": "outbound_voice_profile",
                "name": "Default",
                "enabled": True,
                "traffic_type": "conversational",
                "service_plan": "global",
                "tags": [],
            }
        ]

    def _check(self, api_key: str, body: Body) -> None:
        APPLICATION.check(body)
        outbound = body.get("outbound", {})
        _only(outbound, {PROFILE, "channel_limit"}, "outbound")
        _only(body.get("inbound", {}), {"channel_limit"}, "inbound")
        profile = outbound.get(PROFILE)
        if profile and profile not in {one["id"] for one in self.profiles(api_key)}:
            detail = f"The {PROFILE} is not one of this account."
            raise bad(BAD_REQUEST, detail, f"outbound/{PROFILE}")

    def _adopt(self, owned: OwnedNumber) -> TelnyxNumber:
        """Take a number that we are given: its address comes as an application of its own."""
        credentials = owned.credentials
        connection_id = credentials.get("connection_id", "")
        if owned.voice_url and not connection_id:
            connection_id = _id("connection", owned.number)
        if connection_id:
            values = {
                "application_name": f"simulated {owned.number}",
                "webhook_event_url": owned.voice_url,
                "webhook_event_failover_url": owned.fallback_url or None,
                "webhook_timeout_secs": TIMEOUT_SECS,
                "outbound": {PROFILE: _id("profile", credentials["api_key"])},
            }
            self._keep(credentials["api_key"], connection_id, values)
        number_id = _id("number", owned.number)
        return TelnyxNumber(owned=owned, number_id=number_id, connection_id=connection_id)

    def _keep(
        self, api_key: str, connection_id: str, values: Mapping[str, Any]
    ) -> TelnyxApplication:
        usual = {
            "active": True,
            "webhook_api_version": "2",
            "webhook_event_failover_url": None,
            "webhook_timeout_secs": None,
            "inbound": {"channel_limit": None},
        }
        outbound = {"channel_limit": None, PROFILE: None, **values.get("outbound", {})}
        application = TelnyxApplication(
            owner=api_key,
            connection_id=connection_id,
            values={**usual, **values, "outbound": outbound},
        )
        with self._lock:
            self._applications[connection_id] = application
        return application


def _only(body: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    unknown = sorted(body.keys() - frozenset(known))
    if unknown:
        detail = f"The simulated Telnyx does not know the parameter '{unknown[0]}' here."
        raise bad(BAD_REQUEST, detail, f"{where}/{unknown[0]}")


def _id(kind: str, owner: str) -> str:
    digest = md5(f"{kind}{owner}".encode(), usedforsecurity=False).hexdigest()
    return str(int(digest, 16))[:ID_DIGITS]
