"""How those who invoke the Lambda function wrap a question, and want the answer wrapped."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from chalicelib.parameters import PARAMETERS, Whole
from chalicelib.tool.definition import ACTIONS, NAME

Asked = dict[str, Any]
Event = Any
"""JSON that somebody sent."""
Answer = Any
"""JSON, in the shape that the one who asked wants."""

_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,9}")


class Envelope(ABC):
    """One way to wrap a question and its answer."""

    longest_wait_secs: float = 25
    """How long this caller waits for an answer, less what the answer takes to arrive."""
    most_bytes: int = 0
    """How much of a transcript an answer to it can hold; 0: as much as there is."""

    @abstractmethod
    def fits(self, event: object, context: object) -> bool:
        """Whether *event* and *context* are what this caller sends."""

    @abstractmethod
    def open(self, event: Event, context: object) -> object:
        """Take the question out of *event*.

        Raises:
            InvalidParamsError: there is none in it.
        """

    @abstractmethod
    def seal(self, result: dict[str, Any], event: Event) -> Answer:
        """Wrap *result* for whoever sent *event*; whatever stands in that, this works."""


def named(name: object, params: Mapping[str, Any]) -> Asked:
    """Ask for what *name* says: an action, or the tool itself and *params* name the action."""
    if isinstance(name, str) and name in ACTIONS:
        return {**params, "action": name}
    if name == NAME:
        return dict(params)
    return {"action": name, **params}


def from_text(name: str, value: object) -> object:
    """Read *value* of the parameter *name* where every value is sent as text."""
    is_whole = isinstance(PARAMETERS.get(name), Whole)
    if is_whole and isinstance(value, str) and _WHOLE_NUMBER.fullmatch(value):
        return int(value)
    return value
