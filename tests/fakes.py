"""Stand-ins that keep every promise of their contract, in memory."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any

from chalicelib.accounts.account import OutboundLimits
from chalicelib.accounts.audit import AuditEntry
from chalicelib.calls.call import AnsweredBy, Call, State, may_become
from chalicelib.calls.search import ALWAYS, Period
from chalicelib.calls.transcript import Conversation, Kind, Line, Slot
from chalicelib.errors import (
    Fault,
    InvalidParamsError,
    LimitReachedError,
    UnknownCallError,
)
from chalicelib.overriding import override
from chalicelib.store.base import (
    AuditStore,
    CallStore,
    Created,
    EndedNote,
    Ending,
    Opened,
    Page,
)
from chalicelib.store.turns import Heard, Overheard, Reply
from tests.fake_moves import newness, replying, standing


class FakeCallStore(CallStore):
    def __init__(self, audit: AuditStore | None = None) -> None:
        self._audit = audit
        self._lock = Lock()
        self._calls: dict[str, Call] = {}
        self._lines: dict[str, dict[str, Line]] = {}
        self._keys: dict[tuple[str, str], Call] = {}
        self._begun: Counter[tuple[str, date, str]] = Counter()
        self._notes: dict[str, EndedNote] = {}
        self._seen: set[tuple[str, str]] = set()
        self._overheard: dict[tuple[str, str], tuple[str, int, int]] = {}

    def running(self, account: str) -> int:
        return sum(call.account == account and not call.state.is_final for call in self._all())

    @override
    def create(
        self,
        call: Call,
        *,
        limits: OutboundLimits | None = None,
        idempotency_key: str = "",
        entry: AuditEntry | None = None,
    ) -> Created:
        with self._lock:
            there = self._calls.get(call.call_id) or self._created_under(call, idempotency_key)
            if there:
                return Created(there, fresh=False)
            if limits:
                self._count(call, limits)
            if idempotency_key:
                self._keys[call.account, idempotency_key] = call
            self._calls[call.call_id] = call
            if entry and self._audit:
                self._audit.append(entry)
            return Created(call, fresh=True)

    @override
    def record(self, call: Call) -> None:
        with self._lock:
            self._calls.setdefault(call.call_id, call)

    @override
    def get(self, call_id: str) -> Call:
        call = self._calls.get(call_id)
        if call is None:
            raise UnknownCallError(call_id)
        return call

    @override
    def conversation(self, call_id: str) -> Conversation:
        with self._lock:
            lines = sorted(self._lines.get(call_id, {}).items())
            return Conversation.of(self.get(call_id), (line for _, line in lines))

    @override
    def attach(self, call_id: str, provider_call_id: str) -> None:
        with self._lock:
            call = self._calls.get(call_id)
            if call and not call.provider_call_id:
                self._calls[call_id] = replace(call, provider_call_id=provider_call_id)

    @override
    def advance(
        self, call_id: str, state: State, *, account: str, provider_call_id: str, at: datetime
    ) -> bool:
        if state.is_final:
            msg = f"{state} is final, and calls are ended by finish()"
            raise ValueError(msg)
        with self._lock:
            call = self._of(account, call_id, provider_call_id)
            if call is None or call.state not in may_become(state):
                return False
            self._move(
                call,
                state=state,
                ringing_at=at if state is State.RINGING else call.ringing_at,
                answered_at=at if state is State.ANSWERED else call.answered_at,
                provider_call_id=call.provider_call_id or provider_call_id,
            )
            return True

    @override
    def open(
        self,
        call_id: str,
        *,
        account: str,
        provider_call_id: str,
        at: datetime,
        answered_by: AnsweredBy | None = None,
    ) -> Opened | None:
        with self._lock:
            call = self._of(account, call_id, provider_call_id)
            if call is None:
                return None
            unopened = may_become(State.ANSWERED) | {State.ANSWERED}
            if call.state not in unopened or call.opened_at:
                if answered_by and not call.state.is_final:
                    call = self._keep(replace(call, answered_by=answered_by))
                return Opened(call, first=False)
            call = self._move(
                call,
                answered_by=answered_by or call.answered_by,
                state=call.state_when_opened,
                answered_at=call.answered_at or at,
                opened_at=at,
                provider_call_id=call.provider_call_id or provider_call_id,
            )
            return Opened(call, first=True)

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

    @override
    def request_end(self, call_id: str, reason: State, *, at: datetime, retry_at: datetime) -> Call:
        with self._lock:
            call = self.get(call_id)
            if call.state.is_final:
                return call
            return self._keep(
                replace(
                    call,
                    end_requested=call.end_requested or reason,
                    end_requested_at=call.end_requested_at or at,
                    deadline=min(call.deadline, retry_at),
                )
            )

    @override
    def finish(self, call_id: str, ending: Ending, *, account: str) -> bool:
        with self._lock:
            call = self._of(account, call_id, ending.provider_call_id)
            if call is None or call.state.is_final:
                return False
            reason = ending.reason or call.natural_end
            ended = call.ended(reason, at=ending.at, error=ending.error)
            carrier_id = call.provider_call_id or ending.provider_call_id
            self._keep(replace(ended, provider_call_id=carrier_id))
            key = f"{ending.at.isoformat()}/{call_id}"
            self._notes[key] = EndedNote(key, call.call_id)
            return True

    @override
    def live(self) -> list[Call]:
        live = (call for call in self._all() if not call.state.is_final)
        return sorted(live, key=lambda call: call.deadline)

    @override
    def overdue(self, now: datetime, *, limit: int) -> list[Call]:
        return [call for call in self.live() if call.deadline <= now][:limit]

    @override
    def postpone(self, call_id: str, deadline: datetime) -> None:
        with self._lock:
            call = self._live(call_id)
            if call:
                self._keep(replace(call, deadline=deadline))

    @override
    def history(
        self, account: str, *, limit: int, cursor: str = "", period: Period = ALWAYS
    ) -> Page:
        calls = [
            call for call in self._all() if call.account == account and period.has(call.started_at)
        ]
        calls.sort(key=newness, reverse=True)
        if cursor:
            cursors = {self.cursor_after(call): call for call in self._all()}
            if cursor not in cursors:
                raise InvalidParamsError(Fault("cursor", "is not one that we gave"))
            before = cursors[cursor]
            calls = [call for call in calls if newness(call) < newness(before)]
        page = tuple(calls[:limit])
        return Page(page, self.cursor_after(page[-1]) if len(calls) > limit else "")

    @override
    def cursor_after(self, call: Call) -> str:
        return f"after-{call.call_id}"

    @override
    def ended_notes(self, *, limit: int) -> list[EndedNote]:
        with self._lock:
            return [note for _, note in sorted(self._notes.items())][:limit]

    @override
    def drop_ended_note(self, note: EndedNote) -> None:
        with self._lock:
            self._notes.pop(note.key, None)

    def _all(self) -> list[Call]:
        # A copy in one step: other threads may be writing.
        return list(self._calls.values())

    def _created_under(self, call: Call, key: str) -> Call | None:
        first = self._keys.get((call.account, key))
        if first is None or first.started_at + timedelta(days=1) <= call.started_at:
            return None
        return self._calls[first.call_id]

    def _count(self, call: Call, limits: OutboundLimits) -> None:
        today = (call.account, call.started_at.date())
        if self.running(call.account) >= limits.max_concurrent_calls:
            rule = "phone.outbound.max_concurrent_calls"
        elif self._begun[*today, ""] >= limits.max_calls_per_day:
            rule = "phone.outbound.max_calls_per_day"
        elif self._begun[*today, call.to_number] >= limits.max_calls_per_day_per_number:
            rule = "phone.outbound.max_calls_per_day_per_number"
        else:
            self._begun.update(((*today, ""), (*today, call.to_number)))
            return
        message = f"account {call.account!r} has no room; raise {rule}"
        raise LimitReachedError(message, rule=rule)

    def _of(self, account: str, call_id: str, provider_call_id: str) -> Call | None:
        call = self._calls.get(call_id)
        if call is None or call.account != account:
            return None
        ids = {call.provider_call_id, provider_call_id} - {""}
        return call if len(ids) <= 1 else None

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
