"""Twilio's requests to the gateway: their fields, and the signature over them.

https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import hmac
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import urldefrag, urlencode

import requests

from moltis.carriers.courier import Delivery, Repetition
from moltis.carriers.exchange import Pairs
from moltis.carriers.record import Direction, SimulatedCall

API_VERSION: Final = "2010-04-01"
USER_AGENT: Final = "TwilioProxy/1.1 (simulated)"
ENDED: Final = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
EVENTS: Final = {"initiated": "initiated", "ringing": "ringing", "in-progress": "answered"}
"""Their word for a state of the call → the event that one asks for; all others: completed."""
DIRECTIONS: Final = {Direction.INBOUND: "inbound", Direction.OUTBOUND: "outbound-api"}
_PLACES: Final = ("City", "State", "Zip", "Country")


def signature(auth_token: str, url: str, form: Pairs) -> str:
    """Sign a request to *url* with *form*: the address, then each field and value, sorted."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(auth_token.encode(), signed.encode(), "sha1")).decode()


def signed_request(
    auth_token: str, url: str, form: Pairs, *, method: str = "POST", token: str = ""
) -> Delivery:
    """Make the request that brings *form* to *url*; *token* is the same in each repetition."""
    # What is signed is the address as it goes over the wire: normalised, without the fragment.
    address = urldefrag(requests.Request("POST", url).prepare().url or url).url
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "I-Twilio-Idempotency-Token": token}
    if method == "GET":
        address += ("&" if "?" in address else "?") + urlencode(form)
        signed: Pairs = ()
        body = b""
    else:
        signed = form
        body = urlencode(form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
    headers["X-Twilio-Signature"] = signature(auth_token, address, signed)
    repetition = Repetition().of(url)
    return Delivery(url=address, method=method, headers=headers, body=body, repetition=repetition)


def voice_form(call: SimulatedCall, account_sid: str, *more: tuple[str, str]) -> Pairs:
    """The fields of every request for a document, and *more*."""
    parties = {"From": call.from_number, "To": call.to_number}
    doubles = {"Caller": call.from_number, "Called": call.to_number}
    # Twilio knows no place for most numbers: the fields are there all the same, and empty.
    places = [(f"{who}{place}", "") for who in (*parties, *doubles) for place in _PLACES]
    return (
        ("CallSid", call.sid),
        ("AccountSid", account_sid),
        *parties.items(),
        *doubles.items(),
        ("CallStatus", call.status),
        ("ApiVersion", API_VERSION),
        ("Direction", DIRECTIONS[call.direction]),
        *places,
        *more,
    )


def status_form(
    call: SimulatedCall, account_sid: str, status: str, sequence: int, sip_code: str
) -> Pairs:
    """The fields of the report that *call* has reached *status*."""
    fields = dict(voice_form(call, account_sid)) | {
        "CallStatus": status,
        "Timestamp": rfc2822(datetime.now(UTC)),
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(sequence),
    }
    if status in ENDED:
        minutes = -(-call.duration_secs // 60)
        fields |= {"CallDuration": str(call.duration_secs), "Duration": str(minutes)}
    if sip_code:
        fields["SipResponseCode"] = sip_code
    return tuple(fields.items())


def rfc2822(moment: datetime) -> str:
    """Write *moment* as Twilio does."""
    return format_datetime(moment)
