"""What stands at the simulated Twilio about a number and an account, and how it is changed.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
https://www.twilio.com/docs/iam/api/account
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import md5
from typing import Any, Final, Self

from moltis.carriers.addresses import is_address
from moltis.carriers.document_call import ApiAccount
from moltis.carriers.document_runner import Source
from moltis.carriers.exchange import Pairs
from moltis.carriers.network import OwnedNumber
from moltis.carriers.twilio_call import TwilioOrder
from moltis.carriers.twilio_orders import BAD_PARAMETER, BadParameterError, single_values
from moltis.carriers.twilio_webhooks import API_VERSION, rfc2822

BAD_CALLBACK: Final = 21502
"""https://www.twilio.com/docs/api/errors/21502"""

_LONGEST_NAME: Final = 64


def _any_address(value: str) -> str:
    return "" if not value or is_address(value) else "is not a valid URL"


def _method(value: str) -> str:
    return "" if value in {"GET", "POST"} else "must be GET or POST"


def _sid(prefix: str) -> Callable[[str], str]:
    pattern = re.compile(f"(?:{prefix}[0-9a-f]{{32}})?")
    return lambda value: "" if pattern.fullmatch(value) else f"is not a sid that begins {prefix}"


def _name(value: str) -> str:
    return "" if len(value) <= _LONGEST_NAME else f"holds more than {_LONGEST_NAME} characters"


def _mode(value: str) -> str:
    return "" if value in {"voice", "fax"} else "must be voice or fax"


@dataclass(frozen=True, slots=True)
class _Field:
    """What is written by one name and read by another; *fault* says what is wrong with a value."""

    shown: str
    fault: Callable[[str], str]
    code: int = BAD_PARAMETER


_FIELDS: Final[Mapping[str, _Field]] = {
    "FriendlyName": _Field("friendly_name", _name),
    "VoiceUrl": _Field("voice_url", _any_address, BAD_CALLBACK),
    "VoiceMethod": _Field("voice_method", _method),
    "VoiceFallbackUrl": _Field("voice_fallback_url", _any_address, BAD_CALLBACK),
    "VoiceFallbackMethod": _Field("voice_fallback_method", _method),
    "StatusCallback": _Field("status_callback", _any_address, BAD_CALLBACK),
    "StatusCallbackMethod": _Field("status_callback_method", _method),
    "SmsUrl": _Field("sms_url", _any_address, BAD_CALLBACK),
    "SmsMethod": _Field("sms_method", _method),
    "VoiceApplicationSid": _Field("voice_application_sid", _sid("AP")),
    "TrunkSid": _Field("trunk_sid", _sid("TK")),
    "VoiceReceiveMode": _Field("voice_receive_mode", _mode),
}
_EITHER: Final = {"VoiceApplicationSid": "TrunkSid", "TrunkSid": "VoiceApplicationSid"}
"""Setting the one forgets the other."""


@dataclass(slots=True, eq=False)
class TwilioNumber:
    """A number as the console has it."""

    owned: OwnedNumber
    sid: str
    values: Mapping[str, str]
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def adopted(cls, owned: OwnedNumber) -> Self:
        """The record of a number that we were just given."""
        methods = {name: "POST" for name in _FIELDS if name.endswith("Method")}
        values = dict.fromkeys(_FIELDS, "") | methods
        values |= {
            "FriendlyName": owned.number,
            "VoiceUrl": owned.voice_url,
            "VoiceFallbackUrl": owned.fallback_url,
            "StatusCallback": owned.status_url,
            "VoiceReceiveMode": "voice",
        }
        name = f"{owned.credentials['account_sid']}{owned.number}"
        return cls(owned, f"PN{md5(name.encode(), usedforsecurity=False).hexdigest()}", values)

    @property
    def order(self) -> TwilioOrder:
        """What is done when the number is called: a trunk or an application takes it elsewhere."""
        values = self.values
        if values["VoiceApplicationSid"] or values["TrunkSid"]:
            return TwilioOrder(document=Source(url=""))
        fallback = Source(url=values["VoiceFallbackUrl"], method=values["VoiceFallbackMethod"])
        # For a number, Twilio reports the end of a call and nothing before.
        return TwilioOrder(
            document=Source(url=values["VoiceUrl"], method=values["VoiceMethod"]),
            fallback=fallback if fallback.url else None,
            status_url=values["StatusCallback"],
            status_method=values["StatusCallbackMethod"],
        )

    def update(self, form: Pairs) -> None:
        """Change what *form* names.

        Raises:
            BadParameterError: something in it cannot be.
        """
        changes = single_values(form, _FIELDS)
        for name, value in changes.items():
            fault = _FIELDS[name].fault(value)
            if fault:
                raise BadParameterError(_FIELDS[name].code, f"{name} {fault}: {value}")
        forgotten = {other: "" for name, other in _EITHER.items() if changes.get(name)}
        self.values = {**self.values, **forgotten, **changes}
        self.updated_at = datetime.now(UTC)

    def resource(self) -> dict[str, Any]:
        """Describe it in Twilio's fields."""
        account_sid = self.owned.credentials["account_sid"]
        uri = f"/{API_VERSION}/Accounts/{account_sid}/IncomingPhoneNumbers/{self.sid}.json"
        values = {
            kept.shown: self.values[name] or (None if name in _EITHER else "")
            for name, kept in _FIELDS.items()
        }
        return {
            "sid": self.sid,
            "account_sid": account_sid,
            "phone_number": self.owned.number,
            "api_version": API_VERSION,
            "capabilities": {"voice": self.owned.voice, "sms": True, "mms": True, "fax": False},
            "date_created": rfc2822(self.created_at),
            "date_updated": rfc2822(self.updated_at),
            "address_requirements": "none",
            "beta": False,
            "emergency_status": "Inactive",
            "emergency_address_status": "unregistered",
            "origin": "twilio",
            "sms_fallback_method": "POST",
            "sms_fallback_url": "",
            "status": "in-use",
            "voice_caller_id_lookup": False,
            "uri": uri,
            **dict.fromkeys(_NOTHING),
            **values,
        }


_NOTHING: Final = (
    "address_sid", "bundle_sid", "emergency_address_sid", "identity_sid", "sms_application_sid",
)  # fmt: skip


def account_resource(account: ApiAccount) -> dict[str, Any]:
    """Describe *account* in Twilio's fields; the token is told to whoever has it."""
    path = f"/{API_VERSION}/Accounts/{account.name}"
    now = rfc2822(datetime.now(UTC))
    return {
        "sid": account.name,
        "friendly_name": "A simulated account",
        "status": "active",
        "type": "Full",
        "auth_token": account.auth_token,
        "owner_account_sid": account.name,
        "date_created": now,
        "date_updated": now,
        "uri": f"{path}.json",
        "subresource_uris": {
            "calls": f"{path}/Calls.json",
            "incoming_phone_numbers": f"{path}/IncomingPhoneNumbers.json",
        },
    }
