"""Plivo: the addresses stand in an application, and the number names it.

Numbers https://www.plivo.com/docs/numbers/api/account-phone-number
Applications https://www.plivo.com/docs/account/api/application
Signatures https://www.plivo.com/docs/voice/concepts/signature-validation
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, urlsplit

from chalicelib.errors import ProviderRejectedError, ProviderUncertainError
from chalicelib.overriding import override
from chalicelib.providers.faults import read_fault
from chalicelib.providers.plivo import API_ROOT, NONCE_HEADER, SIGNATURE_HEADER
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

PAGE: Final = 20
"""Plivo lists so many things at once."""
MOST_PAGES: Final = 10
"""Nobody wants to choose among more."""
APPLICATION: Final = "application"


class PlivoConsole(Console):
    """What stands under *Phone Numbers* and *XML Applications*, by the REST interface."""

    name: ClassVar[str] = "plivo"

    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        auth_id = credentials.get("auth_id", "")
        self._auth_token = credentials.get("auth_token", "")
        self._account = f"/v1/Account/{auth_id}/"
        self._wire = Wire(
            self.name,
            api_base_url or API_ROOT,
            auth=(auth_id, self._auth_token),
            read_fault=read_fault,
        )

    @override
    def identify(self) -> Holder:
        return Holder(name=text(self._wire.get(self._account).body.get("name")))

    @override
    def numbers(self) -> list[CarrierNumber]:
        return [
            CarrierNumber(
                number=f"+{text(number.get('number')).removeprefix('+')}",
                voice=bool(number.get("voice_enabled")),
            )
            for number in self._list("Number/")
        ]

    @override
    def survey(self, number: str, addresses: Addresses) -> Survey:
        found = self._find(number)
        if found is None:
            return Survey(number=number, owned=False, voice=False)
        now, ours = self._applications(found, number, addresses)
        return Survey(
            number=number,
            owned=True,
            voice=bool(found.get("voice_enabled")),
            entries=_entries(now, ours, number, addresses),
            notes=_notes(ours),
        )

    @override
    def connect(self, number: str, addresses: Addresses) -> Mapping[str, str]:
        found = self._find(number)
        if found is None:
            raise not_ours(number, self.name)
        now, ours = self._applications(found, number, addresses)
        app_id = text(ours.get("app_id")) or self._create(now, number, addresses)
        changes = {
            entry.name: entry.wanted
            for entry in _entries(now, ours, number, addresses)
            if entry.differs and entry.name != APPLICATION
        }
        if ours and changes:
            self._wire.repeat_json(f"{self._account}Application/{app_id}/", changes)
        if app_id != text(now.get("app_id")):
            self._wire.repeat_json(f"{self._account}Number/{_bare(number)}/", {"app_id": app_id})
        return {}

    @override
    def sign(
        self, url: str, form: Sequence[tuple[str, str]], nonce: str
    ) -> Mapping[str, str] | None:
        address, fields = urlsplit(url), sorted(form)
        query = sorted(parse_qsl(address.query, keep_blank_values=True))
        signed = address._replace(query="", fragment="").geturl()
        if query or fields:
            signed += "?" + "&".join(f"{key}={value}" for key, value in query)
        if query and fields:
            signed += "."
        signed += "".join(key + value for key, value in fields) + f".{nonce}"
        digest = hmac.digest(self._auth_token.encode(), signed.encode(), "sha256")
        return {SIGNATURE_HEADER: b64encode(digest).decode(), NONCE_HEADER: nonce}

    def _find(self, number: str) -> Mapping[str, Any] | None:
        return self._get(f"Number/{_bare(number)}/")

    def _get(self, path: str) -> Mapping[str, Any] | None:
        try:
            return self._wire.get(f"{self._account}{path}").body
        except ProviderRejectedError as error:
            if error.status_code != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _list(self, path: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for page in range(MOST_PAGES):
            params = [("limit", str(PAGE)), ("offset", str(page * PAGE))]
            reply = self._wire.get(f"{self._account}{path}", params)
            listed = reply.body.get("objects")
            if not isinstance(listed, list):
                message = f"{self.name} did not list what the account has"
                raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
            found += listed
            if not (reply.body.get("meta") or {}).get("next"):
                break
        return found

    def _applications(
        self, found: Mapping[str, Any], number: str, addresses: Addresses
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The application that the number names now, and the one to name; empty where none is.

        Others may share the one that is named now: it is left alone unless it is ours.
        """
        named = text(found.get("application")).rstrip("/").rsplit("/", 1)[-1]
        now = (self._get(f"Application/{named}/") if named else None) or {}
        wanted = application_name(number)
        if now.get("app_name") == wanted or now.get("answer_url") == addresses.answer:
            return now, now
        others = self._list("Application/")
        return now, next((one for one in others if one.get("app_name") == wanted), {})

    def _create(self, now: Mapping[str, Any], number: str, addresses: Addresses) -> str:
        # Messages to the number go on to wherever they went.
        kept = {name: now[name] for name in ("message_url", "message_method") if now.get(name)}
        body = {"app_name": application_name(number), **_wanted(addresses), **kept}
        reply = self._wire.post_json(f"{self._account}Application/", body)
        app_id = text(reply.body.get("app_id"))
        if not app_id:
            message = f"{self.name} made an application and did not say which it is"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return app_id


def _wanted(addresses: Addresses) -> dict[str, str]:
    return {
        "answer_url": addresses.answer,
        "answer_method": "POST",
        "hangup_url": addresses.status,
        "hangup_method": "POST",
        # Asked again where the first answer failed; the call and its greeting stay the same.
        "fallback_answer_url": addresses.answer,
        "fallback_method": "POST",
    }


def _entries(
    now: Mapping[str, Any], ours: Mapping[str, Any], number: str, addresses: Addresses
) -> tuple[Entry, ...]:
    shown = ours or now
    named, wanted = (
        text(now.get("app_name")),
        text(ours.get("app_name")) or application_name(number),
    )
    return (
        Entry(name=APPLICATION, found=named, wanted=wanted),
        *(
            Entry(name=name, found=text(shown.get(name)), wanted=value)
            for name, value in _wanted(addresses).items()
        ),
    )


def _notes(ours: Mapping[str, Any]) -> tuple[str, ...]:
    if ours.get("enabled", True):
        return ()
    return (f"the application {text(ours.get('app_name'))} is disabled: enable it in the console",)


def _bare(number: str) -> str:
    return number.removeprefix("+")
