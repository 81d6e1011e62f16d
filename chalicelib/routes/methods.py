"""What can be asked for by JSON-RPC: under which name, with which token."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import switchboard
from chalicelib.owner.asked import WISHES
from chalicelib.parameters import WAIT, Params, Takes
from chalicelib.store.base import AccessToken, Scope
from chalicelib.switchboard import Result, Verb
from chalicelib.tool.running import RUN, Caller


@dataclass(frozen=True, slots=True)
class Method:
    """Something that can be asked for, and what a token must be good for."""

    scope: Scope
    takes: Takes
    run: Callable[[Params, AccessToken], Any]

    @classmethod
    def for_anybody(cls, scope: Scope, verb: Verb) -> "Method":
        """Something for which it does not matter who asks."""
        return cls(scope, verb.takes, lambda params, _token: verb(params))


def _wait(params: Params) -> Result:
    return RUN["wait"](params, Caller())


wait: Final = Verb(
    "Wait until something happens in a call, or the time is up; show what is new.", WAIT, _wait
)

METHODS: Final[Mapping[str, Method]] = {
    "voicecall.status": Method.for_anybody(Scope.READ, switchboard.status),
    "voicecall.initiate": Method.for_anybody(Scope.WRITE, switchboard.initiate),
    "voicecall.end": Method.for_anybody(Scope.WRITE, switchboard.end),
    "voicecall.speak": Method.for_anybody(Scope.WRITE, switchboard.say),
    "voicecall.dtmf": Method.for_anybody(Scope.WRITE, switchboard.key),
    "voicecall.history": Method.for_anybody(Scope.READ, switchboard.history),
    "voicecall.wait": Method.for_anybody(Scope.READ, wait),
    **{name: Method(wish.scope, wish.takes, wish) for name, wish in WISHES.items()},
}
