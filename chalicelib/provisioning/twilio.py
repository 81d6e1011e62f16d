"""Twilio: the addresses stand on the number itself.

Numbers https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
Accounts https://www.twilio.com/docs/iam/api/account
Signatures https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from chalicelib.errors import ProviderUncertainError
from chalicelib.overriding import override
from chalicelib.providers.faults import read_fault
from chalicelib.providers.twilio import API_ROOT, SIGNATURE_HEADER
from chalicelib.providers.wire import Wire
from chalicelib.provisioning.base import (
    Addresses,
    CarrierNumber,
    Console,
    Entry,
    Holder,
    Survey,
    not_ours,
    text,
)

MOST_NUMBERS: Final = "1000"
TOKEN: Final = re.compile(r"[0-9a-f]{32}")

# What is called a url there is called by POST; an application or a trunk would make Twilio ignore
# them all, and faxes are not for us.
PARAMETERS: Final = {
    "voice_receive_mode": "VoiceReceiveMode",
    "voice_application_sid": "VoiceApplicationSid",
    "trunk_sid": "TrunkSid",
    "voice_url": "VoiceUrl",
    "voice_method": "VoiceMethod",
    "voice_fallback_url": "VoiceFallbackUrl",
    "voice_fallback_method": "VoiceFallbackMethod",
    "status_callback": "StatusCallback",
    "status_callback_method": "StatusCallbackMethod",
}
"""Their name for what stands there → their name for it when it is written."""


class TwilioConsole(Console):
    """What stands under *Phone Numbers*, by the REST interface."""

    name: ClassVar[str] = "twilio"

    def __init__(self, credentials: Mapping[str, str], api_base_url: str = "") -> None:
        account_sid = credentials.get("account_sid", "")
        self._auth_token = credentials.get("auth_token", "")
        self._account = f"/2010-04-01/Accounts/{account_sid}"
        self._wire = Wire(
            self.name,
            api_base_url or API_ROOT,
            auth=(account_sid, self._auth_token),
            read_fault=read_fault,
        )

    @override
    def identify(self) -> Holder:
        account = self._wire.get(f"{self._account}.json").body
        return Holder(
            name=text(account.get("friendly_name")), notes=(*self._account_notes(account),)
        )

    @override
    def numbers(self) -> list[CarrierNumber]:
        return [_carrier_number(number) for number in self._list(("PageSize", MOST_NUMBERS))]

    @override
    def survey(self, number: str, addresses: Addresses) -> Survey:
        found = self._find(number)
        if found is None:
            return Survey(number=number, owned=False, voice=False)
        return Survey(
            number=number,
            owned=True,
            voice=_carrier_number(found).voice,
            entries=_entries(found, addresses),
        )

    @override
    def connect(self, number: str, addresses: Addresses) -> Mapping[str, str]:
        found = self._find(number)
        if found is None:
            raise not_ours(number, self.name)
        form = [
            (PARAMETERS[entry.name], entry.wanted)
            for entry in _entries(found, addresses)
            if entry.differs
        ]
        if form:
            sid = text(found.get("sid"))
            self._wire.repeat_form(f"{self._account}/IncomingPhoneNumbers/{sid}.json", form)
        return {}

    @override
    def sign(
        self, url: str, form: Sequence[tuple[str, str]], nonce: str
    ) -> Mapping[str, str] | None:
        del nonce
        signed = url + "".join(key + value for key, value in sorted(set(form)))
        digest = hmac.digest(self._auth_token.encode(), signed.encode(), "sha1")
        return {SIGNATURE_HEADER: b64encode(digest).decode()}

    def _account_notes(self, account: Mapping[str, Any]) -> list[str]:
        notes = []
        status = text(account.get("status")) or "active"
        if status != "active":
            notes.append(f"the account is {status}: it makes and takes no calls")
        if account.get("type") == "Trial":
            notes.append("the account is a trial: it calls verified numbers only, 10 minutes long")
        primary = text(account.get("auth_token"))
        # Twilio may leave it out, or show it masked.
        if TOKEN.fullmatch(primary) and not hmac.compare_digest(primary, self._auth_token):
            notes.append("auth_token is not the primary one: no webhook would be signed with it")
        return notes

    def _list(self, *params: tuple[str, str]) -> list[Mapping[str, Any]]:
        reply = self._wire.get(f"{self._account}/IncomingPhoneNumbers.json", params)
        numbers = reply.body.get("incoming_phone_numbers")
        if not isinstance(numbers, list):
            message = f"{self.name} did not list the numbers of the account"
            raise ProviderUncertainError(message, provider=self.name, status_code=reply.status)
        return numbers

    def _find(self, number: str) -> Mapping[str, Any] | None:
        # The filter finds parts of numbers, too.
        listed = self._list(("PhoneNumber", number))
        return next((one for one in listed if one.get("phone_number") == number), None)


def _carrier_number(found: Mapping[str, Any]) -> CarrierNumber:
    capabilities = found.get("capabilities") or {}
    return CarrierNumber(
        number=text(found.get("phone_number")), voice=bool(capabilities.get("voice"))
    )


def _entries(found: Mapping[str, Any], addresses: Addresses) -> tuple[Entry, ...]:
    wanted = {
        "voice_receive_mode": "voice",
        "voice_application_sid": "",
        "trunk_sid": "",
        "voice_url": addresses.answer,
        "voice_method": "POST",
        # Asked again where the first answer failed; the call and its greeting stay the same.
        "voice_fallback_url": addresses.answer,
        "voice_fallback_method": "POST",
        "status_callback": addresses.status,
        "status_callback_method": "POST",
    }
    # Numbers that cannot fax know no mode at all.
    known = {"voice_receive_mode": "voice"} | {k: v for k, v in found.items() if v is not None}
    return tuple(
        Entry(name=name, found=text(known.get(name)), wanted=wanted[name]) for name in PARAMETERS
    )
