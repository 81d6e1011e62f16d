"""What the demo checks."""

from dataclasses import dataclass
from typing import Any

from moltis.carriers.line import Side, Sound
from moltis.carriers.record import SimulatedCall


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold, whether it did, and what was seen."""

    name: str
    ok: bool
    detail: str


def ended(name: str, call: dict[str, Any], *reasons: str) -> Check:
    """Check that the call ended for one of *reasons*."""
    error = f" ({call['error']['code']})" if call["error"] else ""
    return Check(name, call["end_reason"] in reasons, f"{call['end_reason']}{error}")


def heard_alike(name: str, call: dict[str, Any], far_end: SimulatedCall) -> Check:
    """Check that the transcript holds what either side heard of the other, in order."""
    written = [(line["speaker"], line["text"]) for line in call["transcript"]]
    speakers = {Side.AGENT: "bot", Side.FAR_END: "user"}
    audible = [
        (speakers[moment.side], moment.text)
        for moment in far_end.moments
        if moment.sound in {Sound.SPEECH, Sound.KEYS}
    ]
    same = written == audible
    detail = f"{len(written)} lines" if same else f"written {written}, heard {audible}"
    return Check(name, same, detail)


def turns(name: str, call: dict[str, Any], *, at_least: int) -> Check:
    """Check that the far end was answered often enough."""
    users = sum(line["speaker"] == "user" for line in call["transcript"])
    return Check(name, users >= at_least, f"{users} turns")


def spoken_to_the_end(name: str, far_end: SimulatedCall, text: str) -> Check:
    """Check that the far end heard the whole of *text*."""
    heard = any(moment.text == text and moment.whole for moment in far_end.heard)
    return Check(name, heard, f"{len(text)} characters heard" if heard else "cut off")


def no_alerts(name: str, far_end: SimulatedCall) -> Check:
    """Check that the carrier found nothing wrong with our documents."""
    return Check(name, not far_end.alerts, "; ".join(far_end.alerts) or "none")
