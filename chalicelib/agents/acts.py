"""What an agent may do in a call beside speaking: its tools, and what their calls mean."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.calls.call import Call
from chalicelib.calls.phone_numbers import e164
from chalicelib.calls.replies import (
    Act,
    AskKeys,
    EndCall,
    Piece,
    SendKeys,
    Speak,
    StaySilent,
    Transfer,
)
from chalicelib.calls.sentences import sentences
from chalicelib.errors import AgentError, BadPhoneNumberError

Arguments = Mapping[str, object]

MOST_KEYS: Final = 32
"""That many keys are sent or asked for at once."""
_KEYS: Final = re.compile(rf"[0-9A-D*#wW]{{1,{MOST_KEYS}}}")
_FINISH_KEYS: Final = ("#", "*", "")


@dataclass(frozen=True, slots=True)
class Tool:
    """An act under the name that a model knows it by; *parameters* are JSON Schemas by name."""

    name: str
    description: str
    parameters: Mapping[str, Mapping[str, object]]
    required: tuple[str, ...]
    read: Callable[[Arguments], Act]

    @property
    def schema(self) -> dict[str, object]:
        """The JSON Schema of its arguments."""
        return {
            "type": "object",
            "properties": {name: dict(schema) for name, schema in self.parameters.items()},
            "required": list(self.required),
            "additionalProperties": False,
        }


def pieces(name: str, arguments: Arguments) -> Iterator[Piece]:
    """Give what the call of the tool called *name* says and does.

    Raises:
        AgentError: there is no such tool, or it cannot be done like that.
    """
    tool = TOOLS.get(name)
    if tool is None:
        message = f"the agent calls a tool that there is not: {name[:40]!r}"
        raise AgentError(message)
    act = tool.read(arguments)
    words = arguments.get("say")
    yield from (Speak(sentence) for sentence in sentences(words if isinstance(words, str) else ""))
    yield act


def _end_call(_arguments: Arguments) -> Act:
    return EndCall()


def _stay_silent(_arguments: Arguments) -> Act:
    return StaySilent()


def _send_keys(arguments: Arguments) -> Act:
    given = arguments.get("digits")
    keys = re.sub(r"[\s-]", "", str(given)) if isinstance(given, str | int) else ""
    if not _KEYS.fullmatch(keys):
        message = f"the agent wants to send keys that are none: {str(given)[:40]!r}"
        raise AgentError(message)
    return SendKeys(keys)


def _ask_for_keys(arguments: Arguments) -> Act:
    given, finish = arguments.get("digits"), arguments.get("finish_key", "#")
    digits = int(given) if isinstance(given, str | int | float) and _is_whole(given) else 0
    if not 1 <= digits <= MOST_KEYS:
        message = f"the agent asks for a number of keys that is none: {str(given)[:40]!r}"
        raise AgentError(message)
    if finish not in _FINISH_KEYS:
        message = f"the agent wants a finish key that is none: {str(finish)[:40]!r}"
        raise AgentError(message)
    return AskKeys(digits, str(finish))


def _is_whole(given: str | float) -> bool:
    return bool(re.fullmatch(r"\d{1,3}(?:\.0)?", str(given).strip()))


def _transfer_call(arguments: Arguments) -> Act:
    try:
        return Transfer(e164(str(arguments.get("to", "")).strip()))
    except BadPhoneNumberError as error:
        message = f"the agent wants to transfer to a number that {error.faults[0].reason}"
        raise AgentError(message) from error


_LAST_WORDS: Final = {
    "type": "string",
    "description": "What to say before it is done. Leave it empty if you have said it already.",
}
_TRANSFER: Final = "transfer_call"
_EVERY: Final = (
    Tool(
        "end_call",
        "Hang up, after your last words were heard. Use it when the conversation is over.",
        {"say": _LAST_WORDS},
        ("say",),
        _end_call,
    ),
    Tool(
        "send_keys",
        "Press keys on your telephone, for the menu of a machine that you are connected to.",
        {
            "digits": {
                "type": "string",
                "description": "0-9, A-D, * and #; w waits half a second, W a whole one",
            },
            "say": _LAST_WORDS,
        },
        ("digits",),
        _send_keys,
    ),
    Tool(
        "ask_for_keys",
        "Have the other person press keys, for example a code or a customer number.",
        {
            "say": {"type": "string", "description": "What to ask for."},
            "digits": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_KEYS,
                "description": "how many keys at most",
            },
            "finish_key": {
                "type": "string",
                "enum": list(_FINISH_KEYS),
                "description": "the key that ends the input before: #, * or empty for none",
            },
        },
        ("say", "digits"),
        _ask_for_keys,
    ),
    Tool(
        _TRANSFER,
        "Hand the call to a person, and leave it. If nobody answers, you have it again.",
        {
            "to": {"type": "string", "description": "the number of the person"},
            "say": _LAST_WORDS,
        },
        ("to",),
        _transfer_call,
    ),
    Tool(
        "stay_silent",
        "Say nothing and go on listening, for example when the other person asks you to wait.",
        {},
        (),
        _stay_silent,
    ),
)


def offered(call: Call) -> Iterator[Tool]:
    """Give what the agent of *call* may do: hand it over only to whom the owner named."""
    persons = call.agent.transfer_to if call.agent else ()
    for tool in TOOLS.values():
        if tool.name != _TRANSFER:
            yield tool
        elif persons:
            words = f"{tool.parameters['to']['description']}: {' or '.join(persons)}"
            numbers = {"type": "string", "enum": list(persons), "description": words}
            yield replace(tool, parameters={**tool.parameters, "to": numbers})


TOOLS: Final[Mapping[str, Tool]] = {tool.name: tool for tool in _EVERY}
