"""The memory of what is said in a call, in memory."""

from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any

from chalicelib.calls.call import Call, State
from chalicelib.calls.transcript import Kind, Line, Slot
from chalicelib.overriding import override
from chalicelib.store.base import CallStore
from chalicelib.store.turns import Heard, Interposed, Overheard, Reply
from tests.fake_moves import replying, standing


class FakeTurns(CallStore):
    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: dict[str, Call] = {}
        self._lines: dict[str, dict[str, Line]] = {}
        self._seen: set[tuple[str, str]] = set()
        self._overheard: dict[tuple[str, str], tuple[str, int, int]] = {}
        self._interposed: dict[tuple[str, str], int] = {}

    @override
    def hear(
        self, call_id: str, turn: int, line: Line, *, account: str, delivery: str = ""
    ) -> Heard:
        with self._lock:
            call = self._live(call_id)
            if call is None or call.account != account:
                return Heard.OVER
            if (call_id, delivery) in self._seen:
                return Heard.REPEATED
            if call.turn != turn or not self._fill(call_id, Slot.user(turn), line):
                return Heard.REPEATED
            self._move(call, state=State.ACTIVE, saying="", said_at=None)
            if delivery:
                self._seen.add((call_id, delivery))
            return Heard.FRESH

    @override
    def overhear(
        self, call_id: str, line: Line, *, delivery: str, account: str, by: str = ""
    ) -> Overheard | None:
        with self._lock:
            call = self._live(call_id)
            if call is None or call.account != account or not call.converses:
                return None
            if call.is_with_person:
                return None
            kept = self._overheard.get((call_id, delivery))
            if kept:
                is_theirs = by and (kept[0], kept[2]) == (by, call.heard)
                return Overheard(call, interrupts=False, turn=kept[1]) if is_theirs else None
            self._overheard[call_id, delivery] = (by, call.turn, call.heard + 1)
            self._fill(call_id, Slot.overheard(call.turn, line.at, call.heard), line)
            after = self._move(
                call, heard=call.heard + 1, state=State.ACTIVE, given=0, spoken=frozenset()
            )
            return Overheard(after, interrupts=not call.has_spoken, turn=call.turn)

    @override
    def interpose(
        self, call_id: str, turn: int, line: Line, *, delivery: str, account: str
    ) -> Interposed | None:
        with self._lock:
            call = self._live(call_id)
            if call is None or call.account != account or not call.converses:
                return None
            if (call_id, delivery) in self._interposed:
                return Interposed(Heard.REPEATED, self._interposed[call_id, delivery])
            unheard = call.turn == turn + 1 and not (call.told or call.end_requested)
            is_answered = call.turn == turn or (unheard and call.state is not State.ACTIVE)
            now = self._interposed[call_id, delivery] = call.turn if is_answered else turn
            if not is_answered or call.turn == turn:
                self._fill(call_id, Slot.overheard(turn, line.at, call.heard + 1), line)
            else:
                self._take_back(call)
                self._fill(call_id, Slot.user(call.turn), line)
            if not is_answered:
                return Interposed(Heard.REPEATED, now)
            heard = replace(call, heard=call.heard + 1, state=State.ACTIVE, given=0)
            if call.turn > turn:
                heard = replace(heard, act=None, more=False)
            self._move(heard, spoken=frozenset(), saying="", said_at=None)
            return Interposed(Heard.FRESH, now)

    def _take_back(self, call: Call) -> None:
        begin = str(Slot.bot(call.turn))
        for slot, line in self._lines[call.call_id].items():
            if slot.startswith(begin) and (line.part or slot == begin):
                unsaid = replace(line, text="", act=None, more=False, timing=None, audio="")
                self._lines[call.call_id][slot] = unsaid

    @override
    def reply(self, call_id: str, turn: int, reply: Reply) -> Line | None:
        with self._lock:
            call, line = self._live(call_id), reply.line
            if call is None:
                return None
            slot = Slot.bot(turn + 1)
            awaited = call.turn == turn and call.heard == reply.heard
            if not awaited or not self._fill(call_id, slot, line):
                return self._lines.get(call_id, {}).get(str(slot))
            opened = replace(call, saying="", said_at=None, turn=turn + 1, parts=1)
            self._move(opened, told=int(reply.told), **replying(call, reply))
            return line

    @override
    def go_on(self, call_id: str, turn: int, reply: Reply) -> bool:
        with self._lock:
            call, line = self._live(call_id), reply.line
            if call is None or (call.turn, call.heard) != (turn, reply.heard):
                return False
            if not call.more or call.parts != line.part - 1:
                return False
            if not self._fill(call_id, Slot.rest(turn, line), line):
                return False
            self._move(call, parts=line.part, **replying(call, reply))
            return True

    @override
    def parts(self, call_id: str, turn: int) -> list[Line]:
        with self._lock:
            lines = sorted(self._lines.get(call_id, {}).items())
        begin = str(Slot.bot(turn))
        found = [
            replace(line, part=line.part or int(slot == begin))
            for slot, line in lines
            if slot.startswith(begin)
        ]
        return [line for line in found if line.part]

    @override
    def note_told(self, call_id: str, turn: int, part: int, saying: str, at: datetime) -> None:
        with self._lock:
            call = self._live(call_id)
            if call and call.turn == turn and call.told < part:
                self._keep(replace(call, told=part, saying=saying, said_at=at))

    @override
    def interject(
        self, call: Call, slot: Slot, line: Line, *, given: int = 0, filler: bool = False
    ) -> bool:
        with self._lock:
            now = self._live(call.call_id)
            if now is None or standing(now) != standing(call):
                return False
            if not self._fill(call.call_id, slot, line):
                return False
            speaks = given and now.state is State.LISTENING
            self._move(
                now,
                state=State.SPEAKING if speaks else now.state,
                given=now.given + given,
                fillers=now.fillers + int(filler),
            )
            return True

    @override
    def overtake(self, call: Call, slot: Slot, line: Line, again: Line | None = None) -> bool:
        with self._lock:
            now = self._live(call.call_id)
            if now is None or standing(now) != standing(call):
                return False
            if not self._fill(call.call_id, slot, line):
                return False
            if again:
                self._fill(call.call_id, slot.behind(), again)
            spoken = [one.text for one in (line, again) if one and one.kind is Kind.SPEECH]
            self._move(now, saying=" ".join(spoken), said_at=line.at)
            return True

    @override
    def note_spoken(self, call_id: str, delivery: str, *, heard: int, account: str) -> Call | None:
        with self._lock:
            call = self._live(call_id)
            if call is None or (call.account, call.heard) != (account, heard):
                return None
            return self._keep(replace(call, spoken=call.spoken | {delivery}))

    @override
    def add_line(self, call_id: str, slot: Slot, line: Line) -> bool:
        with self._lock:
            return self._fill(call_id, slot, line)

    @override
    def line(self, call_id: str, slot: Slot) -> Line | None:
        return self._lines.get(call_id, {}).get(str(slot))

    def _live(self, call_id: str) -> Call | None:
        call = self._calls.get(call_id)
        return call if call and not call.state.is_final else None

    def _fill(self, call_id: str, slot: Slot, line: Line) -> bool:
        lines = self._lines.setdefault(call_id, {})
        if str(slot) in lines:
            return False
        lines[str(slot)] = line
        return True

    def _move(self, call: Call, **changes: Any) -> Call:  # whatever a call has
        return self._keep(replace(call, **changes, version=call.version + 1))

    def _keep(self, call: Call) -> Call:
        self._calls[call.call_id] = call
        return call
