"""Which HTTP status says what became of a request to the tool."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

STATUSES: Final[Mapping[str, HTTPStatus]] = {
    "invalid_params": HTTPStatus.BAD_REQUEST,
    "unknown_account": HTTPStatus.BAD_REQUEST,
    "unsupported": HTTPStatus.BAD_REQUEST,
    "unknown_call": HTTPStatus.NOT_FOUND,
    "call_over": HTTPStatus.CONFLICT,
    "conflict": HTTPStatus.CONFLICT,
    "refused_by_policy": HTTPStatus.FORBIDDEN,
    "unauthorized": HTTPStatus.UNAUTHORIZED,
    "scope_too_small": HTTPStatus.FORBIDDEN,
    "limit_reached": HTTPStatus.TOO_MANY_REQUESTS,
    "carrier_failed": HTTPStatus.BAD_GATEWAY,
}
"""By the code of an error; any other is a fault of ours."""


def http_status(result: Mapping[str, Any]) -> int:
    """Give the status that goes with *result*."""
    if result["status"] != "error":
        return int(HTTPStatus.OK)
    return int(STATUSES.get(result["error"]["code"], HTTPStatus.INTERNAL_SERVER_ERROR))
