"""The memory of what is said in a call: each thing once, in its place."""

from dataclasses import replace
from typing import Final

from pynamodb.expressions.update import Action

from chalicelib.calls.call import Call, State
from chalicelib.calls.transcript import Conversation, Line, Slot
from chalicelib.errors import UnknownCallError
from chalicelib.overriding import override
from chalicelib.store.base import CallStore, Heard, Overheard, Reply
from chalicelib.store.items import (
    call_at,
    call_key,
    call_of,
    line_at,
    line_item,
    line_of,
    seen_item,
)
from chalicelib.store.tables import CallItem, Item, LineItem
from chalicelib.store.writes import ABSENT, Change, Put, RawItem, Step, change, put, transact

LIVE: Final = CallItem.live_shard.exists()
ONE_MORE: Final = CallItem.version.add(1)


class DynamoTurns(CallStore):
    """The turns of calls, in the table that `use_table` named."""

    @override
    def conversation(self, call_id: str) -> Conversation:
        items = list(Item.query(call_key(call_id), consistent_read=True))
        calls = [call_of(item) for item in items if isinstance(item, CallItem)]
        if not calls:
            raise UnknownCallError(call_id)
        lines = (line_of(item) for item in items if isinstance(item, LineItem))
        return Conversation.of(calls[0], lines)

    @override
    def hear(
        self, call_id: str, turn: int, line: Line, *, account: str, delivery: str = ""
    ) -> Heard:
        awaited = LIVE & (CallItem.account == account) & (CallItem.turn == turn)
        steps: dict[str, Step] = {
            "line": Put(line_item(call_id, Slot.user(turn), line), ABSENT),
            "call": Change(call_at(call_id), (CallItem.state.set(State.ACTIVE), ONE_MORE), awaited),
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
        while (call := find_call(call_id)) and call.account == account and not call.state.is_final:
            heard = Slot.overheard(call.turn, line.at)
            same_turn = LIVE & (CallItem.turn == call.turn) & (CallItem.heard == call.heard)
            more = (
                CallItem.heard.set(call.heard + 1),
                CallItem.state.set(State.ACTIVE),
                CallItem.given.set(0),
                CallItem.spoken.remove(),
                ONE_MORE,
            )
            refused = transact(
                seen=Put(seen_item(call_id, delivery, line.at), ABSENT),
                line=Put(line_item(call_id, heard, line)),
                call=Change(call_at(call_id), more, same_turn),
            )
            if not refused:
                return Overheard(_after_hearing(call), interrupts=not call.has_spoken)
            if "seen" in refused:
                return None
        return None

    @override
    def reply(self, call_id: str, turn: int, reply: Reply) -> Line | None:
        line = reply.line
        awaited = LIVE & (CallItem.turn == turn) & (CallItem.heard == reply.heard)
        refused = transact(
            line=Put(line_item(call_id, Slot.bot(turn + 1), line), ABSENT),
            call=Change(call_at(call_id), _opening_next(turn, reply), awaited),
        )
        if not refused:
            return line
        if "call" in refused and _live_call_in(refused["call"]) is None:
            return None
        there = refused.get("line")
        return line_of(LineItem.from_raw_data(dict(there))) if there else None

    @override
    def interject(self, call: Call, slot: Slot, line: Line, *, given: int) -> bool:
        as_it_was = (
            LIVE
            & (CallItem.turn == call.turn)
            & (CallItem.heard == call.heard)
            & (CallItem.state == call.state)
        )
        speaks = given and call.state is State.LISTENING
        actions = (
            CallItem.given.add(given),
            CallItem.state.set(State.SPEAKING if speaks else call.state),
            ONE_MORE,
        )
        return not transact(
            line=Put(line_item(call.call_id, slot, line), ABSENT),
            call=Change(call_at(call.call_id), actions, as_it_was),
        )

    @override
    def note_spoken(self, call_id: str, delivery: str, *, heard: int, account: str) -> Call | None:
        item = call_at(call_id)
        current = LIVE & (CallItem.account == account) & (CallItem.heard == heard)
        noted = change(item, CallItem.spoken.add({delivery}), condition=current)
        return call_of(item) if noted else None

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


def _opening_next(turn: int, reply: Reply) -> tuple[Action, ...]:
    ends_call = reply.line.ends_call
    state = State.SPEAKING if reply.given or ends_call else State.LISTENING
    wanted = (
        CallItem.end_requested.set(CallItem.end_requested | State.HANGUP_BOT),
        CallItem.end_requested_at.set(CallItem.end_requested_at | reply.line.at),
    )
    return (
        CallItem.turn.set(turn + 1),
        CallItem.state.set(state),
        CallItem.given.add(reply.given),
        CallItem.quiet.set(reply.quiet),
        ONE_MORE,
        *(wanted if ends_call else ()),
    )


def _after_hearing(call: Call) -> Call:
    return replace(
        call,
        heard=call.heard + 1,
        state=State.ACTIVE,
        given=0,
        spoken=frozenset(),
        version=call.version + 1,
    )


def find_call(call_id: str) -> Call | None:
    """Read a call, if there is one."""
    place = call_at(call_id)
    try:
        return call_of(CallItem.get(place.pk, place.sk, consistent_read=True))
    except CallItem.DoesNotExist:
        return None


def call_in(raw: RawItem) -> Call:
    """Read a call as DynamoDB sent it."""
    return call_of(CallItem.from_raw_data(dict(raw)))


def _live_call_in(raw: RawItem) -> Call | None:
    call = call_in(raw) if raw else None
    return call if call and not call.state.is_final else None
