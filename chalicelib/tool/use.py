"""Using the tool: whatever is asked, and however it goes, the answer is a result."""

from collections.abc import Callable
from typing import Any, Final

from chalicelib import log
from chalicelib.errors import (
    Fault,
    GatewayError,
    InvalidParamsError,
    ProviderError,
    UnknownAccountError,
    UnknownCallError,
)
from chalicelib.tool.definition import ACTIONS, Action
from chalicelib.tool.running import RUN, Caller, Result
from chalicelib.tool.words import AFTER_ERROR

INTERNAL: Final = "internal"


class ScopeTooSmallError(GatewayError):
    """The access token is not good for this action."""

    code = "scope_too_small"


def use(ask: Callable[[], object], caller: Caller) -> Result:
    """Do what *ask* gives; what goes wrong is told, never raised."""
    try:
        return _run(ask(), caller)
    except GatewayError as error:
        return refusal(error)
    except Exception:  # noqa: BLE001  # the outermost door: agents cannot read stack traces
        log.error("voice_call failed")
        return _failure({"code": INTERNAL, "message": "something of ours failed"})


def refusal(error: GatewayError) -> Result:
    """Tell what went wrong, and what to do next."""
    told: Result = {"code": error.code, "message": str(error)}
    match error:
        case InvalidParamsError(faults=faults) if faults:
            told["field"] = faults[0].field
        case UnknownAccountError():
            told["field"] = "account"
        case UnknownCallError():
            told["field"] = "call_id"
        case ProviderError():
            told |= {"provider": error.provider, "carrier_code": error.carrier_code}
    return _failure(told)


def _failure(told: Result) -> Result:
    known: dict[str, Any] = {"status": "error", "error": told}
    return known | {"next": AFTER_ERROR.get(told["code"], AFTER_ERROR[INTERNAL])}


def _run(asked: object, caller: Caller) -> Result:
    if not isinstance(asked, dict):
        reason = f'must be in an object, like {{"action": "{next(iter(ACTIONS))}"}}'
        raise InvalidParamsError(Fault("action", reason))
    action = _action(asked)
    if not caller.scope.covers(action.scope):
        message = (
            f"{action.name} needs an access token of scope {action.scope}; "
            f"this one is only good for {caller.scope}"
        )
        raise ScopeTooSmallError(message)
    params = {name: value for name, value in asked.items() if name != "action"}
    action.takes.check(params)
    return {"status": action.status, **RUN[action.name](params, caller)}


def _action(asked: Result) -> Action:
    name = asked.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        raise InvalidParamsError(Fault("action", f"must be one of {', '.join(ACTIONS)}"))
    return ACTIONS[name]
