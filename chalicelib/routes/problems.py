"""Our errors as JSON-RPC errors; the only place that knows those numbers."""

from typing import Any, Final

from chalicelib.errors import (
    CallOverError,
    ConflictError,
    GatewayError,
    InvalidParamsError,
    LimitReachedError,
    PolicyError,
    ProviderError,
    SettingsConflictError,
    UnknownAccountError,
    UnknownCallError,
    UnsupportedFeatureError,
)

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL: Final = -32603
UNAUTHORIZED: Final = -32001
FORBIDDEN: Final = -32003

_NUMBERS: Final[tuple[tuple[type[GatewayError], int], ...]] = (
    (InvalidParamsError, INVALID_PARAMS),
    (UnknownAccountError, INVALID_PARAMS),
    (UnsupportedFeatureError, INVALID_PARAMS),
    (UnknownCallError, -32004),
    (CallOverError, -32009),
    (ConflictError, -32009),
    (ProviderError, -32010),
    (PolicyError, -32011),
    (LimitReachedError, -32012),
)

Problem = dict[str, Any]


def problem(error: GatewayError) -> Problem:
    """Say *error* as a JSON-RPC error object."""
    number = next((n for kind, n in _NUMBERS if isinstance(error, kind)), INTERNAL)
    found: Problem = {"code": number, "message": str(error)}
    data = _data(error)
    return found | ({"data": data} if data else {})


def _data(error: GatewayError) -> Problem:
    found: Problem = {}
    match error:
        case InvalidParamsError(faults=faults) if faults:
            first = faults[0]
            every = [{"field": fault.field, "reason": fault.reason} for fault in faults]
            found = {"field": first.field, "reason": first.reason, "faults": every}
        case UnknownAccountError():
            found = {"field": "account", "reason": str(error)}
        case ProviderError():
            found = {"provider": error.provider, "code": error.carrier_code or error.code}
        case PolicyError() | LimitReachedError():
            found = {"rule": error.rule}
        case SettingsConflictError():
            found = {"version": error.version, "changed_by": error.changed_by}
        case UnsupportedFeatureError():
            found = {"field": "", "reason": str(error), "feature": error.feature}
    return found
