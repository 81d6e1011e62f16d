"""What our own callers may ask for: parameters checked, the right account found, JSON back.

RPC and the agent tool are two doors to this one room, so that they cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from chalicelib import wiring
from chalicelib.actions.end_call import end_call
from chalicelib.actions.place_call import CallOrder, place_call_or_fall_back
from chalicelib.actions.speak import send_digits, speak
from chalicelib.calls.call import Call, Mode
from chalicelib.calls.phone_numbers import e164
from chalicelib.calls.published import CallJson, call_json, conversation_json
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import BadPhoneNumberError, Fault, InvalidParamsError

LONGEST_MESSAGE: Final = 3_000
LONGEST_KEY: Final = 200
MOST_LISTED: Final = 100
_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter: its type, and what else is asked of it."""

    type: type
    required: bool = False
    check: Callable[[Any], str] = lambda _value: ""


Params = Mapping[str, Any]


def _word(value: str) -> str:
    return "" if value else "must not be empty"


def _number(value: str) -> str:
    try:
        e164(value)
    except BadPhoneNumberError as error:
        return error.faults[0].reason
    return ""


def _short(most: int) -> Callable[[str], str]:
    def check(value: str) -> str:
        return "" if len(value) <= most else f"must be at most {most} characters"

    return check


def _mode(value: str) -> str:
    return "" if value in list(Mode) else f"must be one of {', '.join(Mode)}"


def _listed(value: int) -> str:
    return "" if 1 <= value <= MOST_LISTED else f"must be from 1 to {MOST_LISTED}"


_CALL: Final = Param(str, required=True, check=_word)
_ACCOUNT: Final = Param(str, check=_word)

_INITIATE: Final = {
    "to": Param(str, required=True, check=_number),
    "message": Param(str, check=_short(LONGEST_MESSAGE)),
    "mode": Param(str, check=_mode),
    "account": _ACCOUNT,
    "idempotency_key": Param(str, check=_short(LONGEST_KEY)),
}
_SPEAK: Final = {
    "call_id": _CALL,
    "message": Param(str, required=True, check=_short(LONGEST_MESSAGE)),
}
_DTMF: Final = {"call_id": _CALL, "digits": Param(str, required=True)}
_HISTORY: Final = {
    "account": _ACCOUNT,
    "limit": Param(int, check=_listed),
    "cursor": Param(str),
}


def status(params: Params) -> dict[str, Any]:
    """Show one call with its transcript; or the accounts and the calls that run."""
    _check(params, {"call_id": Param(str, check=_word)})
    if "call_id" in params:
        return conversation_json(wiring.calls().conversation(params["call_id"]))
    return {
        "accounts": [_account_json(account_id) for account_id in _account_ids()],
        "active_calls": [call_json(call) for call in wiring.calls().live()],
    }


def initiate(params: Params) -> CallJson:
    """Call somebody."""
    _check(params, _INITIATE)
    mode = Mode(params.get("mode", Mode.CONVERSATION))
    message = str(params.get("message", "")).strip()
    if mode is Mode.NOTIFY and not message:
        raise InvalidParamsError(Fault("message", "is what a notify call is for; give one"))
    order = CallOrder(
        to=e164(params["to"]),
        message=message,
        mode=mode,
        idempotency_key=params.get("idempotency_key", ""),
    )
    exchange = wiring.exchange(params.get("account", wiring.DEFAULT))
    call = place_call_or_fall_back(order, exchange=exchange, fallback=wiring.exchange)
    return conversation_json(Conversation.of(call, ()))


def end(params: Params) -> CallJson:
    """Hang up; a call that is over stays as it is."""
    _check(params, {"call_id": _CALL})
    return _then(params, lambda call: end_call(call, exchange=wiring.exchange_of(call)))


def say(params: Params) -> CallJson:
    """Speak into a live call."""
    _check(params, _SPEAK)
    message = params["message"]
    return _then(params, lambda call: speak(call, message, exchange=wiring.exchange_of(call)))


def key(params: Params) -> CallJson:
    """Send touch-tone digits into a live call."""
    _check(params, _DTMF)
    digits = params["digits"]
    return _then(params, lambda call: send_digits(call, digits, exchange=wiring.exchange_of(call)))


def history(params: Params) -> dict[str, Any]:
    """Show calls, newest first, and where the next page begins."""
    _check(params, _HISTORY)
    limit, cursor = params.get("limit", _LISTED), params.get("cursor") or ""
    if "account" in params:
        account_ids = [wiring.account(params["account"]).account_id]
    else:
        account_ids = list(_account_ids())
    pages = [
        wiring.calls().history(account_id, limit=limit, cursor=cursor) for account_id in account_ids
    ]
    calls = sorted(
        (call for page in pages for call in page.calls),
        key=lambda call: call.started_at,
        reverse=True,
    )
    shown = list(islice(calls, limit))
    more = len(calls) > limit or any(page.cursor for page in pages)
    return {
        "calls": [call_json(call) for call in shown],
        "cursor": wiring.calls().cursor_after(shown[-1]) if more and shown else None,
    }


def _then(params: Params, act: Callable[[Call], Call]) -> CallJson:
    call = act(wiring.calls().get(params["call_id"]))
    lines = wiring.calls().conversation(call.call_id).lines
    return conversation_json(Conversation(call, lines))


def _account_ids() -> tuple[str, ...]:
    phone = wiring.phone()
    return phone.account_ids if phone else ()


def _account_json(account_id: str) -> dict[str, Any]:
    account = wiring.account(account_id)
    phone = wiring.phone()
    missing = wiring.missing_settings(account)
    return {
        "id": account.account_id,
        "provider": account.provider,
        "default": phone is not None and phone.active == account_id,
        "enabled": account.enabled,
        "from_number": account.from_number or None,
        "webhook_url": account.webhook_url or None,
        "inbound_policy": account.inbound_policy,
        "carrier": "simulated" if account.simulated else "live",
        "ready": account.enabled and not missing,
        "missing": list(missing),
    }


def _check(params: Params, known: Mapping[str, Param]) -> None:
    """Refuse *params* if anything in them is not as *known* says; every fault is named."""
    faults = [
        Fault(name, f"unknown; known are {', '.join(sorted(known))}")
        for name in params
        if name not in known
    ]
    for name, param in known.items():
        if name not in params:
            if param.required:
                faults.append(Fault(name, "is missing"))
        elif reason := _fault(params[name], param):
            faults.append(Fault(name, reason))
    if faults:
        raise InvalidParamsError(*faults)


def _fault(value: object, param: Param) -> str:
    if not isinstance(value, param.type) or isinstance(value, bool):
        wanted = "text" if param.type is str else "a whole number"
        return f"must be {wanted}"
    return param.check(value)
