"""What a request to create a call may ask of Twilio, checked field by field.

https://www.twilio.com/docs/voice/api/call-resource, error codes from
https://www.twilio.com/docs/api/errors; what has no code of its own there gets 20001.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from moltis.carriers.addresses import is_address
from moltis.carriers.document_runner import Source
from moltis.carriers.exchange import Pairs
from moltis.carriers.twilio_call import (
    DETECTIONS,
    LONGEST_CALL_SECS,
    LONGEST_RING_SECS,
    TwilioOrder,
)

BAD_PARAMETER: Final = 20001
BAD_URL: Final = 21205
BAD_DIGITS: Final = 21206
BAD_TIMEOUT: Final = 21208
BAD_METHOD: Final = 21209
NO_TO: Final = 21201
BAD_TO: Final = 21211
BAD_FROM: Final = 21212
NO_FROM: Final = 21213
BAD_STATUS_URL: Final = 21609

SHORTEST_LIMIT_SECS: Final = 60
DEFAULT_RING_SECS: Final = 60
LONGEST_TWIML: Final = 4000

_EVENT: Final = "StatusCallbackEvent"
_EVENTS: Final = frozenset({"initiated", "ringing", "answered", "completed"})
_FIELDS: Final = frozenset(
    {
        "To", "From", "Url", "Method", "Twiml", "FallbackUrl", "FallbackMethod", "StatusCallback",
        "StatusCallbackMethod", _EVENT, "Timeout", "TimeLimit", "SendDigits", "MachineDetection",
    }
)  # fmt: skip
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGITS: Final = re.compile(r"[0-9*#wW]{1,32}")


class BadParameterError(Exception):
    """A parameter is missing, wrong or not simulated; *code* is Twilio's for it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCall:
    """Who is to be called, with which number shown, and how."""

    to_number: str
    from_number: str
    order: TwilioOrder


def read_order(form: Pairs) -> AskedCall:
    """Read the *form* of a request that creates a call.

    Raises:
        BadParameterError: it cannot be taken; the first reason found.
    """
    values = single_values(form, _FIELDS, repeated=_EVENT)
    to_number = _number(values, "To", missing=NO_TO, wrong=BAD_TO)
    from_number = _number(values, "From", missing=NO_FROM, wrong=BAD_FROM)
    return AskedCall(
        to_number=to_number,
        from_number=from_number,
        order=TwilioOrder(
            document=_document(values),
            fallback=_fallback(values),
            status_url=_address(values, "StatusCallback", BAD_STATUS_URL),
            status_method=_method(values, "StatusCallbackMethod"),
            status_events=_events(form),
            ring_secs=_seconds(
                values, "Timeout", DEFAULT_RING_SECS, range(1, LONGEST_RING_SECS + 1), BAD_TIMEOUT
            ),
            longest_secs=_seconds(
                values,
                "TimeLimit",
                LONGEST_CALL_SECS,
                range(SHORTEST_LIMIT_SECS, LONGEST_CALL_SECS + 1),
                BAD_PARAMETER,
            ),
            send_digits=_digits(values),
            machine_detection=_machine_detection(values),
        ),
    )


def single_values(form: Pairs, known: Iterable[str], *, repeated: str = "") -> dict[str, str]:
    """Give *form* as a mapping; fields that are not *known* or come twice are refused.

    Raises:
        BadParameterError: there are such fields.
    """
    known = frozenset(known)
    for name, times in Counter(name for name, _ in form).items():
        if name not in known:
            message = f"the simulated Twilio does not know the parameter {name!r} here"
            raise BadParameterError(BAD_PARAMETER, message)
        if times > 1 and name != repeated:
            message = f"the parameter {name!r} is given {times} times"
            raise BadParameterError(BAD_PARAMETER, message)
    return dict(form)


def _number(values: Mapping[str, str], name: str, *, missing: int, wrong: int) -> str:
    number = values.get(name, "")
    if not number:
        raise BadParameterError(missing, f"No '{name}' number is specified")
    if not _NUMBER.fullmatch(number):
        message = f"The '{name}' number {number} is not a valid phone number."
        raise BadParameterError(wrong, message)
    return number


def _document(values: Mapping[str, str]) -> Source:
    url, twiml = _address(values, "Url", BAD_URL), values.get("Twiml", "")
    if not url and not twiml:
        raise BadParameterError(BAD_URL, "Url parameter is required.")
    if len(twiml) > LONGEST_TWIML:
        message = f"Twiml holds {len(twiml)} characters, more than {LONGEST_TWIML}"
        raise BadParameterError(BAD_PARAMETER, message)
    method = _method(values, "Method")
    return Source(url=url, method=method) if url else Source(text=twiml)


def _fallback(values: Mapping[str, str]) -> Source | None:
    url = _address(values, "FallbackUrl", BAD_URL)
    method = _method(values, "FallbackMethod")
    return Source(url=url, method=method) if url else None


def _address(values: Mapping[str, str], name: str, code: int) -> str:
    address = values.get(name, "")
    if name in values and not is_address(address):
        raise BadParameterError(code, f"{name} is not a valid URL: {address}")
    return address


def _method(values: Mapping[str, str], name: str) -> str:
    method = values.get(name, "POST")
    if method not in {"GET", "POST"}:
        raise BadParameterError(BAD_METHOD, f"{name} must be GET or POST, not {method}")
    return method


def _events(form: Pairs) -> frozenset[str]:
    events = frozenset(value for name, value in form if name == _EVENT)
    unknown = sorted(events - _EVENTS)
    if unknown:
        raise BadParameterError(BAD_PARAMETER, f"{_EVENT} does not know {', '.join(unknown)}")
    return events or frozenset({"completed"})


def _seconds(values: Mapping[str, str], name: str, default: int, allowed: range, code: int) -> int:
    text = values.get(name, str(default))
    if not (text.isascii() and text.isdecimal() and int(text) in allowed):
        message = f"{name} must be from {allowed.start} to {allowed.stop - 1}, not {text}"
        raise BadParameterError(code, message)
    return int(text)


def _digits(values: Mapping[str, str]) -> str:
    digits = values.get("SendDigits", "")
    if "SendDigits" in values and not _DIGITS.fullmatch(digits):
        raise BadParameterError(BAD_DIGITS, f"SendDigits does not take {digits}")
    return digits


def _machine_detection(values: Mapping[str, str]) -> str:
    wanted = values.get("MachineDetection", "")
    if "MachineDetection" in values and wanted not in DETECTIONS:
        message = f"MachineDetection must be one of {', '.join(DETECTIONS)}, not {wanted}"
        raise BadParameterError(BAD_PARAMETER, message)
    return wanted
