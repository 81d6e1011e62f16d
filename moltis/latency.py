"""How long the far end waited for replies: each stage of the turns, over many calls."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

STAGES: Final = {
    "webhook_ms": "understood by the carrier → webhook in",
    "agent_ms": "webhook in → agent asked",
    "first_sentence_ms": "agent asked → first sentence",
    "sent_ms": "first sentence → sent",
    "total_ms": "all of it",
}
"""The stages of a turn, and what lies between."""


def waits(calls: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Sum up the timings in the transcripts of *calls*."""
    timings = [
        line["timing"] for call in calls for line in call["transcript"] if line.get("timing")
    ]
    stages = {
        stage: _spread([timing[stage] for timing in timings if timing[stage] is not None])
        for stage in STAGES
    }
    return {"calls": len(calls), "turns": len(timings), "stages": stages}


def _spread(msecs: list[int]) -> dict[str, int | None]:
    ordered = sorted(msecs)
    return {
        "count": len(ordered),
        "p50": _percentile(ordered, 0.5),
        "p95": _percentile(ordered, 0.95),
        "max": ordered[-1] if ordered else None,
    }


def _percentile(ordered: list[int], share: float) -> int | None:
    """Give the smallest that at least that *share* does not exceed."""
    return ordered[ceil(share * len(ordered)) - 1] if ordered else None
