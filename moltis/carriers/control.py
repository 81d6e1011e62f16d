"""The control interface of the simulation: telephones for people, accounts, a look at calls."""

import hmac
import json
import re
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from moltis.carriers.exchange import Request, Response, json_response
from moltis.carriers.far_end import FarEnd
from moltis.carriers.human import PhoneError, Telephone
from moltis.carriers.line import Refusal
from moltis.carriers.network import ANY_NUMBER, Network, OwnedNumber, UnknownNumberError
from moltis.carriers.record import SimulatedCall

LONGEST_POLL_SECS: Final = 25.0
CALLER: Final = "+15559876543"
"""Who a telephone calls as when it answers any number and so has none of its own."""

_PHONE: Final = re.compile(r"/phones/([A-Za-z0-9_-]+)(?:/([a-z-]+))?")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_DIGITS: Final = re.compile(r"[0-9A-D*#]{1,64}")
_LONGEST_SPEECH: Final = 4000


class UnknownCarrierError(Exception):
    """There is no simulated carrier of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedAccount:
    """A new account at a simulated carrier: its number and credentials, and where it is."""

    owned: OwnedNumber
    api_base_url: str


DialIn = Callable[[str, str, FarEnd], SimulatedCall]


class ControlError(Exception):
    """The request cannot be done; *status* says whose fault it is."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Answers the requests under `/simulator`; each carries the bearer *token*."""

    def __init__(
        self,
        network: Network,
        token: str,
        *,
        dial_in: DialIn,
        calls: Callable[[], tuple[SimulatedCall, ...]],
        open_account: Callable[[str, str], OpenedAccount],
    ) -> None:
        self._network = network
        self._token = token
        self._dial_in = dial_in
        self._calls = calls
        self._open_account = open_account
        self._phones: dict[str, Telephone] = {}
        self._closed = False
        self._lock = threading.Lock()

    def handle(self, request: Request) -> Response:
        """Answer *request*, if it bears the token."""
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(f"Bearer {self._token}".encode(), given.encode()):
            return json_response(HTTPStatus.UNAUTHORIZED, {"error": "a bearer token is wanted"})
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        """Answer *request*, which somebody else has let in."""
        try:
            return json_response(HTTPStatus.OK, self._route(request))
        except (ControlError, PhoneError) as error:
            if self._closed:
                stops = {"error": "the simulation stops"}
                return json_response(HTTPStatus.SERVICE_UNAVAILABLE, stops)
            status = error.status if isinstance(error, ControlError) else HTTPStatus.CONFLICT
            return json_response(status, {"error": str(error)})

    def close(self) -> None:
        """Put all telephones away, for good."""
        with self._lock:
            self._closed = True
            phones, self._phones = list(self._phones.items()), {}
        for _, phone in phones:
            self._network.detach(phone.number, phone.take_call)
            phone.close()

    def _route(self, request: Request) -> dict[str, Any]:
        plain: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
            ("GET", "/numbers"): lambda: {"numbers": self._numbers()},
            ("GET", "/calls"): lambda: {"calls": [_summary(call) for call in self._calls()]},
            ("POST", "/phones"): lambda: self._attach(_json(request)),
            ("POST", "/accounts"): lambda: self._open(_json(request)),
        }
        if (request.method, request.path) in plain:
            return plain[request.method, request.path]()
        match = _PHONE.fullmatch(request.path)
        if match is None:
            raise ControlError(HTTPStatus.NOT_FOUND, "there is nothing at this address")
        phone = self._phone(match[1])
        match request.method, match[2]:
            case "DELETE", None:
                return self._detach(match[1])
            case "GET", "events":
                return _events(phone, dict(request.query_pairs))
            case "POST", act if act is not None:
                self._act(phone, act, _json(request))
                return {"ok": True}
        raise ControlError(HTTPStatus.METHOD_NOT_ALLOWED, "that cannot be done at this address")

    def _numbers(self) -> list[dict[str, str]]:
        return [
            {"number": owned.number, "carrier": owned.carrier, "account": owned.account_id}
            for owned in self._network.numbers
        ]

    def _open(self, content: dict[str, Any]) -> dict[str, Any]:
        carrier, number = _text(content, "carrier"), _text(content, "number", default="")
        if number and not _NUMBER.fullmatch(number):
            message = f"{number!r} is not a number like +15559876543"
            raise ControlError(HTTPStatus.BAD_REQUEST, message)
        try:
            opened = self._open_account(carrier, number)
        except UnknownCarrierError as error:
            raise ControlError(HTTPStatus.BAD_REQUEST, str(error)) from error
        return {
            "carrier": carrier,
            "number": opened.owned.number,
            "credentials": dict(opened.owned.credentials),
            "api_base_url": opened.api_base_url,
        }

    def _attach(self, content: dict[str, Any]) -> dict[str, Any]:
        number = _text(content, "number", default=ANY_NUMBER)
        if number and not _NUMBER.fullmatch(number):
            message = f"{number!r} is not a number like +15559876543"
            raise ControlError(HTTPStatus.BAD_REQUEST, message)
        phone = Telephone(number)
        phone_id = secrets.token_urlsafe(9)
        with self._lock:
            self._phones[phone_id] = phone
        self._network.attach(number, phone.take_call)
        return {"phone": phone_id, "number": number, "simulated": True}

    def _detach(self, phone_id: str) -> dict[str, Any]:
        with self._lock:
            phone = self._phones.pop(phone_id, None)
        if phone is not None:
            self._network.detach(phone.number, phone.take_call)
            phone.close()
        return {"ok": True}

    def _phone(self, phone_id: str) -> Telephone:
        with self._lock:
            if phone_id in self._phones:
                return self._phones[phone_id]
        raise ControlError(HTTPStatus.NOT_FOUND, "there is no such telephone")

    def _act(self, phone: Telephone, act: str, content: dict[str, Any]) -> None:
        match act:
            case "answer":
                phone.answer()
            case "reject":
                phone.reject(_reason(content))
            case "say":
                phone.say(_text(content, "text", most=_LONGEST_SPEECH))
            case "press":
                digits = _text(content, "digits")
                if not _DIGITS.fullmatch(digits):
                    message = "digits are of 0-9, A-D, * and #"
                    raise ControlError(HTTPStatus.BAD_REQUEST, message)
                phone.press(digits)
            case "hang-up":
                phone.hang_up()
            case "dial":
                self._dial(phone, content)
            case _:
                raise ControlError(HTTPStatus.NOT_FOUND, f"a telephone cannot {act!r}")

    def _dial(self, phone: Telephone, content: dict[str, Any]) -> None:
        numbers = self._network.numbers
        called = _text(content, "to", default=numbers[0].number if numbers else "")
        caller = _text(content, "from", default=phone.number or CALLER)
        try:
            self._network.owned(called)
        except UnknownNumberError as error:
            raise ControlError(HTTPStatus.BAD_REQUEST, str(error)) from error
        self._dial_in(caller, called, phone.place_call(called))


def _events(phone: Telephone, query: dict[str, str]) -> dict[str, Any]:
    after, wait = 0, 0.0
    try:
        after = int(query.get("after", "0"))
        wait = min(LONGEST_POLL_SECS, max(0.0, float(query.get("wait", "0"))))
    except ValueError as error:
        raise ControlError(HTTPStatus.BAD_REQUEST, "after and wait are numbers") from error
    return {"events": phone.events(after, wait)}


def _summary(call: SimulatedCall) -> dict[str, Any]:
    return {
        "carrier": call.carrier,
        "account": call.account_id,
        "provider_call_id": call.sid,
        "direction": call.direction,
        "from": call.from_number,
        "to": call.to_number,
        "status": call.status,
        "alerts": list(call.alerts),
        "conversation": [
            {"side": moment.side, "sound": moment.sound, "text": moment.text, "at": moment.at}
            for moment in call.moments
        ],
    }


def _json(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    content: object = None
    with suppress(ValueError):
        content = json.loads(request.body)
    if not isinstance(content, dict):
        raise ControlError(HTTPStatus.BAD_REQUEST, "the body is a JSON object")
    return content


def _text(content: dict[str, Any], name: str, *, default: str | None = None, most: int = 64) -> str:
    value = content.get(name)
    value = default if value is None else value
    if not isinstance(value, str) or len(value) > most or (default is None and not value.strip()):
        message = f"{name} is a text of up to {most} characters"
        raise ControlError(HTTPStatus.BAD_REQUEST, message)
    return value


def _reason(content: dict[str, Any]) -> Refusal:
    try:
        return Refusal(_text(content, "reason", default=Refusal.REJECTED))
    except ValueError as error:
        message = f"reason is one of {', '.join(Refusal)}"
        raise ControlError(HTTPStatus.BAD_REQUEST, message) from error
