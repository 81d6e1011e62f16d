"""How far somebody has followed a call: the cursor, and what is new since it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from chalicelib.calls.call import State
from chalicelib.calls.transcript import Conversation, Kind, Line, Speaker
from chalicelib.overriding import override

_CURSOR: Final = re.compile(r"(\d+)-([0-9a-f]{8})-([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody knows of a call: so many *lines*, which they are, and everything else.

    The lines are remembered by a digest: should one ever come in between that was not there, the
    digest says so, and nothing is lost by counting.
    """

    lines: int
    settled: str
    everything: str

    @classmethod
    def of(cls, conversation: Conversation, lines: Sequence[Line] | None = None) -> "Seen":
        """Whoever has seen *lines* of *conversation*, from its beginning on; else all of them."""
        known = conversation.lines if lines is None else tuple(lines)
        settled = known[:-1] if known and _may_grow(known[-1]) else known
        state = conversation.call.state
        return cls(len(settled), _digest(settled), _digest(known, state))

    @classmethod
    def parse(cls, cursor: str) -> "Seen | None":
        """Read what `str()` wrote; nothing if it is something else."""
        found = _CURSOR.fullmatch(cursor)
        return cls(int(found[1]), found[2], found[3]) if found else None

    @override
    def __str__(self) -> str:
        return f"{self.lines}-{self.settled}-{self.everything}"

    def is_all_of(self, conversation: Conversation) -> bool:
        """Whether nothing has happened since."""
        return self.everything == _digest(conversation.lines, conversation.call.state)

    def lines_after(self, conversation: Conversation) -> int:
        """Where in *conversation* the lines begin that are news; at the start, if in doubt."""
        known = conversation.lines[: self.lines]
        if len(known) < self.lines or _digest(known) != self.settled:
            return 0
        return self.lines


def _may_grow(line: Line) -> bool:
    """Whether more may come to *line*: keys are shown together, as one line."""
    return line.speaker is Speaker.USER and line.kind is Kind.DTMF


def _digest(lines: Sequence[Line], state: State | str = "") -> str:
    told = [state, *(f"{line.speaker}\t{line.kind}\t{line.text}" for line in lines)]
    return sha256("\n".join(told).encode()).hexdigest()[:8]
