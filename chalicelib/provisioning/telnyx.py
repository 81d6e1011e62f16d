"""Telnyx: the addresses stand in a Call Control application, and the number is connected to it.

Applications https://developers.telnyx.com/api-reference/call-control-applications
Numbers https://developers.telnyx.com/api-reference/phone-number-configurations
Public key https://support.telnyx.com/en/articles/8370064-update-webhook-sign-key-guide
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final, TypeAlias

from chalicelib.errors import ProviderRejectedError, ProviderUncertainError
from chalicelib.internet import Bearer
from chalicelib.overriding import override
from chalicelib.providers.faults import read_fault
from chalicelib.providers.telnyx import API_ROOT
from chalicelib.providers.wire import Wire
from chalicelib.provisioning.base import (
    Addresses,
    CarrierNumber,
    Console,
    Entry,
    Holder,
    Survey,
    application_name,
    not_ours,
    text,
)

MOST_LISTED: Final = "250"
WEBHOOK_TIMEOUT_SECS: Final = 10
CONNECTION: Final = "connection_name"
PROFILE: Final = "outbound_voice_profile_id"
APPLICATION_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")

Resource: TypeAlias = Mapping[str, Any]


class TelnyxConsole(Console):
    """What stands under *Numbers* and *Voice API applications*, by the REST interface."""

    name: ClassVar[str] = "telnyx"
    tells: ClassVar[tuple[str, ...]] = ("connection_id", "public_key")

    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        self._connection_id = credentials.get("connection_id", "")
        self._wire = Wire(
            self.name,
            f"{api_base_url or API_ROOT}/v2",
            auth=Bearer(credentials.get("api_key", "")),
            read_fault=read_fault,
        )

    @override
    def identify(self) -> Holder:
        key = self._one("/public_key")
        return Holder(
            name=text(key.get("organization_id")), tells={"public_key": text(key.get("public"))}
        )

    @override
    def numbers(self) -> list[CarrierNumber]:
        return [
            CarrierNumber(number=text(number.get("phone_number")), voice=_is_active(number))
            for number in self._list("/phone_numbers", ("page[size]", MOST_LISTED))
        ]

    @override
    def survey(self, number: str, addresses: Addresses) -> Survey:
        found = self._find(number)
        if found is None:
            return Survey(number=number, owned=False, voice=False)
        ours = self._application(found, addresses)
        entries = self._entries(found, ours, addresses)
        return Survey(
            number=number,
            owned=True,
            voice=_is_active(found),
            entries=entries,
            notes=self._notes(found, ours, entries),
        )

    @override
    def connect(self, number: str, addresses: Addresses) -> Mapping[str, str]:
        found = self._find(number)
        if found is None:
            raise not_ours(number, self.name)
        ours = self._application(found, addresses)
        changes = {
            entry.name: entry.wanted
            for entry in self._entries(found, ours, addresses)
            if entry.differs and entry.name != CONNECTION
        }
        connection_id = text(ours.get("id"))
        if not ours:
            connection_id = self._create(number, changes)
        elif changes:
            self._wire.change_json(_path(ours), _body(changes, ours, addresses))
        if text(found.get("connection_id")) != connection_id:
            path = f"/phone_numbers/{text(found.get('id'))}"
            self._wire.change_json(path, {"connection_id": connection_id})
        return {} if connection_id == self._connection_id else {"connection_id": connection_id}

    def _one(self, path: str) -> Resource:
        reply = self._wire.get(path)
        resource = reply.body.get("data")
        if not isinstance(resource, Mapping):
            message = f"{self.name} answered without what it was asked for"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return resource

    def _list(self, path: str, *params: tuple[str, str]) -> list[Resource]:
        reply = self._wire.get(path, params)
        listed = reply.body.get("data")
        if not isinstance(listed, list):
            message = f"{self.name} did not list what the account has"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return listed

    def _find(self, number: str) -> Resource | None:
        # The filter finds parts of numbers, and takes nothing but digits.
        listed = self._list("/phone_numbers", ("filter[phone_number]", number.removeprefix("+")))
        return next((one for one in listed if one.get("phone_number") == number), None)

    def _application(self, found: Resource, addresses: Addresses) -> Resource:
        """The application that is to have the number; empty where it is to be made.

        Others may share the one that the number is connected to: it is left alone unless it is
        ours, or the settings name it.
        """
        configured = self._get(self._connection_id)
        if configured:
            return configured
        wanted = application_name(text(found.get("phone_number")))
        now = self._get(text(found.get("connection_id")))
        if now.get("application_name") == wanted or now.get("webhook_event_url") == (
            addresses.answer
        ):
            return now
        listed = self._list(
            "/call_control_applications", ("filter[application_name][contains]", wanted)
        )
        return next((one for one in listed if one.get("application_name") == wanted), {})

    def _get(self, connection_id: str) -> Resource:
        if not APPLICATION_ID.fullmatch(connection_id):
            return {}
        try:
            return self._one(f"/call_control_applications/{connection_id}")
        except ProviderRejectedError as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise
            return {}

    def _create(self, number: str, changes: Mapping[str, str]) -> str:
        body = {"application_name": application_name(number), **_typed(changes, {})}
        reply = self._wire.post_json("/call_control_applications", body)
        connection_id = text((reply.body.get("data") or {}).get("id"))
        if not connection_id:
            message = f"{self.name} made an application and did not say which it is"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return connection_id

    def _entries(self, found: Resource, ours: Resource, addresses: Addresses) -> tuple[Entry, ...]:
        profile = text((ours.get("outbound") or {}).get(PROFILE))
        wanted = {
            "active": "true",
            "webhook_event_url": addresses.answer,
            # All events are taken at each of our doors.
            "webhook_event_failover_url": addresses.status,
            "webhook_api_version": "2",
            "webhook_timeout_secs": str(WEBHOOK_TIMEOUT_SECS),
        }
        return (
            _connection(found, ours),
            *(
                Entry(name=name, found=text(ours.get(name)), wanted=value)
                for name, value in wanted.items()
            ),
            Entry(name=PROFILE, found=profile, wanted=profile or self._profile()),
        )

    def _profile(self) -> str:
        """The profile to dial with: the first that may be used."""
        listed = self._list("/outbound_voice_profiles", ("sort", "created_at"))
        return next((text(one.get("id")) for one in listed if one.get("enabled", True)), "")

    def _notes(
        self, found: Resource, ours: Resource, entries: tuple[Entry, ...]
    ) -> tuple[str, ...]:
        notes = []
        if self._connection_id and text(ours.get("id")) != self._connection_id:
            notes.append("connection_id is no Call Control application here: another is taken")
        if not entries[-1].wanted:
            notes.append("there is no outbound voice profile: make one, or no call can be placed")
        if ours and any(entry.differs for entry in entries[1:]):
            shared = self._list("/phone_numbers", ("filter[connection_id]", text(ours.get("id"))))
            others = sum(one.get("phone_number") != found.get("phone_number") for one in shared)
            if others:
                notes.append(f"so will {others} more of your numbers: they share the application")
        return tuple(notes)


def _connection(found: Resource, ours: Resource) -> Entry:
    number = text(found.get("phone_number"))
    wanted = text(ours.get("application_name")) or application_name(number)
    now = text(found.get("connection_id"))
    if ours and now == text(ours.get("id")):
        return Entry(name=CONNECTION, found=wanted, wanted=wanted)
    named = text(found.get("connection_name")) or now
    return Entry(name=CONNECTION, found=f"{named} ({now})" if now else "", wanted=wanted)


def _body(changes: Mapping[str, str], ours: Resource, addresses: Addresses) -> dict[str, Any]:
    """What is to be changed, and what Telnyx wants to be told each time."""
    required = {
        "application_name": text(ours.get("application_name")),
        "webhook_event_url": addresses.answer,
    }
    return required | _typed(changes, ours.get("outbound") or {})


def _typed(changes: Mapping[str, str], outbound: Resource) -> dict[str, Any]:
    typed: dict[str, Any] = dict(changes)
    if "active" in typed:
        typed["active"] = True
    if "webhook_timeout_secs" in typed:
        typed["webhook_timeout_secs"] = WEBHOOK_TIMEOUT_SECS
    if PROFILE in typed:
        profile = {PROFILE: typed.pop(PROFILE)}
        typed["outbound"] = {k: v for k, v in outbound.items() if v is not None} | profile
    return typed


def _path(application: Resource) -> str:
    return f"/call_control_applications/{text(application.get('id'))}"


def _is_active(number: Resource) -> bool:
    return number.get("status") == "active"
