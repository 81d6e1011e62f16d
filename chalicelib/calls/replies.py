"""What an agent can do when it is its turn."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Speak:
    """Say *text*: a sentence or several, as the agent wrote it."""

    text: str


@dataclass(frozen=True, slots=True)
class EndCall:
    """Hang up, once the words before it were heard."""


@dataclass(frozen=True, slots=True)
class SendKeys:
    """Press *digits*, after the words before it: `0-9 A-D * #`, `w` waits 0.5 s, `W` a second."""

    digits: str


@dataclass(frozen=True, slots=True)
class AskKeys:
    """Have the far end press up to *digits* keys; *finish_key* ends them before (empty: none)."""

    digits: int
    finish_key: str = "#"


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hand the call to the person at *to*, E.164, after the words before it."""

    to: str


@dataclass(frozen=True, slots=True)
class StaySilent:
    """Say nothing, and go on listening."""


Act = EndCall | SendKeys | AskKeys | Transfer | StaySilent
Piece = Speak | Act
"""A piece of a reply; an act, if there is one, is the last piece."""

_ACTS: Final[Mapping[str, type[Act]]] = {
    "end_call": EndCall,
    "send_keys": SendKeys,
    "ask_keys": AskKeys,
    "transfer": Transfer,
    "stay_silent": StaySilent,
}
_NAMES: Final = {kind: name for name, kind in _ACTS.items()}


def write_act(act: Act) -> dict[str, Any]:
    """Put *act* into JSON."""
    return {"act": _NAMES[type(act)], **asdict(act)}


def read_act(written: Mapping[str, Any]) -> Act:
    """Read what `write_act` wrote."""
    facts = {name: fact for name, fact in written.items() if name != "act"}
    return _ACTS[written["act"]](**facts)
