"""Stand-ins that keep every promise of their contract, in memory."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, timedelta

from chalicelib.accounts.account import OutboundLimits
from chalicelib.accounts.audit import AuditEntry
from chalicelib.calls.call import AnsweredBy, Call, State, may_become
from chalicelib.calls.search import ALWAYS, Period
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import (
    Fault,
    InvalidParamsError,
    LimitReachedError,
    UnknownCallError,
)
from chalicelib.overriding import override
from chalicelib.store.base import (
    AuditStore,
    Created,
    EndedNote,
    Ending,
    Opened,
    Page,
    Recount,
)
from tests.fake_moves import newness
from tests.fake_turns import FakeTurns


class FakeCallStore(FakeTurns):
    def __init__(self, audit: AuditStore | None = None) -> None:
        super().__init__()
        self._audit = audit
        self._keys: dict[tuple[str, str], Call] = {}
        self._begun: Counter[tuple[str, date, str]] = Counter()
        self._notes: dict[str, EndedNote] = {}

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
    def recount(self, accounts: Collection[str], now: datetime) -> list[Recount]:
        # What is no number of its own cannot be wrong.
        return []

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
