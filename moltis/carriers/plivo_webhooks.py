"""Plivo's requests to the gateway: their fields, and the signature over them.

https://www.plivo.com/docs/voice/concepts/signature-validation
"""

import hmac
from base64 import b64encode
from datetime import datetime, timedelta
from secrets import choice
from typing import Final
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit

import requests

from moltis.carriers.courier import Delivery, Repetition
from moltis.carriers.exchange import Pairs
from moltis.carriers.record import Direction, SimulatedCall

USER_AGENT: Final = "Plivo-Callback (simulated)"
BILL_RATE: Final = "0.0055"
NONCE_DIGITS: Final = 20

# https://www.plivo.com/docs/voice/troubleshooting/hangup-causes
HANGUPS: Final = {
    "1000": ("ORIGINATOR_CANCEL", "Cancelled", "API Request"),
    "3000": ("NO_ANSWER", "No Answer", "Callee"),
    "3010": ("USER_BUSY", "Busy Line", "Callee"),
    "3020": ("CALL_REJECTED", "Rejected", "Callee"),
    "3050": ("UNALLOCATED_NUMBER", "Unallocated Number", "Carrier"),
    "4000": ("NORMAL_CLEARING", "Normal Hangup", "Callee"),
    "4010": ("NORMAL_CLEARING", "End Of XML Instructions", "Plivo"),
    "6000": ("ALLOTTED_TIMEOUT", "Scheduled Hangup", "Plivo"),
    "6010": ("NO_ANSWER", "Ring Timeout Reached", "Plivo"),
    "7011": ("NORMAL_CLEARING", "Error Reaching Answer URL", "Error"),
    "7012": ("NORMAL_CLEARING", "Error Reaching Action URL", "Error"),
    "7013": ("NORMAL_CLEARING", "Error Reaching Transfer URL", "Error"),
    "7014": ("NORMAL_CLEARING", "Error Reaching Redirect URL", "Error"),
    "8011": ("NORMAL_CLEARING", "Invalid Answer XML", "Error"),
    "8012": ("NORMAL_CLEARING", "Invalid Action XML", "Error"),
    "8013": ("NORMAL_CLEARING", "Invalid Transfer XML", "Error"),
    "8014": ("NORMAL_CLEARING", "Invalid Redirect XML", "Error"),
}
"""Codes of ends → the telephony cause, Plivo's name for it, and who is usually behind it."""


def signature(auth_token: str, method: str, url: str, form: Pairs, nonce: str) -> str:
    """Sign a request to *url* with *form*, by the third version of the scheme."""
    address = urlsplit(url)
    text = f"{address.scheme}://{address.netloc}{address.path}"
    query = sorted(parse_qsl(address.query, keep_blank_values=True))
    fields = sorted(form) if method == "POST" else []
    if query or fields:
        text += "?" + "&".join(f"{name}={value}" for name, value in query)
    if query and fields:
        text += "."
    text += "".join(f"{name}{value}" for name, value in fields)
    digest = hmac.digest(auth_token.encode(), f"{text}.{nonce}".encode(), "sha256")
    return b64encode(digest).decode()


def signed_request(auth_token: str, url: str, form: Pairs, *, method: str = "POST") -> Delivery:
    """Make the request that brings *form* to *url*, with a nonce of its own."""
    # The fragment holds settings for Plivo itself, and is neither sent nor signed.
    address = urldefrag(requests.Request("POST", url).prepare().url or url).url
    nonce = "".join(choice("0123456789") for _ in range(NONCE_DIGITS))
    headers = {"User-Agent": USER_AGENT, "X-Plivo-Signature-V3-Nonce": nonce}
    body = b""
    if method == "GET":
        address += ("&" if "?" in address else "?") + urlencode(form)
    else:
        body = urlencode(form).encode()
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    signed = signature(auth_token, method, address, form, nonce)
    # A main account signs twice alike; a subaccount's calls are signed by its main account, too.
    headers |= {"X-Plivo-Signature-V3": signed, "X-Plivo-Signature-Ma-V3": signed}
    repetition = Repetition(after=frozenset({"ct", "rt"})).of(url)
    return Delivery(url=address, method=method, headers=headers, body=body, repetition=repetition)


def call_form(call: SimulatedCall, auth_id: str, event: str, *more: tuple[str, str]) -> Pairs:
    """The fields of every request about *call*, and *more*."""
    fields = {
        "CallUUID": call.sid,
        "From": bare(call.from_number),
        "To": bare(call.to_number),
        "Direction": str(call.direction),
        "CallStatus": call.status,
        "Event": event,
        "BillRate": BILL_RATE,
        "ParentAuthID": auth_id,
        "SessionStart": call.created_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
    }
    if call.direction is Direction.OUTBOUND:
        fields |= dict.fromkeys(("RequestUUID", "ALegUUID", "ALegRequestUUID"), call.sid)
    else:
        fields |= {"CallerName": bare(call.from_number), "ForwardedFrom": ""}
    return (*fields.items(), *more)


def hangup_form(call: SimulatedCall, auth_id: str, code: str) -> Pairs:
    """The fields of the report that *call* is over, for the reason *code*."""
    cause, name, source = HANGUPS[code]
    minutes = -(-call.duration_secs // 60)
    ended = call.ended_at or call.created_at
    return call_form(
        call,
        auth_id,
        "Hangup",
        ("HangupCause", cause),
        ("HangupCauseCode", code),
        ("HangupCauseName", name),
        ("HangupSource", source),
        ("StartTime", local_time(call.created_at)),
        ("AnswerTime", local_time(call.answered_at) if call.answered_at else ""),
        ("EndTime", local_time(ended)),
        ("Duration", str(call.duration_secs)),
        ("BillDuration", str(minutes * 60)),
        ("TotalCost", f"{float(BILL_RATE) * minutes:.5f}"),
    )


def bare(number: str) -> str:
    """Write *number* as Plivo does: without the plus sign."""
    return number.removeprefix("+")


def local_time(moment: datetime) -> str:
    """Write *moment* as Plivo does: in the time of some console, and without saying so."""
    return (moment + timedelta(hours=5, minutes=30)).strftime("%Y-%m-%d %H:%M:%S")
