"""The question itself, unwrapped: whoever invokes the function directly, also asynchronously."""

from typing import Any

from chalicelib.overriding import override
from chalicelib.tool.envelopes.base import Envelope, Event


class Plain(Envelope):
    """No envelope."""

    @override
    def fits(self, event: object, context: object) -> bool:
        return True

    @override
    def open(self, event: Event, context: object) -> object:
        return event

    @override
    def seal(self, result: dict[str, Any], event: Event) -> dict[str, Any]:
        return result
