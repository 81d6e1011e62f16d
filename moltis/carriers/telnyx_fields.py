"""What each command of Telnyx takes, checked field by field; what is not simulated is refused.

https://developers.telnyx.com/api-reference/call-commands, codes from
https://developers.telnyx.com/development/api-fundamentals/api-errors; a wrong value that has no
code of its own there gets 10015.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from chalicelib.overriding import override
from moltis.carriers.addresses import is_address

Body = Mapping[str, Any]

BAD_URL: Final = ("10003", "Invalid URL")
MISSING: Final = ("10004", "Missing required parameter")
BAD_REQUEST: Final = ("10015", "Bad Request")
BAD_NUMBER: Final = ("10016", "Phone number must be in +E.164 format")

LONGEST_PAYLOAD: Final = 3000
LONGEST_CALL_SECS: Final = 14400
LONGEST_RING_SECS: Final = 600
LONGEST_ADDRESS: Final = 2000


class TelnyxError(Exception):
    """The request is refused, with Telnyx's *code* and *title* for it."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        parameter: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.title = title
        self.parameter = parameter

    @override
    def __str__(self) -> str:
        return str(self.args[0])


def bad(error: tuple[str, str], detail: str, parameter: str = "") -> TelnyxError:
    """Make the refusal of a *parameter* that is not as it should be."""
    return TelnyxError(HTTPStatus.UNPROCESSABLE_ENTITY, *error, detail, parameter=parameter)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One parameter: which values *fit*, and what is *wanted* in words."""

    fits: Callable[[Any], bool]
    wanted: str
    error: tuple[str, str] = BAD_REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The parameters of one command."""

    fields: Mapping[str, Field]
    required: tuple[str, ...] = ()
    rules: tuple[Callable[[Body], None], ...] = field(default=())
    """What no single parameter can tell."""

    def check(self, body: Body) -> None:
        """Accept *body*, or raise a `TelnyxError`."""
        for name in self.required:
            if body.get(name) in (None, ""):  # a dictionary has no hash
                raise bad(MISSING, f"The parameter '{name}' is required.", name)
        for name, value in body.items():
            known = self.fields.get(name)
            if known is None:
                detail = f"The simulated Telnyx does not know the parameter '{name}' here."
                raise bad(BAD_REQUEST, detail, name)
            if not known.fits(value):
                detail = f"The parameter '{name}' must be {known.wanted}."
                raise bad(known.error, detail, name)
        for rule in self.rules:
            rule(body)


def one_of(*values: str) -> Field:
    """A parameter that is one of *values*."""
    return Field(
        fits=lambda value: isinstance(value, str) and value in values,
        wanted=f"one of {', '.join(values)}",
    )


def whole(lowest: int, highest: int) -> Field:
    """A parameter that is a number from *lowest* to *highest*."""
    return Field(
        fits=lambda value: type(value) is int and lowest <= value <= highest,
        wanted=f"a number from {lowest} to {highest}",
    )


def matching(pattern: str, wanted: str, error: tuple[str, str] = BAD_REQUEST) -> Field:
    """A parameter that is a text of a certain *pattern*."""
    compiled = re.compile(pattern, re.DOTALL)
    return Field(
        fits=lambda value: isinstance(value, str) and compiled.fullmatch(value) is not None,
        wanted=wanted,
        error=error,
    )


def is_base64(value: object) -> bool:
    """Whether *value* is a text in Base64, with its padding."""
    try:
        return isinstance(value, str) and bool(b64decode(value, validate=True))
    except (Base64Error, ValueError):
        return False


TEXT: Final = matching(r".{1,1000}", "a text")
YES_OR_NO: Final = Field(fits=lambda value: isinstance(value, bool), wanted="true or false")
NUMBER: Final = matching(r"\+[1-9][0-9]{6,14}", "a number like +15559876543", BAD_NUMBER)
BASE64: Final = Field(fits=is_base64, wanted="a valid Base64 string")
ADDRESS: Final = Field(
    fits=lambda value: (
        isinstance(value, str) and len(value) <= LONGEST_ADDRESS and is_address(value)
    ),
    wanted="a valid URL",
    error=BAD_URL,
)
OBJECT: Final = Field(fits=lambda value: isinstance(value, dict), wanted="an object")
STOPS: Final = one_of("current", "all")
LOOPS: Final = Field(
    fits=lambda value: value == "infinity" or whole(1, 100).fits(value),
    wanted="a number from 1 to 100, or infinity",
)
HERE: Final = one_of("self")  # there is no opposite leg in a call that is bridged to nobody

COMMON: Final = {"client_state": BASE64, "command_id": TEXT}
WEBHOOK: Final = {
    "webhook_url": ADDRESS,
    "webhook_url_method": one_of("POST"),  # how a GET is signed is not documented
}
