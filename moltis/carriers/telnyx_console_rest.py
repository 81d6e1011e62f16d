"""Telnyx's REST interface for what stands in its console: numbers, applications, keys.

https://developers.telnyx.com/api-reference
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from moltis.carriers.exchange import Request
from moltis.carriers.telnyx_console import TelnyxApplication, TelnyxConsole
from moltis.carriers.telnyx_fields import BAD_REQUEST, Body, TelnyxError, bad

PATH: Final = re.compile(
    r"/v2/(public_key|phone_numbers|call_control_applications|outbound_voice_profiles)(?:/([^/]+))?"
)
_LARGEST_PAGE: Final = 250
_PAGING: Final = frozenset({"page[number]", "page[size]", "sort"})

Answer = Mapping[str, Any]


class TelnyxConsoleRest:
    """Answers the requests about one console; *read* takes the body of a request."""

    def __init__(
        self, console: TelnyxConsole, public_key: str, read: Callable[[Request], Body]
    ) -> None:
        self._console = console
        self._public_key = public_key
        self._read = read

    def answer(self, request: Request, api_key: str, kind: str, name: str | None) -> Answer:
        """Answer a *request* about the thing called *name*, or all of its *kind*."""
        match kind, request.method, name:
            case "public_key", "GET", None:
                return {"data": {"record_type": "public_key", "public": self._public_key}}
            case "outbound_voice_profiles", "GET", None:
                return _page(request, self._console.profiles(api_key))
            case "phone_numbers", ("GET" | "PATCH"), _:
                return self._numbers(request, api_key, name)
            case "call_control_applications", _, _:
                return self._applications(request, api_key, name)
        raise _not_possible(request)

    def _numbers(self, request: Request, api_key: str, name: str | None) -> Answer:
        numbers = self._console.numbers(api_key)
        if name is None:
            filters = ("filter[phone_number]", "filter[connection_id]", "filter[status]")
            query = dict(request.query_pairs)
            found = [self._console.number_resource(number) for number in numbers]
            return _page(request, [one for one in found if _matches(one, query)], *filters)
        number = next((one for one in numbers if one.number_id == name), None)
        if number is None:
            raise not_found()
        if request.method == "PATCH":
            self._console.connect(number, self._read(request))
        return {"data": self._console.number_resource(number)}

    def _applications(self, request: Request, api_key: str, name: str | None) -> Answer:
        match request.method, name:
            case "GET", None:
                contains = "filter[application_name][contains]"
                wanted = dict(request.query_pairs).get(contains, "").lower()
                found = [one.resource() for one in self._console.applications(api_key)]
                named = [one for one in found if wanted in one["application_name"].lower()]
                return _page(request, named, contains)
            case "POST", None:
                return {"data": self._console.create(api_key, self._read(request)).resource()}
            case (("GET" | "PATCH"), str(name)):
                application = self._application(api_key, name)
                if request.method == "PATCH":
                    self._console.update(application, self._read(request))
                return {"data": application.resource()}
        raise _not_possible(request)

    def _application(self, api_key: str, name: str) -> TelnyxApplication:
        application = self._console.application(api_key, name)
        if application is None:
            raise not_found()
        return application


def not_found() -> TelnyxError:
    """The refusal of whatever is not there."""
    detail = "The requested resource or URL could not be found."
    return TelnyxError(HTTPStatus.NOT_FOUND, "10005", "Resource not found", detail)


def _not_possible(request: Request) -> TelnyxError:
    detail = f"{request.method} is not possible here."
    return TelnyxError(HTTPStatus.METHOD_NOT_ALLOWED, *BAD_REQUEST, detail)


def _matches(number: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    digits = query.get("filter[phone_number]")
    # A plus sign, or anything else that is no digit, finds nothing.
    return (
        (digits is None or (digits.isdecimal() and digits in number["phone_number"]))
        and query.get("filter[connection_id]", number["connection_id"]) == number["connection_id"]
        and query.get("filter[status]", number["status"]) == number["status"]
    )


def _page(request: Request, found: list[dict[str, Any]], *filters: str) -> Answer:
    query = dict(request.query_pairs)
    unknown = sorted(query.keys() - {*_PAGING, *filters})
    if unknown:
        detail = f"The simulated Telnyx does not know the parameter '{unknown[0]}' here."
        raise bad(BAD_REQUEST, detail, unknown[0])
    size, number = query.get("page[size]", "20"), query.get("page[number]", "1")
    if not (size.isdecimal() and 1 <= int(size) <= _LARGEST_PAGE and number.isdecimal()):
        detail = f"The parameter 'page[size]' must be a number from 1 to {_LARGEST_PAGE}."
        raise bad(BAD_REQUEST, detail, "page[size]")
    begin = (max(1, int(number)) - 1) * int(size)
    meta = {
        "page_number": int(number),
        "page_size": int(size),
        "total_pages": -(-len(found) // int(size)),
        "total_results": len(found),
    }
    return {"data": found[begin : begin + int(size)], "meta": meta}
