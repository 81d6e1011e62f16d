"""How the actions of the tool are done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import switchboard, wiring
from chalicelib.accounts.audit import SOMEBODY, Asker
from chalicelib.calls.published import call_json
from chalicelib.calls.transcript import Conversation
from chalicelib.parameters import LISTED, LONGEST_WAIT_SECS, WAIT_SECS, Params
from chalicelib.store.base import Scope
from chalicelib.switchboard import Verb
from chalicelib.tool import words
from chalicelib.tool.report import report
from chalicelib.tool.seen import Seen
from chalicelib.tool.waiting import Notice, Wait, nobody, wait

Result = dict[str, Any]

_BRIEF: Final = ("call_id", "account", "to", "mode", "state", "end_reason", "error")
_LISTED: Final = (
    "call_id",
    "direction",
    "from",
    "to",
    "mode",
    "state",
    "started_at",
    "ended_at",
    "error",
)
_LONGEST_LISTED: Final = 500
"""Bytes that one call of the list takes."""
_NEWS: Final = (
    "call_id",
    "changed",
    "state",
    "answered_by",
    "end_reason",
    "error",
    "transcript",
    "more",
    "cursor",
    "next",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever uses the tool: what it may do, how long it can wait, how much it can read."""

    scope: Scope = Scope.WRITE
    asker: Asker = SOMEBODY
    secs: float = LONGEST_WAIT_SECS
    most_bytes: int = 0
    """Of transcript in one result; 0: as much as there is."""
    notice: Notice = nobody


def _initiate(params: Params, caller: Caller) -> Result:
    call = switchboard.place(params, caller.asker)
    shown = call_json(call)
    told = {"cursor": str(Seen.of(Conversation.of(call, ()))), "next": words.after(call)}
    return {name: shown[name] for name in _BRIEF} | told


def _through(verb: Verb) -> Callable[[Params, Caller], Result]:
    def run(params: Params, _caller: Caller) -> Result:
        call = verb(params)
        return {name: call[name] for name in _BRIEF}

    return run


def _status(params: Params, caller: Caller) -> Result:
    conversation = wiring.calls().conversation(params["call_id"])
    return report(conversation, _since(params), caller.most_bytes)


def _wait(params: Params, caller: Caller) -> Result:
    since = _since(params)
    wanted = Wait(
        secs=min(params.get("timeout_secs", WAIT_SECS), caller.secs),
        since=since,
        until_end=params.get("until") == "end",
    )
    calls, call_id = wiring.calls(), params["call_id"]
    waited = wait(wanted, lambda: calls.conversation(call_id), notice=caller.notice)
    found = report(waited.conversation, since, caller.most_bytes, has_news=waited.has_news)
    found["changed"] = waited.has_news
    return {name: found[name] for name in _NEWS if name in found}


def _list(params: Params, caller: Caller) -> Result:
    if caller.most_bytes:
        fitting = caller.most_bytes // _LONGEST_LISTED
        params = {**params, "limit": min(params.get("limit", LISTED), fitting)}
    found = switchboard.history(params)
    calls = [{name: call[name] for name in _LISTED} for call in found["calls"]]
    return {"calls": calls, "cursor": found["cursor"]}


def _since(params: Params) -> Seen | None:
    return Seen.parse(params["since"]) if "since" in params else None


RUN: Final[Mapping[str, Callable[[Params, Caller], Result]]] = {
    "initiate_call": _initiate,
    "end_call": _through(switchboard.end),
    "get_status": _status,
    "send_dtmf": _through(switchboard.key),
    "speak": _through(switchboard.say),
    "wait": _wait,
    "list_calls": _list,
}
"""How each action is done; what it is given has been checked."""
