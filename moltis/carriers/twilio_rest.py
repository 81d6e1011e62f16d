"""Twilio's REST interface: what it takes, what it refuses, and in which words.

https://www.twilio.com/docs/voice/api/call-resource; for numbers see `twilio_numbers`
"""

import hmac
import re
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from chalicelib.overriding import override
from moltis.carriers.addresses import is_address
from moltis.carriers.document_call import ApiAccount, NotInProgressError
from moltis.carriers.document_runner import Source
from moltis.carriers.exchange import Pairs, Request, Response, json_response
from moltis.carriers.faults import CreateFault
from moltis.carriers.rest import basic_credentials, create
from moltis.carriers.twilio_call import TwilioCall
from moltis.carriers.twilio_numbers import TwilioNumber, account_resource
from moltis.carriers.twilio_orders import BadParameterError, read_order, single_values
from moltis.carriers.twilio_webhooks import API_VERSION, DIRECTIONS, rfc2822

if TYPE_CHECKING:
    from moltis.carriers.twilio import SimulatedTwilio

_PATH: Final = re.compile(
    r"/2010-04-01/Accounts/([^/.]+)(?:/(Calls|IncomingPhoneNumbers)(?:/([^/]+))?)?\.json"
)
_FORM: Final = "application/x-www-form-urlencoded"
_UPDATES: Final = frozenset({"Url", "Method", "Twiml", "Status"})
_FILTERS: Final = frozenset(
    {"To", "From", "Status", "StartTime", "StartTime>", "StartTime<", "PageSize"}
)
_NUMBER_FILTERS: Final = frozenset({"PhoneNumber", "FriendlyName", "PageSize"})
_PAGE_SIZE: Final = 50
_LARGEST_PAGE: Final = 1000

NOT_FOUND: Final = 20404
BAD_METHOD: Final = 20004
NOT_IN_PROGRESS: Final = 21220


class TwilioError(Exception):
    """The request is refused with Twilio's *code* for it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @override
    def __str__(self) -> str:
        return str(self.args[0])


class TwilioRest:
    """Answers the requests that reach one simulated Twilio."""

    def __init__(self, carrier: "SimulatedTwilio") -> None:
        self._carrier = carrier

    def handle(self, request: Request) -> Response:
        """Answer *request* as Twilio does."""
        try:
            return self._route(request)
        except TwilioError as error:
            return _refusal(error.status, error.code, str(error))
        except BadParameterError as error:
            return _refusal(HTTPStatus.BAD_REQUEST, error.code, str(error))
        except NotInProgressError:
            message = "Call is not in-progress. Cannot redirect."
            return _refusal(HTTPStatus.BAD_REQUEST, NOT_IN_PROGRESS, message)

    def _route(self, request: Request) -> Response:
        match = _PATH.fullmatch(request.path)
        account = self._authenticated(request, match[1] if match else "")
        if match is None:
            raise _not_found(request.path)
        match match[2]:
            case "Calls":
                return self._about_calls(account, request, match[3])
            case "IncomingPhoneNumbers":
                return self._about_numbers(account, request, match[3])
        if request.method == "GET":
            return json_response(HTTPStatus.OK, account_resource(account))
        raise _not_possible()

    def _about_calls(self, account: ApiAccount, request: Request, sid: str | None) -> Response:
        match request.method, sid:
            case "POST", None:
                return self._create(account, request)
            case "GET", None:
                return self._list(account, request)
            case "GET", str(sid):
                return json_response(HTTPStatus.OK, resource(self._call(account, sid, request)))
            case "POST", str(sid):
                return self._update(self._call(account, sid, request), request)
        raise _not_possible()

    def _about_numbers(self, account: ApiAccount, request: Request, sid: str | None) -> Response:
        if sid is None:
            if request.method != "GET":
                raise _not_possible()
            return self._list_numbers(account, request)
        number = self._number(account, sid, request)
        if request.method == "POST":
            number.update(_form(request))
        elif request.method != "GET":
            raise _not_possible()
        return json_response(HTTPStatus.OK, number.resource())

    def _call(self, account: ApiAccount, sid: str, request: Request) -> TwilioCall:
        call = self._carrier.call(account, sid)
        if call is None:
            raise _not_found(request.path)
        return call

    def _numbers(self, account: ApiAccount) -> list[TwilioNumber]:
        return [self._carrier.console.of(owned) for owned in self._carrier.numbers_of(account)]

    def _number(self, account: ApiAccount, sid: str, request: Request) -> TwilioNumber:
        for number in self._numbers(account):
            if number.sid == sid:
                return number
        raise _not_found(request.path)

    def _authenticated(self, request: Request, account_sid: str) -> ApiAccount:
        given = basic_credentials(request.headers.get("authorization", ""))
        account = self._carrier.account(given[0])
        if (
            account is None
            or (account_sid and account_sid != account.name)
            or not hmac.compare_digest(account.auth_token.encode(), given[1].encode())
        ):
            raise TwilioError(HTTPStatus.UNAUTHORIZED, 20003, "Authenticate")
        return account

    def _create(self, account: ApiAccount, request: Request) -> Response:
        failed = TwilioError(HTTPStatus.INTERNAL_SERVER_ERROR, 20500, "Internal Server Error")
        throttled = TwilioError(HTTPStatus.TOO_MANY_REQUESTS, 20429, "Too Many Requests")
        refused = TwilioError(HTTPStatus.BAD_REQUEST, 13224, "Dial: invalid phone number")
        return create(
            self._carrier.faults,
            lambda: self._dial(account, _form(request)),
            {
                CreateFault.REFUSES: refused,
                CreateFault.THROTTLES: throttled,
                CreateFault.FAILS: failed,
                CreateFault.FAILS_AFTER_DIALLING: failed,
            },
        )

    def _dial(self, account: ApiAccount, form: Pairs) -> Response:
        asked = read_order(form)
        number = self._carrier.number(account, asked.from_number)
        if number is None:
            message = (
                f"The source phone number provided, {asked.from_number}, is not yet verified "
                "for your account"
            )
            raise TwilioError(HTTPStatus.BAD_REQUEST, 21210, message)
        call = self._carrier.dial(number, asked.to_number, asked.order)
        # Whatever the call has become by now, the answer was made when it was put in the queue.
        return json_response(HTTPStatus.CREATED, resource(call) | {"status": "queued"})

    def _update(self, call: TwilioCall, request: Request) -> Response:
        form = single_values(_form(request), _UPDATES)
        if sum(name in form for name in ("Url", "Twiml", "Status")) != 1:
            message = "exactly one of Url, Twiml and Status is wanted"
            raise TwilioError(HTTPStatus.BAD_REQUEST, 20001, message)
        if "Status" in form:
            if form["Status"] not in {"completed", "canceled"}:
                message = f"Status {form['Status']!r} is not one of completed, canceled"
                raise TwilioError(HTTPStatus.BAD_REQUEST, 20001, message)
            call.end(even_if_answered=form["Status"] == "completed")
        else:
            call.take_document(_new_document(form))
        return json_response(HTTPStatus.OK, resource(call))

    def _list(self, account: ApiAccount, request: Request) -> Response:
        filters = single_values(request.query_pairs, _FILTERS)
        try:
            found = [
                resource(call)
                for call in reversed(self._carrier.live_and_past())
                if call.account == account and _matches(call, filters)
            ]
        except ValueError as error:
            raise TwilioError(HTTPStatus.BAD_REQUEST, 20001, str(error)) from error
        return _page(request, "calls", found, filters)

    def _list_numbers(self, account: ApiAccount, request: Request) -> Response:
        filters = single_values(request.query_pairs, _NUMBER_FILTERS)
        # Parts of numbers will do, and * stands for any digit.
        wanted = re.escape(filters.get("PhoneNumber", "")).replace(r"\*", "[0-9]")
        found = [
            number.resource()
            for number in self._numbers(account)
            if re.search(wanted, number.owned.number)
            and filters.get("FriendlyName", number.values["FriendlyName"])
            == number.values["FriendlyName"]
        ]
        return _page(request, "incoming_phone_numbers", found, filters)


def _page(
    request: Request, name: str, found: list[dict[str, Any]], filters: Mapping[str, str]
) -> Response:
    size = filters.get("PageSize", str(_PAGE_SIZE))
    if not (size.isascii() and size.isdecimal() and 1 <= int(size) <= _LARGEST_PAGE):
        message = f"PageSize must be from 1 to {_LARGEST_PAGE}, not {size}"
        raise TwilioError(HTTPStatus.BAD_REQUEST, 20001, message)
    shown = found[: int(size)]
    uri = f"{request.path}?{request.query}"
    page = {
        name: shown,
        "page": 0,
        "page_size": int(size),
        "start": 0,
        "end": max(0, len(shown) - 1),
        "uri": uri,
        "first_page_uri": uri,
        "next_page_uri": None,
        "previous_page_uri": None,
    }
    return json_response(HTTPStatus.OK, page)


def request_path(account_sid: str, sid: str) -> str:
    """Where the call *sid* is found."""
    return f"/{API_VERSION}/Accounts/{account_sid}/Calls/{sid}.json"


def resource(call: TwilioCall) -> dict[str, Any]:
    """Describe *call* in Twilio's fields."""
    record, account_sid = call.record, call.account.name
    path = request_path(account_sid, record.sid)
    created, ended = rfc2822(record.created_at), record.ended_at and rfc2822(record.ended_at)
    started = rfc2822(record.answered_at or record.ended_at or record.created_at)
    return {
        "sid": record.sid,
        "account_sid": account_sid,
        "parent_call_sid": None,
        "phone_number_sid": None,
        "api_version": API_VERSION,
        "date_created": created,
        "date_updated": ended or created,
        "start_time": started if record.answered_at or record.ended_at else None,
        "end_time": ended,
        "duration": str(record.duration_secs) if ended else None,
        "direction": DIRECTIONS[record.direction],
        "from": record.from_number,
        "from_formatted": record.from_number,
        "to": record.to_number,
        "to_formatted": record.to_number,
        "status": _rest_status(record.status),
        "answered_by": call.answered_by or None,
        "caller_name": None,
        "forwarded_from": None,
        "group_sid": None,
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "trunk_sid": None,
        "uri": path,
        "subresource_uris": {"events": path.replace(".json", "/Events.json")},
    }


def _rest_status(status: str) -> str:
    # `initiated` is a word of the callbacks only.
    return "queued" if status == "initiated" else status


def _matches(call: TwilioCall, filters: Mapping[str, str]) -> bool:
    record = call.record
    day = record.created_at.date()
    return (
        filters.get("To", record.to_number) == record.to_number
        and filters.get("From", record.from_number) == record.from_number
        and filters.get("Status", _rest_status(record.status)) == _rest_status(record.status)
        and ("StartTime" not in filters or day == date.fromisoformat(filters["StartTime"]))
        and ("StartTime>" not in filters or day >= date.fromisoformat(filters["StartTime>"]))
        and ("StartTime<" not in filters or day <= date.fromisoformat(filters["StartTime<"]))
    )


def _new_document(form: Mapping[str, str]) -> Source:
    if "Twiml" in form:
        return Source(text=form["Twiml"])
    if not is_address(form["Url"]):
        raise BadParameterError(21205, f"Url is not a valid URL: {form['Url']}")
    return Source(url=form["Url"], method=form.get("Method", "POST"))


def _form(request: Request) -> Pairs:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != _FORM:
        message = f"the body must be {_FORM}, not {content_type or 'nothing'}"
        raise TwilioError(HTTPStatus.BAD_REQUEST, 20001, message)
    try:
        return tuple(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
    except ValueError as error:
        raise TwilioError(HTTPStatus.BAD_REQUEST, 20001, str(error)) from error


def _not_possible() -> TwilioError:
    return TwilioError(HTTPStatus.METHOD_NOT_ALLOWED, BAD_METHOD, "Method not allowed")


def _not_found(path: str) -> TwilioError:
    message = f"The requested resource {path} was not found"
    return TwilioError(HTTPStatus.NOT_FOUND, NOT_FOUND, message)


def _refusal(status: int, code: int, message: str) -> Response:
    content = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": int(status),
    }
    headers = {"Retry_After": "1"} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return json_response(status, content, **headers)
