"""What the tool can do: each action with its words, what it takes, and how it is done."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib import switchboard, wiring
from chalicelib.calls.published import call_json, conversation_json
from chalicelib.calls.transcript import Conversation, Line
from chalicelib.parameters import LONGEST_WAIT_SECS, WAIT_SECS, Params, Takes
from chalicelib.store.base import Scope
from chalicelib.switchboard import Verb
from chalicelib.tool import words
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
    secs: float = LONGEST_WAIT_SECS
    most_bytes: int = 0
    """Of transcript in one result; 0: as much as there is."""
    notice: Notice = nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that can be done with the telephone; *status* is what its result begins with."""

    name: str
    words: str
    takes: Takes
    scope: Scope
    status: str
    run: Callable[[Params, Caller], Result]


def _initiate(params: Params, _caller: Caller) -> Result:
    call = switchboard.place(params)
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
    return _followed(conversation, _since(params), caller.most_bytes)


def _wait(params: Params, caller: Caller) -> Result:
    since = _since(params)
    wanted = Wait(
        secs=min(params.get("timeout_secs", WAIT_SECS), caller.secs),
        since=since,
        until_end=params.get("until") == "end",
    )
    calls, call_id = wiring.calls(), params["call_id"]
    waited = wait(wanted, lambda: calls.conversation(call_id), notice=caller.notice)
    found = _followed(waited.conversation, since, caller.most_bytes, has_news=waited.has_news)
    found["changed"] = waited.has_news
    return {name: found[name] for name in _NEWS if name in found}


def _list(params: Params, _caller: Caller) -> Result:
    found = switchboard.history(params)
    calls = [{name: call[name] for name in _LISTED} for call in found["calls"]]
    return {"calls": calls, "cursor": found["cursor"]}


def _since(params: Params) -> Seen | None:
    return Seen.parse(params["since"]) if "since" in params else None


def _followed(
    conversation: Conversation, since: Seen | None, most_bytes: int, *, has_news: bool = True
) -> Result:
    """Show the call with the lines after *since*, as many as fit, and where to go on."""
    first = since.lines_after(conversation) if since else 0
    last = first + _how_many_fit(conversation.lines[first:], most_bytes)
    call, has_more = conversation.call, last < len(conversation.lines)
    found = conversation_json(Conversation(call, conversation.lines[first:last]))
    if has_more:
        found["more"] = True
    found["cursor"] = str(Seen.of(conversation, conversation.lines[:last]))
    found["next"] = words.after(call, has_more=has_more, has_news=has_news)
    return found


def _how_many_fit(lines: tuple[Line, ...], most_bytes: int) -> int:
    """Count the *lines* that fit, and at least one, so that whoever goes on gets further."""
    room = most_bytes or float("inf")
    for number, line in enumerate(lines):
        room -= len(json.dumps(line.text)) + _AROUND_A_LINE
        if room < 0 and number:
            return number
    return len(lines)


_AROUND_A_LINE: Final = len(
    '{"speaker": "user", "text": , "kind": "speech", "at": "2026-03-02T12:00:00.000Z"}, '
)

ACTIONS: Final[Mapping[str, Action]] = {
    action.name: action
    for action in (
        Action(
            name="initiate_call",
            words=words.INITIATE,
            takes=switchboard.initiate.takes,
            scope=Scope.WRITE,
            status="initiated",
            run=_initiate,
        ),
        Action(
            name="end_call",
            words=words.END,
            takes=switchboard.end.takes,
            scope=Scope.WRITE,
            status="ended",
            run=_through(switchboard.end),
        ),
        Action(
            name="get_status",
            words=words.STATUS,
            takes=Takes(required=("call_id",), optional=("since",)),
            scope=Scope.READ,
            status="ok",
            run=_status,
        ),
        Action(
            name="send_dtmf",
            words=words.DIGITS,
            takes=switchboard.key.takes,
            scope=Scope.WRITE,
            status="sent",
            run=_through(switchboard.key),
        ),
        Action(
            name="speak",
            words=words.SPEAK,
            takes=switchboard.say.takes,
            scope=Scope.WRITE,
            status="ok",
            run=_through(switchboard.say),
        ),
        Action(
            name="wait",
            words=words.WAIT,
            takes=Takes(required=("call_id",), optional=("since", "until", "timeout_secs")),
            scope=Scope.READ,
            status="ok",
            run=_wait,
        ),
        Action(
            name="list_calls",
            words=words.LIST,
            takes=switchboard.history.takes,
            scope=Scope.READ,
            status="ok",
            run=_list,
        ),
    )
}
"""By name, in the order in which they are published."""


def allowed(scope: Scope) -> list[Action]:
    """The actions that somebody of *scope* may use."""
    return [action for action in ACTIONS.values() if scope.covers(action.scope)]
