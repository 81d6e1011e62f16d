"""What carriers' error bodies say, in the three shapes that they come in."""

from collections.abc import Mapping
from typing import Any

from chalicelib.providers.wire import CarrierFault


def read_fault(body: Mapping[str, Any]) -> CarrierFault:
    """Find code and words in *body*: the first of `errors`, `error`, or the body itself."""
    if "errors" in body:
        errors = body["errors"]
        return _told(errors[0]) if isinstance(errors, list) and errors else CarrierFault()
    error = body.get("error")
    if not error:
        return _told(body)
    found = _told(error)
    # Some name the field that is wrong, and nothing else.
    return found if found.message else CarrierFault(code=found.code, message=str(error))


def _told(error: object) -> CarrierFault:
    if not isinstance(error, Mapping):
        return CarrierFault()
    code = error.get("code") or error.get("error_code") or ""
    words = (error.get(name) for name in ("message", "detail", "title"))
    return CarrierFault(code=str(code), message=str(next(filter(None, words), "")))
