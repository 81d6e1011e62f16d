"""The memory of calls in DynamoDB: one conditional request wherever one is enough."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.accounts.account import OutboundLimits
from chalicelib.calls.call import AnsweredBy, Call, CallId, State, may_become
from chalicelib.calls.transcript import Conversation, Line, Slot
from chalicelib.errors import LimitReachedError, UnknownCallError
from chalicelib.overriding import override
from chalicelib.store.base import (
    CallStore,
    Created,
    EndedNote,
    Ending,
    Heard,
    Opened,
    Overheard,
    Page,
)
from chalicelib.store.cursors import Cursor
from chalicelib.store.items import (
    call_at,
    call_item,
    call_key,
    call_of,
    day_counter,
    key_item,
    line_at,
    line_item,
    line_of,
    note_item,
    note_key,
    running_counter,
    seen_item,
)
from chalicelib.store.tables import (
    SHARDS,
    CallItem,
    CounterItem,
    Item,
    KeyItem,
    LineItem,
    NoteItem,
)
from chalicelib.store.writes import ABSENT, Change, Put, RawItem, Step, change, put, transact

_LIVE: Final = CallItem.live_shard.exists()
_UNOPENED: Final = sorted(may_become(State.ANSWERED) | {State.ANSWERED})
_ONE_MORE: Final = CallItem.version.add(1)


class DynamoCallStore(CallStore):
    """Calls in the table that `use_table` named."""

    @override
    def create(
        self, call: Call, *, limits: OutboundLimits | None = None, idempotency_key: str = ""
    ) -> Created:
        steps: dict[str, Step] = {
            "call": Put(call_item(call), ABSENT),
            "running": _count(call, limits),
        }
        if limits:
            steps["day"] = _count_day(call, limits)
        if idempotency_key:
            # An item is taken away up to days after it expired: look at the time, too.
            reusable = ABSENT | (KeyItem.expires_at <= call.started_at)
            steps["key"] = Put(key_item(call, idempotency_key), reusable)
        refused = transact(**steps)
        if not refused:
            return Created(call, fresh=True)
        if "call" in refused:
            return Created(_call_in(refused["call"]), fresh=False)
        if "key" in refused:
            first = KeyItem.from_raw_data(dict(refused["key"]))
            return Created(self.get(first.call_id), fresh=False)
        raise _limit_reached(call.account, refused)

    @override
    def record(self, call: Call) -> None:
        put(call_item(call))

    @override
    def get(self, call_id: str) -> Call:
        call = _find(call_id)
        if call is None:
            raise UnknownCallError(call_id)
        return call

    @override
    def conversation(self, call_id: str) -> Conversation:
        items = list(Item.query(call_key(call_id), consistent_read=True))
        calls = [call_of(item) for item in items if isinstance(item, CallItem)]
        if not calls:
            raise UnknownCallError(call_id)
        lines = (line_of(item) for item in items if isinstance(item, LineItem))
        return Conversation.of(calls[0], lines)

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
        actions = [CallItem.state.set(state), _ONE_MORE, *_attaching(provider_call_id)]
        if state is State.ANSWERED:
            actions.append(CallItem.answered_at.set(at))
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
            _ONE_MORE,
            *known,
            *_attaching(provider_call_id),
            condition=unopened & _is_of(account, provider_call_id),
        ):
            return Opened(call_of(item), first=True)
        if known:
            # It turned out only after the first words.
            change(item, *known, condition=_LIVE & _is_of(account, provider_call_id))
        call = _find(call_id)
        if call is None or call.account != account:
            return None
        if provider_call_id and call.provider_call_id not in {"", provider_call_id}:
            return None
        return Opened(call, first=False)

    @override
    def hear(
        self, call_id: str, turn: int, line: Line, *, account: str, delivery: str = ""
    ) -> Heard:
        awaited = _LIVE & (CallItem.account == account) & (CallItem.turn == turn)
        steps: dict[str, Step] = {
            "line": Put(line_item(call_id, Slot.user(turn), line), ABSENT),
            "call": Change(
                call_at(call_id), (CallItem.state.set(State.ACTIVE), _ONE_MORE), awaited
            ),
        }
        if delivery:
            steps["seen"] = Put(seen_item(call_id, delivery, line.at), ABSENT)
        refused = transact(**steps)
        if not refused:
            return Heard.FRESH
        if "call" in refused:
            call = _live_call_in(refused["call"])
            if call is None or call.account != account:
                return Heard.OVER
        return Heard.REPEATED

    @override
    def overhear(
        self, call_id: str, line: Line, *, delivery: str, account: str
    ) -> Overheard | None:
        while (call := _find(call_id)) and call.account == account and not call.state.is_final:
            heard = Slot.overheard(call.turn, line.at)
            same_turn = _LIVE & (CallItem.turn == call.turn) & (CallItem.heard == call.heard)
            more = (
                CallItem.heard.set(call.heard + 1),
                CallItem.state.set(State.ACTIVE),
                _ONE_MORE,
            )
            refused = transact(
                seen=Put(seen_item(call_id, delivery, line.at), ABSENT),
                line=Put(line_item(call_id, heard, line)),
                call=Change(call_at(call_id), more, same_turn),
            )
            if not refused:
                after = replace(
                    call, heard=call.heard + 1, state=State.ACTIVE, version=call.version + 1
                )
                return Overheard(after, interrupts=call.state is State.SPEAKING)
            if "seen" in refused:
                return None
        return None

    @override
    def reply(
        self, call_id: str, turn: int, line: Line, *, heard: int = 0, speaking: bool = False
    ) -> Line | None:
        state = State.SPEAKING if speaking or line.ends_call else State.LISTENING
        actions: list[Action] = [
            CallItem.turn.set(turn + 1),
            CallItem.state.set(state),
            _ONE_MORE,
        ]
        if line.ends_call:
            wanted = CallItem.end_requested | State.HANGUP_BOT
            actions.append(CallItem.end_requested.set(wanted))
        awaited = _LIVE & (CallItem.turn == turn) & (CallItem.heard == heard)
        refused = transact(
            line=Put(line_item(call_id, Slot.bot(turn + 1), line), ABSENT),
            call=Change(call_at(call_id), tuple(actions), awaited),
        )
        if not refused:
            return line
        if "call" in refused and _live_call_in(refused["call"]) is None:
            return None
        there = refused.get("line")
        return line_of(LineItem.from_raw_data(dict(there))) if there else None

    @override
    def add_line(self, call_id: str, slot: Slot, line: Line) -> bool:
        return put(line_item(call_id, slot, line))

    @override
    def line(self, call_id: str, slot: Slot) -> Line | None:
        place = line_at(call_id, slot)
        try:
            return line_of(LineItem.get(place.pk, place.sk, consistent_read=True))
        except LineItem.DoesNotExist:
            return None

    @override
    def request_end(self, call_id: str, reason: State, *, retry_at: datetime) -> Call:
        item = call_at(call_id)
        note = CallItem.end_requested.set(CallItem.end_requested | reason)
        sooner = CallItem.deadline.set(retry_at)
        # DynamoDB has no minimum: where the sweep comes earlier anyway, only the reason is noted.
        if change(item, note, sooner, condition=_LIVE & (CallItem.deadline > retry_at)) or change(
            item, note, condition=_LIVE
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
            _ONE_MORE,
            *_attaching(ending.provider_call_id),
        ]
        if ending.error:
            actions.append(CallItem.error.set(asdict(ending.error)))
        refused = transact(
            call=Change(
                call_at(call_id),
                tuple(actions),
                _LIVE & _is_of(account, ending.provider_call_id),
            ),
            running=Change(running_counter(account), (CounterItem.calls.add(-1),)),
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
    def postpone(self, call_id: str, deadline: datetime) -> None:
        change(call_at(call_id), CallItem.deadline.set(deadline), condition=_LIVE)

    @override
    def history(self, account: str, *, limit: int, cursor: str = "") -> Page:
        # One more than asked for tells whether there is a next page.
        begin = Cursor.read(cursor) if cursor else None
        earlier = CallItem.started_at <= begin.started_at if begin else None
        found = CallItem.by_account.query(
            account,
            earlier if begin and begin.account != account else None,
            scan_index_forward=False,
            limit=limit + 1,
            last_evaluated_key=begin.key if begin and begin.account == account else None,
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


def _count(call: Call, limits: OutboundLimits | None) -> Change:
    counter = running_counter(call.account)
    room = _below(limits.max_concurrent_calls) if limits else None
    return Change(counter, (CounterItem.calls.add(1),), room)


def _count_day(call: Call, limits: OutboundLimits) -> Change:
    counter = day_counter(call.account, call.started_at)
    actions = (CounterItem.calls.add(1), CounterItem.expires_at.set(counter.expires_at))
    return Change(counter, actions, _below(limits.max_calls_per_day))


def _below(limit: int) -> Condition:
    room: Condition = CounterItem.calls.does_not_exist() | (CounterItem.calls < limit)
    return room


def _limit_reached(account: str, refused: Collection[str]) -> LimitReachedError:
    if "running" in refused:
        rule = "max_concurrent_calls"
        message = f"account {account!r} has no room for another call; wait until one is over"
    else:
        rule = "max_calls_per_day"
        message = f"account {account!r} has made all its calls of today; wait until midnight UTC"
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


def _find(call_id: str) -> Call | None:
    place = call_at(call_id)
    try:
        return call_of(CallItem.get(place.pk, place.sk, consistent_read=True))
    except CallItem.DoesNotExist:
        return None


def _call_in(raw: RawItem) -> Call:
    return call_of(CallItem.from_raw_data(dict(raw)))


def _live_call_in(raw: RawItem) -> Call | None:
    call = _call_in(raw) if raw else None
    return call if call and not call.state.is_final else None
