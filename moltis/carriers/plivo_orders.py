"""What a request to create a call may ask of Plivo, checked field by field.

https://www.plivo.com/docs/voice/api/call#make-a-call
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from moltis.carriers.addresses import is_address
from moltis.carriers.document_runner import Source
from moltis.carriers.plivo_call import (
    DEFAULT_CALL_SECS,
    DEFAULT_RING_SECS,
    LONGEST_CALL_SECS,
    Callback,
    PlivoOrder,
)

_FIELDS: Final = frozenset(
    {
        "from", "to", "answer_url", "answer_method", "ring_url", "ring_method", "hangup_url",
        "hangup_method", "fallback_url", "fallback_method", "ring_timeout", "time_limit",
        "caller_name", "send_digits", "machine_detection", "machine_detection_url",
        "machine_detection_method",
    }
)  # fmt: skip
_TRANSFER: Final = frozenset({"legs", "aleg_url", "aleg_method"})
_NUMBER: Final = re.compile(r"\+?([1-9][0-9]{6,14})")
_DIGITS: Final = re.compile(r"[0-9*#wW]{1,32}")
_LONGEST_NAME: Final = 50


class BadParameterError(Exception):
    """A parameter is missing, wrong or not simulated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCall:
    """Who is to be called, with which number shown, and how; both with their plus sign."""

    to_number: str
    from_number: str
    order: PlivoOrder


def read_order(values: Mapping[str, Any]) -> AskedCall:
    """Read the body of a request that creates a call.

    Raises:
        BadParameterError: it cannot be taken; the first reason found.

    """
    _check_names(values, _FIELDS)
    to_number, from_number = _number(values, "to"), _number(values, "from")
    if to_number == from_number:
        message = "src and destination cannot overlap"
        raise BadParameterError(message)
    if len(str(values.get("caller_name", ""))) > _LONGEST_NAME:
        message = f"caller_name has more than {_LONGEST_NAME} characters"
        raise BadParameterError(message)
    fallback = _callback(values, "fallback")
    return AskedCall(
        to_number=to_number,
        from_number=from_number,
        order=PlivoOrder(
            document=_source(_callback(values, "answer", required=True), "answer"),
            fallback=_source(fallback, "fallback") if fallback.url else None,
            ring=_callback(values, "ring"),
            hangup=_callback(values, "hangup"),
            ring_secs=_seconds(values, "ring_timeout", DEFAULT_RING_SECS),
            longest_secs=min(_seconds(values, "time_limit", DEFAULT_CALL_SECS), LONGEST_CALL_SECS),
            send_digits=_digits(values),
            machine=_machine(values),
        ),
    )


def read_transfer(values: Mapping[str, Any]) -> Source:
    """Read the body of a request that gives a live call another document.

    Raises:
        BadParameterError: it cannot be taken; the first reason found.

    """
    _check_names(values, _TRANSFER)
    if values.get("legs", "aleg") != "aleg":
        message = f"legs {values['legs']!r}: the simulated Plivo knows calls with one leg only"
        raise BadParameterError(message)
    return _source(_callback(values, "aleg", required=True), "transfer")


def _check_names(values: Mapping[str, Any], known: Iterable[str]) -> None:
    unknown = sorted(values.keys() - frozenset(known))
    if unknown:
        message = f"the simulated Plivo does not know the parameter {unknown[0]!r} here"
        raise BadParameterError(message)


def _number(values: Mapping[str, Any], name: str) -> str:
    number = values.get(name)
    if not number:
        message = f"{name} parameter not present"
        raise BadParameterError(message)
    match = _NUMBER.fullmatch(str(number))
    if match is None:
        message = f"{name} is not a valid phone number: {number}"
        raise BadParameterError(message)
    return f"+{match[1]}"


def _callback(values: Mapping[str, Any], name: str, *, required: bool = False) -> Callback:
    url, method = values.get(f"{name}_url", ""), values.get(f"{name}_method", "POST")
    if required and not url:
        message = f"{name}_url parameter not present"
        raise BadParameterError(message)
    if f"{name}_url" in values and not (isinstance(url, str) and is_address(url)):
        message = f"{name}_url is not a valid URL: {url}"
        raise BadParameterError(message)
    if method not in {"GET", "POST"}:
        message = f"{name}_method must be GET or POST, not {method}"
        raise BadParameterError(message)
    return Callback(url=url, method=method)


def _machine(values: Mapping[str, Any]) -> Callback:
    mode = values.get("machine_detection", "")
    if mode not in {"", "true"}:
        message = f"machine_detection {mode!r}: the simulated Plivo knows 'true' only"
        raise BadParameterError(message)
    return _callback(values, "machine_detection", required=bool(mode))


def _source(callback: Callback, purpose: str) -> Source:
    return Source(url=callback.url, method=callback.method, purpose=purpose)


def _seconds(values: Mapping[str, Any], name: str, default: int) -> int:
    text = str(values.get(name, default))
    if not (text.isascii() and text.isdecimal() and int(text) > 0):
        message = f"{name} must be a whole number of seconds, not {text}"
        raise BadParameterError(message)
    return int(text)


def _digits(values: Mapping[str, Any]) -> str:
    digits = values.get("send_digits", "")
    if "send_digits" in values and not _DIGITS.fullmatch(str(digits)):
        message = f"send_digits does not take {digits}"
        raise BadParameterError(message)
    return str(digits)
