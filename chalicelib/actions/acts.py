"""Which acts of an agent can be done."""

import re
from typing import Final

from chalicelib.actions.exchange import Exchange
from chalicelib.calls.replies import Act, AskKeys, SendKeys, Transfer
from chalicelib.errors import AgentError
from chalicelib.providers.base import Feature

DIGITS: Final = re.compile(r"[0-9A-D*#wW]{1,32}")
"""What carriers can key: `w` waits half a second, `W` a whole one."""
MOST_KEYS: Final = 32
FINISH_KEY: Final = re.compile(r"[0-9*#]?")
_WANTED: Final = {SendKeys: Feature.SEND_DIGITS, AskKeys: Feature.ASK_KEYS}


def check_act(act: Act, *, exchange: Exchange) -> None:
    """Let *act* pass, or say why it cannot be done.

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
        case Transfer():
            message = "the agent wants to transfer the call, which cannot be done yet"
        case _:
            return
    raise AgentError(message)
