"""What our own callers may ask for: parameters checked, the right account found, JSON back.

All doors of ours lead to this one room, so that they cannot disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chalicelib import parameters, wiring
from chalicelib.accounts.audit import SOMEBODY, Asker
from chalicelib.actions.end_call import end_call
from chalicelib.actions.find_calls import Found, find_calls
from chalicelib.actions.place_call import CallOrder, place_call_or_fall_back
from chalicelib.actions.speak import send_digits, speak
from chalicelib.calls.call import Call, Direction, Mode, State
from chalicelib.calls.phone_numbers import e164
from chalicelib.calls.published import CallJson, call_json, conversation_json, time_json
from chalicelib.calls.search import Period, Wanted
from chalicelib.calls.terms import SpeechKind
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.parameters import LISTED, Params, Takes

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verb:
    """Something that can be asked for: in `words`, what it takes, and what it does."""

    words: str
    takes: Takes
    act: Callable[[Params, Asker], Result]

    def __call__(self, params: Params, asker: Asker = SOMEBODY) -> Result:
        """Do it for *asker*.

        Raises:
            InvalidParamsError: *params* are not what it takes.
        """
        self.takes.check(params)
        return self.act(params, asker)


def _status(params: Params, _asker: Asker) -> Result:
    if "call_id" in params:
        return conversation_json(wiring.calls().conversation(params["call_id"]))
    return {
        "accounts": [_account_json(account_id) for account_id in _account_ids()],
        "active_calls": [call_json(call) for call in wiring.calls().live()],
    }


def place(params: Params, asker: Asker) -> Call:
    """Call somebody as *params*, which are checked, say and *asker* wants."""
    from chalicelib.calls.speakable import speakable  # noqa: PLC0415

    mode = Mode(params.get("mode", Mode.CONVERSATION))
    message = speakable(str(params.get("message", "")))
    if mode is Mode.NOTIFY and not message:
        raise InvalidParamsError(Fault("message", "is what a notify call is for; give one"))
    speaker = params.get("tts_provider")
    order = CallOrder(
        to=e164(params["to"]),
        message=message,
        mode=mode,
        language=params.get("language", ""),
        voice=params.get("voice", ""),
        speaker=SpeechKind(speaker) if speaker else None,
        idempotency_key=params.get("idempotency_key", ""),
        asked_by=asker,
    )
    exchange = wiring.exchange(params.get("account", wiring.DEFAULT))
    return place_call_or_fall_back(order, exchange=exchange, fallback=wiring.exchange)


def _initiate(params: Params, asker: Asker) -> CallJson:
    return conversation_json(Conversation.of(place(params, asker), ()))


def _end(params: Params, _asker: Asker) -> CallJson:
    return _then(params, lambda call: end_call(call, exchange=wiring.exchange_of(call)))


def _say(params: Params, _asker: Asker) -> CallJson:
    message = params["message"]
    return _then(params, lambda call: speak(call, message, exchange=wiring.exchange_of(call)))


def _key(params: Params, _asker: Asker) -> CallJson:
    digits = params["digits"]
    return _then(params, lambda call: send_digits(call, digits, exchange=wiring.exchange_of(call)))


def find(params: Params) -> Found:
    """Find calls as *params*, which are checked, say."""
    if "account" in params:
        account_ids: tuple[str, ...] = (wiring.account(params["account"]).account_id,)
    else:
        account_ids = _account_ids()
    return find_calls(
        _wanted(params),
        account_ids,
        limit=params.get("limit", LISTED),
        cursor=params.get("cursor") or "",
        calls=wiring.calls(),
    )


def _history(params: Params, _asker: Asker) -> Result:
    found = find(params)
    return {
        "calls": [call_json(call) for call in found.calls],
        "cursor": found.cursor or None,
        **({"searched_to": time_json(found.searched_to)} if found.searched_to else {}),
    }


def _wanted(params: Params) -> Wanted:
    direction, state = params.get("direction"), params.get("state")
    first, last = params.get("began_from"), params.get("began_before")
    return Wanted(
        text=str(params.get("search", "")).strip(),
        direction=Direction(direction) if direction else None,
        state=State(state) if state else None,
        period=Period(
            first=datetime.fromisoformat(first) if first else None,
            last=datetime.fromisoformat(last) if last else None,
        ),
    )


status: Final = Verb(
    "Show one call with its transcript; or the accounts and the calls that run.",
    parameters.STATUS,
    _status,
)
initiate: Final = Verb(
    "Call somebody.",
    parameters.ORDER,
    _initiate,
)
end: Final = Verb("Hang up; a call that is over stays as it is.", parameters.END, _end)
say: Final = Verb("Speak into a live call.", parameters.SPEAK, _say)
key: Final = Verb("Send touch-tone digits into a live call.", parameters.DTMF, _key)
history: Final = Verb(
    "Show calls, newest first, and where the next page begins.",
    parameters.SEARCH,
    _history,
)


def _then(params: Params, act: Callable[[Call], Call]) -> CallJson:
    call = act(wiring.calls().get(params["call_id"]))
    lines = wiring.calls().conversation(call.call_id).lines
    return conversation_json(Conversation(call, lines))


def _account_ids() -> tuple[str, ...]:
    phone = wiring.phone()
    return phone.account_ids if phone else ()


def _account_json(account_id: str) -> Result:
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
        "language": account.language,
        "carrier": "simulated" if account.simulated else "live",
        "ready": account.enabled and not missing,
        "missing": list(missing),
    }
