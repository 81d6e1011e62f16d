"""The memory of calls in DynamoDB: one conditional request wherever one is enough."""

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.accounts.account import OutboundLimits
from chalicelib.accounts.audit import AuditEntry
from chalicelib.calls.call import AnsweredBy, Call, CallId, State, may_become
from chalicelib.calls.phone_numbers import masked
from chalicelib.calls.search import ALWAYS, Period
from chalicelib.errors import LimitReachedError, UnknownCallError
from chalicelib.overriding import override
from chalicelib.store.base import (
    QUIET,
    Created,
    EndedNote,
    Ending,
    Opened,
    Page,
    Recount,
)
from chalicelib.store.cursors import Cursor
from chalicelib.store.dynamo_audit import audit_item
from chalicelib.store.dynamo_turns import LIVE, ONE_MORE, DynamoTurns, call_in, find_call
from chalicelib.store.items import (
    call_at,
    call_item,
    call_of,
    day_counter,
    key_item,
    note_item,
    note_key,
    number_counter,
    running_counter,
)
from chalicelib.store.tables import (
    SHARDS,
    CallItem,
    CounterItem,
    KeyItem,
    NoteItem,
)
from chalicelib.store.writes import ABSENT, Change, Put, Step, change, put, transact

_UNOPENED: Final = sorted(may_become(State.ANSWERED) | {State.ANSWERED})


class DynamoCallStore(DynamoTurns):
    """Calls in the table that `use_table` named."""

    @override
    def create(
        self,
        call: Call,
        *,
        limits: OutboundLimits | None = None,
        idempotency_key: str = "",
        entry: AuditEntry | None = None,
    ) -> Created:
        steps: dict[str, Step] = {
            "call": Put(call_item(call), ABSENT),
            "running": _count(call, limits),
        }
        if entry:
            steps["entry"] = Put(audit_item(entry), ABSENT)
        if limits:
            steps |= _count_day(call, limits)
        if idempotency_key:
            # An item is taken away up to days after it expired: look at the time, too.
            reusable = ABSENT | (KeyItem.expires_at <= call.started_at)
            steps["key"] = Put(key_item(call, idempotency_key), reusable)
        refused = transact(**steps)
        if not refused:
            return Created(call, fresh=True)
        if "call" in refused:
            return Created(call_in(refused["call"]), fresh=False)
        if "key" in refused:
            first = KeyItem.from_raw_data(dict(refused["key"]))
            return Created(self.get(first.call_id), fresh=False)
        raise _limit_reached(call, refused)

    @override
    def record(self, call: Call) -> None:
        put(call_item(call))

    @override
    def get(self, call_id: str) -> Call:
        call = find_call(call_id)
        if call is None:
            raise UnknownCallError(call_id)
        return call

    @override
    def attach(self, call_id: str, provider_call_id: str) -> None:
        unknown = CallItem.pk.exists() & CallItem.provider_call_id.does_not_exist()
        change(call_at(call_id), CallItem.provider_call_id.set(provider_call_id), condition=unknown)

    @override
    def advance(
        self, call_id: str, state: State, *, account: str, provider_call_id: str, at: datetime
    ) -> bool:
        if state.is_final:
            msg = f"{state} is final, and calls are ended by finish()"
            raise ValueError(msg)
        before = sorted(may_become(state))
        if not before:
            return False
        actions = [CallItem.state.set(state), ONE_MORE, *_attaching(provider_call_id)]
        if state is State.ANSWERED:
            actions.append(CallItem.answered_at.set(at))
        if state is State.RINGING:
            actions.append(CallItem.ringing_at.set(at))
        return change(
            call_at(call_id),
            *actions,
            condition=CallItem.state.is_in(*before) & _is_of(account, provider_call_id),
        )

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
        item = call_at(call_id)
        known = [CallItem.answered_by.set(answered_by)] if answered_by else []
        unopened = CallItem.state.is_in(*_UNOPENED) & CallItem.opened_at.does_not_exist()
        if change(
            item,
            CallItem.state.set(CallItem.state_when_opened),
            CallItem.answered_at.set(CallItem.answered_at | at),
            CallItem.opened_at.set(at),
            ONE_MORE,
            *known,
            *_attaching(provider_call_id),
            condition=unopened & _is_of(account, provider_call_id),
        ):
            return Opened(call_of(item), first=True)
        if known:
            # It turned out only after the first words.
            change(item, *known, condition=LIVE & _is_of(account, provider_call_id))
        call = find_call(call_id)
        if call is None or call.account != account:
            return None
        if provider_call_id and call.provider_call_id not in {"", provider_call_id}:
            return None
        return Opened(call, first=False)

    @override
    def request_end(self, call_id: str, reason: State, *, at: datetime, retry_at: datetime) -> Call:
        item = call_at(call_id)
        note = (
            CallItem.end_requested.set(CallItem.end_requested | reason),
            CallItem.end_requested_at.set(CallItem.end_requested_at | at),
        )
        sooner = CallItem.deadline.set(retry_at)
        # DynamoDB has no minimum: where the sweep comes earlier anyway, only the reason is noted.
        if change(item, *note, sooner, condition=LIVE & (CallItem.deadline > retry_at)) or change(
            item, *note, condition=LIVE
        ):
            return call_of(item)
        return self.get(call_id)

    @override
    def finish(self, call_id: str, ending: Ending, *, account: str) -> bool:
        reason = ending.reason or CallItem.natural_end
        actions = [
            CallItem.state.set(CallItem.end_requested | reason),
            CallItem.ended_at.set(ending.at),
            CallItem.live_shard.remove(),
            ONE_MORE,
            *_attaching(ending.provider_call_id),
        ]
        if ending.error:
            actions.append(CallItem.error.set(asdict(ending.error)))
        refused = transact(
            call=Change(
                call_at(call_id),
                tuple(actions),
                LIVE & _is_of(account, ending.provider_call_id),
            ),
            running=Change(
                running_counter(account), (CounterItem.calls.add(-1), *_changing(ending.at))
            ),
            note=Put(note_item(call_id, ending.at)),
        )
        return not refused

    @override
    def live(self) -> list[Call]:
        return sorted(map(call_of, CallItem.live.scan()), key=lambda call: call.deadline)

    @override
    def overdue(self, now: datetime, *, limit: int) -> list[Call]:
        found = [
            call_of(item)
            for number in SHARDS
            for item in CallItem.live.query(number, CallItem.deadline <= now, limit=limit)
        ]
        return sorted(found, key=lambda call: call.deadline)[:limit]

    @override
    def recount(self, accounts: Collection[str], now: datetime) -> list[Recount]:
        # The numbers first: one that changes behind this is not touched.
        thought = {name: kept for name in accounts if (kept := _quiet_counter(name, now))}
        if not thought:
            return []
        live = [item.account for number in SHARDS for item in CallItem.live.query(number)]
        running = Counter(live)
        mended = []
        for name, kept in thought.items():
            if kept.calls != running[name] and change(
                running_counter(name),
                CounterItem.calls.set(running[name]),
                *_changing(now),
                condition=(CounterItem.calls == kept.calls) & _as_often_changed(kept),
            ):
                mended.append(Recount(name, int(kept.calls), running[name]))
        return mended

    @override
    def postpone(self, call_id: str, deadline: datetime) -> None:
        change(call_at(call_id), CallItem.deadline.set(deadline), condition=LIVE)

    @override
    def history(
        self, account: str, *, limit: int, cursor: str = "", period: Period = ALWAYS
    ) -> Page:
        begin = Cursor.read(cursor) if cursor else None
        ends = [end for end in (period.latest, begin and begin.started_at) if end]
        latest = min(ends, default=None)
        if latest and period.first and latest < period.first:
            return Page((), "")
        # DynamoDB refuses to go on behind a key that is outside of what is asked for.
        inside = begin is not None and begin.account == account and latest == begin.started_at
        found = CallItem.by_account.query(
            account,
            _begun(period.first, latest),
            scan_index_forward=False,
            # One more than asked for tells whether there is a next page.
            limit=limit + 1,
            last_evaluated_key=begin.key if begin and inside else None,
        )
        calls = tuple(map(call_of, found))
        page = calls[:limit]
        return Page(page, self.cursor_after(page[-1]) if len(calls) > limit else "")

    @override
    def cursor_after(self, call: Call) -> str:
        return Cursor.after(call)

    @override
    def ended_notes(self, *, limit: int) -> list[EndedNote]:
        found = [
            item for number in SHARDS for item in NoteItem.query(note_key(number), limit=limit)
        ]
        oldest = sorted(found, key=lambda item: item.sk)[:limit]
        return [EndedNote(f"{item.pk}/{item.sk}", CallId(item.call_id)) for item in oldest]

    @override
    def drop_ended_note(self, note: EndedNote) -> None:
        pk, _, sk = note.key.partition("/")
        NoteItem(pk, sk).delete()


def _begun(first: datetime | None, latest: datetime | None) -> Condition | None:
    """The condition that a call began between the two, each included."""
    began = CallItem.started_at
    if first and latest:
        between: Condition = began.between(first, latest)
        return between
    if first:
        return began >= first
    return began <= latest if latest else None


def _count(call: Call, limits: OutboundLimits | None) -> Change:
    counter = running_counter(call.account)
    room = _below(limits.max_concurrent_calls) if limits else None
    return Change(counter, (CounterItem.calls.add(1), *_changing(call.started_at)), room)


def _changing(at: datetime) -> tuple[Action, ...]:
    return CounterItem.version.add(1), CounterItem.changed_at.set(at)


def _quiet_counter(account: str, now: datetime) -> CounterItem | None:
    place = running_counter(account)
    try:
        kept = CounterItem.get(place.pk, place.sk, consistent_read=True)
    except CounterItem.DoesNotExist:
        return None
    # One that does not say when it changed is of before that was kept.
    is_quiet = kept.changed_at is None or kept.changed_at <= now - QUIET
    return kept if is_quiet else None


def _as_often_changed(kept: CounterItem) -> Condition:
    if kept.version is None:
        return CounterItem.version.does_not_exist()
    same: Condition = CounterItem.version == kept.version
    return same


def _count_day(call: Call, limits: OutboundLimits) -> dict[str, Step]:
    account, at = call.account, call.started_at
    counted = {
        "day": (day_counter(account, at), limits.max_calls_per_day),
        "number": (
            number_counter(account, call.to_number, at),
            limits.max_calls_per_day_per_number,
        ),
    }
    return {
        name: Change(
            counter,
            (CounterItem.calls.add(1), CounterItem.expires_at.set(counter.expires_at)),
            _below(limit),
        )
        for name, (counter, limit) in counted.items()
    }


def _below(limit: int) -> Condition:
    room: Condition = CounterItem.calls.does_not_exist() | (CounterItem.calls < limit)
    return room


def _limit_reached(call: Call, refused: Collection[str]) -> LimitReachedError:
    account = f"account {call.account!r}"
    if "running" in refused:
        rule = "max_concurrent_calls"
        message = f"{account} has no room for another call; wait until one is over"
    elif "day" in refused:
        rule = "max_calls_per_day"
        message = f"{account} has made all its calls of today; wait until midnight UTC"
    else:
        rule = "max_calls_per_day_per_number"
        message = (
            f"{account} has made all its calls of today to {masked(call.to_number)}; "
            "wait until midnight UTC"
        )
    return LimitReachedError(
        f"{message}, or raise {rule} under [phone.outbound]", rule=f"phone.outbound.{rule}"
    )


def _is_of(account: str, provider_call_id: str) -> Condition:
    ours: Condition = CallItem.account == account
    if not provider_call_id:
        return ours
    unknown = CallItem.provider_call_id.does_not_exist()
    ours &= unknown | (CallItem.provider_call_id == provider_call_id)
    return ours


def _attaching(provider_call_id: str) -> list[Action]:
    kept = CallItem.provider_call_id
    return [kept.set(kept | provider_call_id)] if provider_call_id else []
