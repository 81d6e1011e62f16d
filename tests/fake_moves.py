"""What a reply does to a call, and how calls stand to one another, in memory."""

from datetime import datetime
from typing import Any

from chalicelib.calls.call import Call, State
from chalicelib.store.turns import Reply


def replying(call: Call, reply: Reply) -> dict[str, Any]:
    ends = State.HANGUP_BOT if reply.line.ends_call else None
    counted = {True: call.failures + 1, False: 0, None: call.failures}
    return {
        "state": reply.state,
        "given": call.given + reply.given,
        "quiet": reply.quiet,
        "more": reply.line.more,
        "act": reply.line.act,
        "failures": counted[reply.failed],
        "end_requested": call.end_requested or ends,
        "end_requested_at": call.end_requested_at or (reply.line.at if ends else None),
    }


def standing(call: Call) -> tuple[int, int, State]:
    return call.turn, call.heard, call.state


def newness(call: Call) -> tuple[datetime, str]:
    return call.started_at, call.call_id
