"""Amazon Connect: a block of a flow asks with parameters that are all text, and wants text back.

https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html
"""

from typing import Any, Final

from chalicelib.errors import Fault, InvalidParamsError
from chalicelib.overriding import override
from chalicelib.tool.envelopes.base import Envelope, Event, from_text

_EVENT: Final = "ContactFlowEvent"


class Connect(Envelope):
    """A flow; its answer is a flat object of text, which serves either response validation."""

    longest_wait_secs = 6
    most_bytes = 16_000

    @override
    def fits(self, event: object, context: object) -> bool:
        return isinstance(event, dict) and event.get("Name") == _EVENT and "Details" in event

    @override
    def open(self, event: Event, context: object) -> object:
        details = event["Details"]
        params = details.get("Parameters") if isinstance(details, dict) else None
        if not isinstance(params, dict):
            raise InvalidParamsError(Fault("Parameters", 'must hold an "action"'))
        return {name: from_text(name, value) for name, value in params.items() if value != ""}

    @override
    def seal(self, result: dict[str, Any], event: Event) -> dict[str, str]:
        flat = {name: value for name, value in result.items() if name not in _LISTS}
        error = flat.pop("error", None) or {}
        flat |= {f"error_{name}": value for name, value in error.items()}
        flat |= {name: show(result[name]) for name, show in _LISTS.items() if name in result}
        return {name: _text(value) for name, value in flat.items()}


def _transcript(lines: list[dict[str, str]]) -> str:
    return "\n".join(f"{line['speaker']}: {line['text']}" for line in lines)


def _calls(calls: list[dict[str, str]]) -> str:
    shown = ("call_id", "state", "from", "to")
    return "\n".join(" ".join(call[name] for name in shown) for call in calls)


_LISTS: Final = {"transcript": _transcript, "calls": _calls}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
