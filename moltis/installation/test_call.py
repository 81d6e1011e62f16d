"""A short call that shows whether the phone works: two turns, then what became of it."""

import time
from collections.abc import Callable
from typing import Any, Final

from moltis.rpc_client import RpcClient

MESSAGE: Final = (
    "This is a test call of your telephone agent. Please say anything, and then something else."
)
TURNS: Final = 2
LONGEST_SECS: Final = 120.0
LOOK_EVERY_SECS: Final = 0.3
SIMULATED_NUMBER: Final = "+15559876543"

_UNANSWERED: Final = {
    "no_answer": "nobody answered",
    "busy": "the line was busy",
}


def try_call(
    rpc: RpcClient, account: str, to_number: str, watch: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Call *to_number*, talk for two turns, hang up, and tell what happened."""
    call = rpc.ask("voicecall.initiate", to=to_number, message=MESSAGE, account=account)
    deadline = time.monotonic() + LONGEST_SECS
    asked = False
    while not call["end_reason"] and time.monotonic() < deadline:
        if answered_turns(call) >= TURNS and not asked:
            rpc.ask("voicecall.end", call_id=call["call_id"])
            asked = True
        time.sleep(LOOK_EVERY_SECS)
        call = rpc.ask("voicecall.status", call_id=call["call_id"])
        watch(call)
    if not call["end_reason"] and not asked:
        rpc.ask("voicecall.end", call_id=call["call_id"])
    finding = _finding(call)
    return {"ok": not finding, "finding": finding, "turns": answered_turns(call), "call": call}


def answered_turns(call: dict[str, Any]) -> int:
    """How often the far end spoke and was answered."""
    speakers = [line["speaker"] for line in call.get("transcript", [])]
    return sum(
        speaker == "user" and "bot" in speakers[place + 1 : place + 2]
        for place, speaker in enumerate(speakers)
    )


def _finding(call: dict[str, Any]) -> str:
    if call["error"]:
        return f"the call failed: {call['error']['message']} ({call['error']['code']})"
    if call["end_reason"] in _UNANSWERED:
        return _UNANSWERED[call["end_reason"]]
    turns = answered_turns(call)
    if turns < TURNS:
        return f"there were {turns} turns instead of {TURNS}: was anything said?"
    return ""
