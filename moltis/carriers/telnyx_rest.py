"""Telnyx's REST interface: what it takes, what it refuses, and in which words.

https://developers.telnyx.com/api-reference/call-commands; "not answered yet" (90034) as quoted in
https://github.com/team-telnyx/telnyx-python/issues/38; the console is in `telnyx_console_rest`
"""

import hmac
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from moltis.carriers.exchange import Request, Response, json_response
from moltis.carriers.faults import CreateFault
from moltis.carriers.network import OwnedNumber
from moltis.carriers.record import Command, Direction
from moltis.carriers.rest import act_with
from moltis.carriers.telnyx_call import Phase, TelnyxCall
from moltis.carriers.telnyx_commands import COMMANDS, DIAL
from moltis.carriers.telnyx_console_rest import PATH as CONSOLE
from moltis.carriers.telnyx_console_rest import TelnyxConsoleRest, not_found
from moltis.carriers.telnyx_fields import BAD_REQUEST, Body, TelnyxError, bad

if TYPE_CHECKING:
    from moltis.carriers.telnyx import SimulatedTelnyx

KEPT_SECS: Final = 600
"""So long after its end a call can be looked up."""
DUPLICATE_SECS: Final = 60.0
"""So long (of ours) a command with the same id is taken for a repetition."""

ENDED: Final = ("90018", "Call has already ended")
NOT_ANSWERED: Final = ("90034", "Call not answered yet")
TOO_MANY_DIALS: Final = ("90103", "Dial rate limit exceeded")
TOO_MANY: Final = ("10011", "Too many requests")

_PATH: Final = re.compile(r"/v2/calls(?:/([^/]+)(?:/actions/([a-z_]+))?)?")
_BEFORE_ANSWER: Final = {
    Direction.INBOUND: frozenset({"answer", "reject", "client_state_update"}),
    Direction.OUTBOUND: frozenset({"hangup", "client_state_update"}),
}


class Repetitions:
    """The answers to commands that bore an id, kept for a while; *now* tells the time."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._answers: dict[tuple[str, str], tuple[float, object, Mapping[str, Any]]] = {}
        self.lock = threading.Lock()

    def find(self, owner: str, command_id: str) -> tuple[object, Mapping[str, Any]] | None:
        """Give what *owner* asked with *command_id* before, and the answer."""
        found = self._answers.get((owner, command_id))
        if found is None or self._now() - found[0] > DUPLICATE_SECS:
            return None
        return found[1], found[2]

    def keep(self, owner: str, command_id: str, asked: object, answer: Mapping[str, Any]) -> None:
        """Remember *answer*."""
        self._answers[owner, command_id] = (self._now(), asked, answer)


class TelnyxRest:
    """Answers the requests that reach one simulated Telnyx."""

    def __init__(self, carrier: "SimulatedTelnyx") -> None:
        self._carrier = carrier
        self._repetitions = Repetitions()
        self._console = TelnyxConsoleRest(carrier.console, carrier.public_key, _body)

    def handle(self, request: Request) -> Response:
        """Answer *request* as Telnyx does."""
        try:
            return self._route(request)
        except TelnyxError as error:
            return _refusal(error)

    def _route(self, request: Request) -> Response:
        api_key = self._authenticated(request)
        console = CONSOLE.fullmatch(request.path)
        if console is not None:
            answer = self._console.answer(request, api_key, console[1], console[2])
            return json_response(HTTPStatus.OK, answer)
        match = _PATH.fullmatch(request.path)
        if match is None:
            raise not_found()
        faults, call_control_id, name = self._carrier.faults, match[1], match[2]
        method = "GET" if call_control_id and not name else "POST"
        if request.method != method:
            detail = f"{request.method} is not possible here."
            raise TelnyxError(HTTPStatus.METHOD_NOT_ALLOWED, *BAD_REQUEST, detail)
        if not call_control_id:
            return act_with(
                faults.next_create(),
                lambda: _found(self._dial(api_key, _body(request))),
                _refusals(TOO_MANY_DIALS),
                faults.hang_secs,
            )
        call = self._call(api_key, unquote(call_control_id))
        if not name:
            return _found(call.describe())
        if name not in COMMANDS:
            raise not_found()
        return act_with(
            faults.next_command(),
            lambda: _found(self._command(call, name, _body(request))),
            _refusals(TOO_MANY),
            faults.hang_secs,
        )

    def _authenticated(self, request: Request) -> str:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        for number in self._carrier.numbers:
            api_key = number.credentials["api_key"]
            if scheme == "Bearer" and hmac.compare_digest(api_key.encode(), given.encode()):
                return api_key
        detail = "No key found matching the ID with the provided secret."
        raise TelnyxError(HTTPStatus.UNAUTHORIZED, "10009", "Authentication failed", detail)

    def _call(self, api_key: str, call_control_id: str) -> TelnyxCall:
        call = self._carrier.call(api_key, call_control_id)
        if call is None or (
            call.phase is Phase.OVER and self._carrier.clock.now() - call.ended_at > KEPT_SECS
        ):
            raise not_found()
        return call

    def _dial(self, api_key: str, body: Body) -> Mapping[str, Any]:
        DIAL.check(body)
        with self._repetitions.lock:
            command_id = body.get("command_id", "")
            before = self._repetitions.find(api_key, command_id) if command_id else None
            if before is not None:
                return before[1]
            number = self._owned(api_key, body)
            call = self._carrier.dial(number, body)
            # Dialling goes on by itself, so that the call is never alive yet.
            told = ("record_type", "call_control_id", "call_leg_id", "call_session_id")
            described = call.describe()
            answer: dict[str, Any] = {name: described[name] for name in told}
            answer["is_alive"] = False
            if "client_state" in body:
                answer["client_state"] = body["client_state"]
            if command_id:
                self._repetitions.keep(api_key, command_id, body, answer)
            return answer

    def _owned(self, api_key: str, body: Body) -> OwnedNumber:
        number = self._carrier.number(api_key, body["from"])
        if number is None:
            detail = f"The number {body['from']} is not one of this account."
            raise TelnyxError(HTTPStatus.FORBIDDEN, "10010", "Authorization failed", detail)
        application = self._carrier.console.application(api_key, body["connection_id"])
        if application is None or not (body.get("webhook_url") or application.url):
            detail = (
                "The requested connection_id (Call Control App ID) is either invalid or does not "
                "exist. Only Call Control Apps with valid webhook URL are accepted."
            )
            raise bad(BAD_REQUEST, detail, "connection_id")
        if not application.may_dial:
            detail = "The Call Control App has no outbound voice profile to dial with."
            raise TelnyxError(HTTPStatus.FORBIDDEN, "10010", "Authorization failed", detail)
        return number

    def _command(self, call: TelnyxCall, name: str, body: Body) -> Mapping[str, Any]:
        record = call.record
        try:
            with self._repetitions.lock:
                answer = self._take(call, name, body)
        except TelnyxError as error:
            record.commands.append(Command(name=name, body=body, status=error.status))
            if error.code != ENDED[0]:
                # That it is over already, nobody can know for sure before asking.
                record.alerts.append(f"{name} was refused: {error}")
            raise
        record.commands.append(Command(name=name, body=body, status=HTTPStatus.OK))
        return answer

    def _take(self, call: TelnyxCall, name: str, body: Body) -> Mapping[str, Any]:
        COMMANDS[name].check(body)
        command_id = body.get("command_id", "")
        before = self._repetitions.find(call.record.sid, command_id) if command_id else None
        if before is not None:
            if before[0] != (name, body):
                call.record.alerts.append(f"{name} was ignored: its command_id was used already")
            return before[1]
        _check_phase(call, name)
        call.take(name, body)
        answer = {"result": "ok"}
        if command_id:
            self._repetitions.keep(call.record.sid, command_id, (name, body), answer)
        return answer


def _check_phase(call: TelnyxCall, name: str) -> None:
    if call.phase is Phase.OVER:
        detail = "This call is no longer active and can't receive commands."
        raise bad(ENDED, detail)
    if call.phase is Phase.ANSWERED:
        if name in {"answer", "reject"}:
            raise bad(BAD_REQUEST, f"This call can't receive {name} command: it was answered.")
    elif name not in _BEFORE_ANSWER[call.record.direction]:
        detail = f"This call can't receive {name} command because it has not been answered yet."
        raise bad(NOT_ANSWERED, detail)


def _body(request: Request) -> Body:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        detail = f"The body must be application/json, not {content_type or 'nothing'}."
        raise TelnyxError(status, "10014", "Unsupported Media Type", detail)
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as error:
        raise TelnyxError(HTTPStatus.BAD_REQUEST, *BAD_REQUEST, str(error)) from error
    if not isinstance(body, dict):
        raise TelnyxError(HTTPStatus.BAD_REQUEST, *BAD_REQUEST, "The body must be an object.")
    return body


def _refusals(too_many: tuple[str, str]) -> Mapping[CreateFault, TelnyxError]:
    failed = TelnyxError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "10007",
        "Unexpected error",
        "An unexpected error occured.",
    )
    detail = "You have exceeded the maximum number of allowed requests."
    return {
        CreateFault.REFUSES: bad(BAD_REQUEST, "It was refused because a test wanted it so."),
        CreateFault.THROTTLES: TelnyxError(HTTPStatus.TOO_MANY_REQUESTS, *too_many, detail),
        CreateFault.FAILS: failed,
        CreateFault.FAILS_AFTER_DIALLING: failed,
    }


def _found(content: Mapping[str, Any]) -> Response:
    return json_response(HTTPStatus.OK, {"data": content})


def _refusal(error: TelnyxError) -> Response:
    told: dict[str, Any] = {"code": error.code, "title": error.title, "detail": str(error)}
    if error.parameter:
        told["source"] = {"pointer": f"/{error.parameter}"}
    headers = {}
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        headers = {
            "x_ratelimit_limit": "150",
            "x_ratelimit_remaining": "0",
            "x_ratelimit_reset": "1",
        }
    return json_response(error.status, {"errors": [told]}, **headers)
