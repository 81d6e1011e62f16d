"""Plivo's REST interface: what it takes, what it refuses, and in which words.

https://www.plivo.com/docs/voice/api/call; for numbers and applications see `plivo_console`
"""

import hmac
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from chalicelib.overriding import override
from moltis.carriers.document_call import ApiAccount, NotInProgressError
from moltis.carriers.exchange import Request, Response, json_response
from moltis.carriers.faults import CreateFault
from moltis.carriers.plivo_call import PlivoCall
from moltis.carriers.plivo_console import PlivoNumber
from moltis.carriers.plivo_orders import BadParameterError, read_order, read_transfer
from moltis.carriers.plivo_webhooks import HANGUPS, bare, local_time
from moltis.carriers.rest import basic_credentials, create

if TYPE_CHECKING:
    from moltis.carriers.plivo import SimulatedPlivo

_PATH: Final = re.compile(
    r"/v1/Account/([^/]+)/(?:(Call|Request|Number|Application)/(?:([^/]+)/)?)?"
)
_LARGEST_PAGE: Final = 20
_QUEUED: Final = frozenset({"queued", "initiated"})
_LIVE: Final = frozenset({"ringing", "in-progress"})
_NO_CONTENT: Final = Response(status=HTTPStatus.NO_CONTENT)


class PlivoError(Exception):
    """The request is refused."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status

    @override
    def __str__(self) -> str:
        return str(self.args[0])


class PlivoRest:
    """Answers the requests that reach one simulated Plivo."""

    def __init__(self, carrier: "SimulatedPlivo") -> None:
        self._carrier = carrier

    def handle(self, request: Request) -> Response:
        """Answer *request* as Plivo does."""
        try:
            return self._route(request)
        except PlivoError as error:
            return _answer(error.status, error=str(error))
        except BadParameterError as error:
            return _answer(HTTPStatus.BAD_REQUEST, error=str(error))
        except NotInProgressError:
            return _answer(HTTPStatus.NOT_FOUND, error="call not found")

    def _route(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        account = self._authenticated(request, match[1] if match else "")
        if match is None:
            raise _not_found()
        match match[2]:
            case "Number":
                return self._about_numbers(account, request, match[3])
            case "Application":
                return self._about_applications(account, request, match[3])
            case "Call" | "Request" as kind:
                return self._about_calls(account, request, kind, match[3])
        if request.method != "GET":
            raise _not_possible()
        return _answer(HTTPStatus.OK, **_account(account))

    def _about_calls(
        self, account: ApiAccount, request: Request, kind: str, uuid: str | None
    ) -> Response:
        match kind, request.method, uuid:
            case "Call", "POST", None:
                return self._create(account, request)
            case "Call", "DELETE", None:
                return self._hang_up_all(account)
            case "Call", "GET", str(uuid):
                return self._describe(self._call(account, uuid), dict(request.query_pairs))
            case "Call", "POST", str(uuid):
                return self._transfer(self._call(account, uuid), request)
            case "Call", "DELETE", str(uuid):
                self._call(account, uuid).end(even_if_answered=True)
                return _NO_CONTENT
            case "Request", "DELETE", str(uuid):
                return self._cancel(self._call(account, uuid))
        raise _not_possible()

    def _about_numbers(self, account: ApiAccount, request: Request, name: str | None) -> Response:
        numbers = self._numbers(account)
        if name is None:
            if request.method != "GET":
                raise _not_possible()
            query = _query(request, "number_startswith")
            wanted = query.get("number_startswith", "")
            found = [one.resource() for one in numbers if bare(one.owned.number).startswith(wanted)]
            return _page(request, found, query)
        number = next((one for one in numbers if bare(one.owned.number) == bare(name)), None)
        if number is None:
            raise _not_found()
        if request.method == "GET":
            return _answer(HTTPStatus.OK, **number.resource())
        if request.method == "POST":
            self._carrier.console.name_application(number, _body(request))
            return _answer(HTTPStatus.ACCEPTED, message="changed")
        raise _not_possible()

    def _about_applications(
        self, account: ApiAccount, request: Request, app_id: str | None
    ) -> Response:
        self._numbers(account)  # they bring their applications along
        console = self._carrier.console
        if app_id is None:
            if request.method == "POST":
                made = console.create(account.name, _body(request))
                return _answer(HTTPStatus.CREATED, message="created", app_id=made.app_id)
            if request.method != "GET":
                raise _not_possible()
            found = [one.resource() for one in console.applications(account.name)]
            return _page(request, found, _query(request))
        application = console.application(account.name, app_id)
        if application is None:
            raise _not_found()
        if request.method == "GET":
            return _answer(HTTPStatus.OK, **application.resource())
        if request.method != "POST":
            raise _not_possible()
        console.update(application, _body(request))
        return _answer(HTTPStatus.ACCEPTED, message="changed")

    def _numbers(self, account: ApiAccount) -> list[PlivoNumber]:
        return [self._carrier.console.number(one) for one in self._carrier.numbers_of(account)]

    def _authenticated(self, request: Request, auth_id: str) -> ApiAccount:
        name, token = basic_credentials(request.headers.get("authorization", ""))
        account = self._carrier.account(name)
        if (
            account is None
            or (auth_id and auth_id != account.name)
            or not hmac.compare_digest(account.auth_token.encode(), token.encode())
        ):
            raise PlivoError(HTTPStatus.UNAUTHORIZED, "authentication failed")
        return account

    def _call(self, account: ApiAccount, uuid: str) -> PlivoCall:
        call = self._carrier.call(account, uuid)
        if call is None:
            raise _not_found()
        return call

    def _create(self, account: ApiAccount, request: Request) -> Response:
        failed = PlivoError(HTTPStatus.INTERNAL_SERVER_ERROR, "internal server error")
        return create(
            self._carrier.faults,
            lambda: self._dial(account, _body(request)),
            {
                CreateFault.REFUSES: PlivoError(HTTPStatus.BAD_REQUEST, "invalid destination"),
                CreateFault.THROTTLES: PlivoError(
                    HTTPStatus.TOO_MANY_REQUESTS, "too many requests, please try again later"
                ),
                CreateFault.FAILS: failed,
                CreateFault.FAILS_AFTER_DIALLING: failed,
            },
        )

    def _dial(self, account: ApiAccount, body: Mapping[str, Any]) -> Response:
        asked = read_order(body)
        number = self._carrier.number(account, asked.from_number)
        if number is None:
            message = f"from number {bare(asked.from_number)} does not belong to the account"
            raise PlivoError(HTTPStatus.BAD_REQUEST, message)
        call = self._carrier.dial(number, asked.to_number, asked.order)
        return _answer(HTTPStatus.CREATED, message="call fired", request_uuid=call.record.sid)

    def _hang_up_all(self, account: ApiAccount) -> Response:
        for call in self._carrier.live_and_past():
            if call.account == account:
                with suppress(NotInProgressError):
                    call.end(even_if_answered=True)
        return _NO_CONTENT

    def _transfer(self, call: PlivoCall, request: Request) -> Response:
        call.take_document(read_transfer(_body(request)))
        return _answer(
            HTTPStatus.ACCEPTED, message="call transferred", call_uuids=[call.record.sid]
        )

    def _cancel(self, call: PlivoCall) -> Response:
        if call.record.answered_at is not None:
            raise _not_found()
        call.end(even_if_answered=False)
        return _NO_CONTENT

    def _describe(self, call: PlivoCall, query: Mapping[str, str]) -> Response:
        wanted, status = query.get("status"), call.record.status
        if query.keys() - {"status"} or wanted not in {None, "live", "queued"}:
            raise PlivoError(HTTPStatus.BAD_REQUEST, f"not simulated: {dict(query)}")
        if wanted is None and call.record.ended_at is not None:
            return _answer(HTTPStatus.OK, **_finished(call))
        if (wanted == "live" and status in _LIVE) or (wanted == "queued" and status in _QUEUED):
            return _answer(HTTPStatus.OK, **_unfinished(call))
        raise _not_found()


def _account(account: ApiAccount) -> dict[str, Any]:
    return {
        "account_type": "standard",
        "address": "",
        "auth_id": account.name,
        "auto_recharge": False,
        "billing_mode": "prepaid",
        "cash_credits": "10.00000",
        "city": "",
        "name": "A simulated account",
        "resource_uri": f"/v1/Account/{account.name}/",
        "state": "",
        "timezone": "Asia/Kolkata",
    }


def _query(request: Request, *filters: str) -> dict[str, str]:
    query = dict(request.query_pairs)
    unknown = sorted(query.keys() - {"limit", "offset", *filters})
    if unknown:
        message = f"the simulated Plivo does not know the parameter {unknown[0]!r} here"
        raise PlivoError(HTTPStatus.BAD_REQUEST, message)
    return query


def _page(request: Request, found: list[dict[str, Any]], query: Mapping[str, str]) -> Response:
    limit, offset = query.get("limit", str(_LARGEST_PAGE)), query.get("offset", "0")
    if not (limit.isdecimal() and 1 <= int(limit) <= _LARGEST_PAGE and offset.isdecimal()):
        message = f"limit must be from 1 to {_LARGEST_PAGE}, and offset not below 0"
        raise PlivoError(HTTPStatus.BAD_REQUEST, message)
    begin, end = int(offset), int(offset) + int(limit)

    def page(at: int) -> str:
        return f"{request.path}?{urlencode({**query, 'limit': limit, 'offset': at})}"

    meta = {
        "limit": int(limit),
        "next": page(end) if end < len(found) else None,
        "offset": begin,
        "previous": page(max(0, begin - int(limit))) if begin else None,
        "total_count": len(found),
    }
    return _answer(HTTPStatus.OK, meta=meta, objects=found[begin:end])


def _unfinished(call: PlivoCall) -> dict[str, Any]:
    record = call.record
    return {
        "call_status": "queued" if record.status in _QUEUED else record.status,
        "call_uuid": record.sid,
        "caller_name": bare(record.from_number),
        "direction": str(record.direction),
        "from": bare(record.from_number),
        "request_uuid": record.sid,
        "session_start": record.created_at.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "stir_verification": "Not Applicable",
        "to": bare(record.to_number),
    }


def _finished(call: PlivoCall) -> dict[str, Any]:
    record = call.record
    minutes = -(-record.duration_secs // 60)
    _, name, source = HANGUPS[call.code or "4000"]
    return {
        "answer_time": _zoned(local_time(record.answered_at)) if record.answered_at else None,
        "bill_duration": minutes * 60,
        "billed_duration": minutes * 60,
        "call_direction": str(record.direction),
        "call_duration": record.duration_secs,
        "call_state": "ANSWER" if record.answered_at else "NO_ANSWER",
        "call_uuid": record.sid,
        "end_time": _zoned(local_time(record.ended_at or record.created_at)),
        "from_number": record.from_number,
        "hangup_cause_code": int(call.code or "4000"),
        "hangup_cause_name": name,
        "hangup_source": source,
        "initiation_time": _zoned(local_time(record.created_at)),
        "parent_call_uuid": None,
        "resource_uri": f"/v1/Account/{call.account.name}/Call/{record.sid}/",
        "to_number": bare(record.to_number),
        "total_amount": "0.00000",
        "total_rate": "0.00550",
    }


def _zoned(time: str) -> str:
    return f"{time}+05:30"


def _body(request: Request) -> Mapping[str, Any]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        message = f"the body must be application/json, not {content_type or 'nothing'}"
        raise PlivoError(HTTPStatus.BAD_REQUEST, message)
    body: object = None
    with suppress(ValueError):
        body = json.loads(request.body)
    if not isinstance(body, dict):
        raise PlivoError(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
    return body


def _not_possible() -> PlivoError:
    return PlivoError(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed")


def _not_found() -> PlivoError:
    return PlivoError(HTTPStatus.NOT_FOUND, "not found")


def _answer(status: int, **content: object) -> Response:
    return json_response(status, {"api_id": str(uuid4()), **content})
