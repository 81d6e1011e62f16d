"""What can be asked for by JSON-RPC: under which name, with which token."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import switchboard
from chalicelib.accounts.audit import Asker
from chalicelib.owner.asked import WISHES
from chalicelib.parameters import WAIT, Params, Takes
from chalicelib.store.base import Scope
from chalicelib.switchboard import Result, Verb
from chalicelib.tool.running import RUN, Caller


@dataclass(frozen=True, slots=True)
class Method:
    """Something that can be asked for, and what a token must be good for."""

    scope: Scope
    takes: Takes
    run: Callable[[Params, Asker], Any]

    @classmethod
    def of(cls, scope: Scope, verb: Verb) -> "Method":
        """Something that all doors of ours have."""
        return cls(scope, verb.takes, verb)


def _wait(params: Params, _asker: Asker) -> Result:
    return RUN["wait"](params, Caller())


wait: Final = Verb(
    "Wait until something happens in a call, or the time is up; show what is new.", WAIT, _wait
)

METHODS: Final[Mapping[str, Method]] = {
    "voicecall.status": Method.of(Scope.READ, switchboard.status),
    "voicecall.initiate": Method.of(Scope.WRITE, switchboard.initiate),
    "voicecall.end": Method.of(Scope.WRITE, switchboard.end),
    "voicecall.speak": Method.of(Scope.WRITE, switchboard.say),
    "voicecall.dtmf": Method.of(Scope.WRITE, switchboard.key),
    "voicecall.history": Method.of(Scope.READ, switchboard.history),
    "voicecall.wait": Method.of(Scope.READ, wait),
    **{name: Method(wish.scope, wish.takes, wish) for name, wish in WISHES.items()},
}
