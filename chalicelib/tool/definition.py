"""What the tool `voice_call` is: its actions, what each takes, and what a model reads of it.

Nothing is imported here that does anything: descriptions are made of it on any machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib import parameters
from chalicelib.parameters import Takes
from chalicelib.store.base import Scope
from chalicelib.tool import words

NAME: Final = "voice_call"
TITLE: Final = "Telephone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that can be done with the telephone; *status* is what its result begins with."""

    name: str
    words: str
    takes: Takes
    scope: Scope
    status: str
    rings: bool = False
    """Whether somebody's telephone rings: agents that can ask their user first should."""


ACTIONS: Final[Mapping[str, Action]] = {
    action.name: action
    for action in (
        Action(
            name="initiate_call",
            words=words.INITIATE,
            takes=parameters.ORDER,
            scope=Scope.WRITE,
            status="initiated",
            rings=True,
        ),
        Action(
            name="end_call",
            words=words.END,
            takes=parameters.END,
            scope=Scope.WRITE,
            status="ended",
        ),
        Action(
            name="get_status",
            words=words.STATUS,
            takes=parameters.FOLLOW,
            scope=Scope.READ,
            status="ok",
        ),
        Action(
            name="send_dtmf",
            words=words.DIGITS,
            takes=parameters.DTMF,
            scope=Scope.WRITE,
            status="sent",
        ),
        Action(
            name="speak",
            words=words.SPEAK,
            takes=parameters.SPEAK,
            scope=Scope.WRITE,
            status="ok",
        ),
        Action(
            name="wait",
            words=words.WAIT,
            takes=parameters.WAIT,
            scope=Scope.READ,
            status="ok",
        ),
        Action(
            name="list_calls",
            words=words.LIST,
            takes=parameters.LIST,
            scope=Scope.READ,
            status="ok",
        ),
    )
}
"""By name, in the order in which they are published."""


def allowed(scope: Scope) -> list[Action]:
    """The actions that somebody of *scope* may use."""
    return [action for action in ACTIONS.values() if scope.covers(action.scope)]
