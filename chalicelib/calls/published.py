"""A call as the outside sees it: JSON with the names of the contract, times in RFC 3339."""

from datetime import UTC, datetime
from typing import Any

from chalicelib.calls.call import Call
from chalicelib.calls.course import course
from chalicelib.calls.phone_numbers import mask_all
from chalicelib.calls.transcript import Conversation, Line, Timing

CallJson = dict[str, Any]


def call_json(call: Call) -> CallJson:
    """Show *call* without its transcript."""
    error = call.error
    return {
        "call_id": call.call_id,
        "account": call.account,
        "provider": call.provider,
        "provider_call_id": call.provider_call_id or None,
        "direction": call.direction,
        "mode": call.mode,
        "from": call.from_number,
        "to": call.to_number,
        "state": call.state,
        "answered_by": call.answered_by,
        "started_at": time_json(call.started_at),
        "answered_at": time_json(call.answered_at),
        "ended_at": time_json(call.ended_at),
        "end_reason": call.end_reason,
        "error": {"code": error.code, "message": error.message} if error else None,
        "max_duration_secs": call.max_duration_secs,
    }


def without_numbers(shown: CallJson) -> CallJson:
    """Give what is *shown* of a call with no more of each number than its last four digits.

    What is no number, like the word of a carrier for a hidden one, stays.
    """
    return {**shown, "from": mask_all(shown["from"]), "to": mask_all(shown["to"])}


def conversation_json(conversation: Conversation) -> CallJson:
    """Show a call with its transcript, oldest line first."""
    lines = [_line_json(line) for line in conversation.lines]
    return {**call_json(conversation.call), "transcript": lines}


def course_json(call: Call) -> list[dict[str, Any]]:
    """Show what happened to *call*, oldest first."""
    return [{"what": one.what, "at": time_json(one.at)} for one in course(call)]


def _line_json(line: Line) -> dict[str, Any]:
    shown = {
        "speaker": line.speaker,
        "text": line.text,
        "kind": line.kind,
        "at": time_json(line.at),
    }
    return {**shown, "timing": timing_json(line.timing)} if line.timing else shown


def timing_json(timing: Timing) -> dict[str, int | None]:
    """Show how long each stage of a reply took, in milliseconds."""
    understood = timing.understood_at
    return {
        "webhook_ms": _msecs(understood, timing.webhook_at) if understood else None,
        "agent_ms": _msecs(timing.webhook_at, timing.asked_at),
        "first_sentence_ms": _msecs(timing.asked_at, timing.first_at),
        "sent_ms": _msecs(timing.first_at, timing.sent_at),
        "total_ms": _msecs(understood or timing.webhook_at, timing.sent_at),
    }


def _msecs(begin: datetime, end: datetime) -> int:
    # Two clocks may disagree by a little; nothing takes less than no time.
    return max(0, round((end - begin).total_seconds() * 1000))


def time_json(at: datetime | None) -> str | None:
    """Show a time: RFC 3339, UTC, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
