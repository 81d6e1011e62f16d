"""Which acts of an agent can be done."""

import re
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.calls.call import Call
from chalicelib.calls.phone_numbers import PhoneNumber, masked
from chalicelib.calls.replies import Act, AskKeys, SendKeys, Transfer
from chalicelib.errors import AgentError, PolicyError
from chalicelib.providers.base import Feature

DIGITS: Final = re.compile(r"[0-9A-D*#wW]{1,32}")
"""What carriers can key: `w` waits half a second, `W` a whole one."""
MOST_KEYS: Final = 32
FINISH_KEY: Final = re.compile(r"[0-9*#]?")
_WANTED: Final = {
    SendKeys: Feature.SEND_DIGITS,
    AskKeys: Feature.ASK_KEYS,
    Transfer: Feature.TRANSFER,
}
HANDED: Final = "transfer allowed"
NOT_HANDED: Final = "transfer refused"


def check_act(act: Act, *, call: Call, exchange: Exchange) -> None:
    """Let *act* pass in *call*, or say why it cannot be done; whom to dial is written down.

    Raises:
        AgentError: it cannot.
    """
    provider = exchange.provider
    feature = _WANTED.get(type(act))
    if feature and feature not in provider.features:
        message = f"the agent wants to {feature}, which {provider.name} cannot"
        raise AgentError(message)
    match act:
        case SendKeys(digits) if not DIGITS.fullmatch(digits):
            message = "the agent wants to press keys that there are not"
        case AskKeys(digits=digits) if not 1 <= digits <= MOST_KEYS:
            message = f"the agent asks for {digits} keys, and not for 1 to {MOST_KEYS}"
        case AskKeys(finish_key=key) if not FINISH_KEY.fullmatch(key):
            message = "the agent wants keys to be finished by none"
        case Transfer(to):
            _check_transfer(PhoneNumber(to), call, exchange)
            return
        case _:
            return
    raise AgentError(message)


def _check_transfer(to: PhoneNumber, call: Call, exchange: Exchange) -> None:
    from chalicelib.accounts.audit import Asker, Door, Who  # noqa: PLC0415  # seldom
    from chalicelib.actions.note_decision import decision  # noqa: PLC0415

    by = Asker(who=Who(token_id="", name=f"agent of call {call.call_id}"), door=Door.AGENT)
    facts = {"to": to, "call_id": call.call_id}
    try:
        rule = _rule_for(to, call, exchange)
    except PolicyError as refusal:
        told = {"rule": refusal.rule, "reason": str(refusal)}
        exchange.audit.append(decision(NOT_HANDED, by, exchange, **facts, **told))
        raise AgentError(str(refusal)) from refusal
    exchange.audit.append(decision(HANDED, by, exchange, **facts, rule=rule))


def _rule_for(to: PhoneNumber, call: Call, exchange: Exchange) -> str:
    """Say why *to* may be dialled for *call*: it is named, and could be called, too."""
    from chalicelib.accounts.policy import check_may_call  # noqa: PLC0415  # seldom

    if to not in exchange.agent_settings(call).transfer_to:
        message = (
            f"calls are not handed to {masked(to)}; name it in transfer_to under [phone.agent]"
        )
        raise PolicyError(message, rule="phone.agent.transfer_to")
    prefix = check_may_call(exchange.account, to)
    return f"phone.agent.transfer_to, phone.outbound.allow {prefix}"
