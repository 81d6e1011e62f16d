"""Which calls somebody looks for."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.calls.call import Call, Direction, State

_SHORTEST_ID: Final = 4
_GAPS: Final = re.compile(r"[\s().-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A time in which calls began: from its first moment until before its last."""

    first: datetime | None = None
    last: datetime | None = None

    @property
    def latest(self) -> datetime | None:
        """The last moment that is in it: times are kept to the microsecond."""
        return self.last - timedelta(microseconds=1) if self.last else None

    def has(self, at: datetime) -> bool:
        """Whether *at* lies in it."""
        return (self.first is None or at >= self.first) and (self.last is None or at < self.last)


ALWAYS: Final = Period()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a call must be like; what is empty or none does not matter.

    `text` is part of either number, or how the call's id, ours or the carrier's, begins.
    """

    text: str = ""
    direction: Direction | None = None
    state: State | None = None
    period: Period = ALWAYS

    @property
    def is_any(self) -> bool:
        """Whether every call of the period will do."""
        return not self.text and self.direction is None and self.state is None

    def fits(self, call: Call) -> bool:
        """Whether *call*, which began in the period, is like that."""
        return (
            self.direction in {None, call.direction}
            and self.state in {None, call.state}
            and self._names(call)
        )

    def _names(self, call: Call) -> bool:
        if not self.text:
            return True
        part = _GAPS.sub("", self.text)
        if part and any(part in number for number in (call.from_number, call.to_number)):
            return True
        ids = (call.call_id, call.provider_call_id)
        return len(self.text) >= _SHORTEST_ID and any(one.startswith(self.text) for one in ids)


ANY: Final = Wanted()
