"""Keeps a recording of each call of the demo, and listens to it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from moltis.carriers.line import Sound
from moltis.carriers.record import SimulatedCall
from moltis.demo.checks import Check
from moltis.listening import Heard, Side, listen
from moltis.recording import record

FOLDER: Final = Path("build") / "demo"
SLOWEST_LETTERS_PER_SECOND: Final = 30
"""Nobody speaks faster than this: a shorter recording lacks something."""
LEVELS_DB: Final = (-27.0, -15.0)
"""How loud speech is, below full scale, that is neither a whisper nor shouting."""
MOST_SILENT: Final = 0.6


def recorded(name: str, file: str, call: Mapping[str, Any], far_end: SimulatedCall) -> Check:
    """Write what was heard in the *call* to *file*, and check that it can be heard there."""
    path = FOLDER / f"{file}.wav"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(record(far_end.moments, far_end.audio).wav())
    heard = listen(path.read_bytes())
    faults = _faults(heard, call["transcript"], far_end)
    detail = f"{heard.seconds:.0f} s, {heard.silent:.0%} silent{_keys(heard)}: {path}"
    return Check(name, not faults, f"{detail}; {', '.join(faults)}" if faults else detail)


def _faults(heard: Heard, transcript: list[dict[str, Any]], far_end: SimulatedCall) -> list[str]:
    sides = {"bot": heard.agent, "user": heard.far_end}
    # What was said to its end: the last words of a call that is cut are in the transcript, too.
    said = [one for one in far_end.moments if one.whole and one.sound is Sound.SPEECH]
    letters = sum(len(one.text) for one in said)
    faults = [fault for who, side in sides.items() for fault in _side_faults(who, side, transcript)]
    if heard.seconds < letters / SLOWEST_LETTERS_PER_SECOND:
        faults.append(f"too short for {letters} letters")
    if heard.silent > MOST_SILENT:
        faults.append("hardly anything is heard")
    return faults


def _side_faults(who: str, side: Side, transcript: list[dict[str, Any]]) -> list[str]:
    own = [line for line in transcript if line["speaker"] == who]
    pressed = "".join(line["text"] for line in own if line["kind"] == "dtmf")
    faults = []
    if side.keys != pressed:
        faults.append(
            f"{who} pressed {pressed or 'nothing'}, and {side.keys or 'nothing'} is heard"
        )
    if any(line["kind"] == "speech" for line in own) and not (
        LEVELS_DB[0] <= side.level_db <= LEVELS_DB[1]
    ):
        faults.append(f"{who} speaks at {side.level_db} dB")
    return faults


def _keys(heard: Heard) -> str:
    pressed = [keys for keys in (heard.agent.keys, heard.far_end.keys) if keys]
    return f", keys {' '.join(pressed)}" if pressed else ""
