"""The agent tool `voice_call`, as a Lambda function."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chalice import Blueprint

from chalicelib import log, switchboard
from chalicelib.errors import Fault, GatewayError, InvalidParamsError, ProviderError

blueprint = Blueprint(__name__)

Result = dict[str, Any]

_ACTIONS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Result]]]] = {
    "initiate_call": ("initiated", switchboard.initiate),
    "end_call": ("ended", switchboard.end),
    "get_status": ("ok", switchboard.status),
    "send_dtmf": ("sent", switchboard.key),
    "speak": ("ok", switchboard.say),
}
_WHOLE_CALL: Final = "get_status"
_BRIEF: Final = ("call_id", "account", "to", "mode", "state", "end_reason", "error")


@blueprint.lambda_function(name="voice_call")
def voice_call(event: object, _context: object) -> Result:
    """Do what *event* asks for; what goes wrong is told, never raised."""
    try:
        return _run(event)
    except GatewayError as error:
        return {"status": "error", "error": _error(error)}
    except Exception:  # noqa: BLE001  # the outermost door: agents cannot read stack traces
        log.error("voice_call failed")
        message = "something of ours failed; try again, or look at the call's status"
        return {"status": "error", "error": {"code": "internal", "message": message}}


def _run(event: object) -> Result:
    if not isinstance(event, dict):
        raise InvalidParamsError(Fault("", 'give an object with an "action"'))
    action = event.get("action")
    if not isinstance(action, str) or action not in _ACTIONS:
        raise InvalidParamsError(Fault("action", f"must be one of {', '.join(_ACTIONS)}"))
    params = {name: value for name, value in event.items() if name != "action"}
    if action == _WHOLE_CALL and "call_id" not in params:
        raise InvalidParamsError(Fault("call_id", "is missing; initiate_call gave it"))
    status, run = _ACTIONS[action]
    found = run(params)
    shown = found if action == _WHOLE_CALL else {name: found[name] for name in _BRIEF}
    return {"status": status, **shown}


def _error(error: GatewayError) -> Result:
    told: Result = {"code": error.code, "message": str(error)}
    if isinstance(error, ProviderError):
        told |= {"provider": error.provider, "carrier_code": error.carrier_code}
    return told
