"""The memory of what is said in a call: each thing once, in its place."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.calls.call import Call, State
from chalicelib.calls.replies import write_act
from chalicelib.calls.transcript import Conversation, Kind, Line, Slot
from chalicelib.errors import UnknownCallError
from chalicelib.overriding import override
from chalicelib.store.base import CallStore
from chalicelib.store.items import (
    call_at,
    call_key,
    call_of,
    line_at,
    line_item,
    line_of,
    seen_item,
)
from chalicelib.store.tables import CallItem, Item, LineItem, SeenItem
from chalicelib.store.turns import Heard, Interposed, Overheard, Reply
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
            "call": Change(
                call_at(call_id), (CallItem.state.set(State.ACTIVE), *_SILENT, ONE_MORE), awaited
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
        self, call_id: str, line: Line, *, delivery: str, account: str, by: str = ""
    ) -> Overheard | None:
        while (call := find_call(call_id)) and _is_heard(call, account) and not call.is_with_person:
            slot = Slot.overheard(call.turn, line.at, call.heard)
            same_turn = LIVE & (CallItem.turn == call.turn) & (CallItem.heard == call.heard)
            after = _after_hearing(call)
            known = seen_item(call_id, delivery, line.at, by=by, turn=after.turn, heard=after.heard)
            refused = transact(
                seen=Put(known, ABSENT),
                line=Put(line_item(call_id, slot, line)),
                call=Change(call_at(call_id), _HEARING, same_turn),
            )
            if not refused:
                return Overheard(after, interrupts=not call.has_spoken, turn=call.turn)
            if "seen" in refused:
                seen = SeenItem.from_raw_data(dict(refused["seen"]))
                is_theirs = by and (seen.by, seen.heard) == (by, call.heard)
                return (
                    Overheard(call, interrupts=False, turn=int(seen.turn or 0))
                    if is_theirs
                    else None
                )
        return None

    @override
    def interpose(
        self, call_id: str, turn: int, line: Line, *, delivery: str, account: str
    ) -> Interposed | None:
        while (call := find_call(call_id)) and _is_heard(call, account):
            slot, steps = self._instead(call, turn, line.at)
            answered = call.turn if steps else turn
            seen = Put(seen_item(call_id, delivery, line.at, turn=answered), ABSENT)
            refused = transact(seen=seen, line=Put(line_item(call_id, slot, line)), **steps)
            if "seen" in refused:
                before = SeenItem.from_raw_data(dict(refused["seen"]))
                return Interposed(Heard.REPEATED, int(before.turn or turn))
            if not refused:
                return Interposed(Heard.FRESH if steps else Heard.REPEATED, answered)
        return None

    def _instead(self, call: Call, turn: int, at: datetime) -> tuple[Slot, dict[str, Step]]:
        """Where stands what is said *at* a time of the wait, and what makes it be answered."""
        heard = (*_HEARING, *_SILENT)
        if call.turn == turn:
            hearing = Change(call_at(call.call_id), heard, _as_in(call))
            return Slot.overheard(turn, at, call.heard + 1), {"call": hearing}
        if call.turn > turn + 1 or call.told or call.end_requested or call.state is State.ACTIVE:
            return Slot.overheard(turn, at, call.heard + 1), {}
        steps: dict[str, Step] = {}
        for line in self.parts(call.call_id, call.turn):
            slot = Slot.bot(call.turn) if line.part == 1 else Slot.rest(call.turn, line)
            unsaid = replace(line, text="", act=None, more=False, timing=None, audio="")
            steps[str(slot)] = Put(line_item(call.call_id, slot, unsaid))
        taken_back = (*heard, CallItem.act.remove(), CallItem.more.set(False))
        unheard = _as_in(call) & (CallItem.told == 0) & (CallItem.parts == call.parts)
        steps["call"] = Change(call_at(call.call_id), taken_back, unheard)
        return Slot.user(call.turn), steps

    @override
    def reply(self, call_id: str, turn: int, reply: Reply) -> Line | None:
        line = reply.line
        awaited = LIVE & (CallItem.turn == turn) & (CallItem.heard == reply.heard)
        opening = (
            CallItem.turn.set(turn + 1),
            CallItem.parts.set(1),
            CallItem.told.set(int(reply.told)),
            *_SILENT,
            *_replying(reply),
        )
        refused = transact(
            line=Put(line_item(call_id, Slot.bot(turn + 1), line), ABSENT),
            call=Change(call_at(call_id), opening, awaited),
        )
        if not refused:
            return line
        if "call" in refused and _live_call_in(refused["call"]) is None:
            return None
        there = refused.get("line")
        return line_of(LineItem.from_raw_data(dict(there))) if there else None

    @override
    def go_on(self, call_id: str, turn: int, reply: Reply) -> bool:
        line = reply.line
        unfinished = (
            LIVE
            & (CallItem.turn == turn)
            & (CallItem.heard == reply.heard)
            & (CallItem.parts == line.part - 1)
            & (CallItem.more == True)  # noqa: E712  # a condition, not a comparison
        )
        longer = (CallItem.parts.set(line.part), *_replying(reply))
        return not transact(
            line=Put(line_item(call_id, Slot.rest(turn, line), line), ABSENT),
            call=Change(call_at(call_id), longer, unfinished),
        )

    @override
    def parts(self, call_id: str, turn: int) -> list[Line]:
        place = line_at(call_id, Slot.bot(turn))
        found = LineItem.query(
            place.pk, LineItem.sk.startswith(str(place.sk)), consistent_read=True
        )
        lines = [replace(line_of(item), part=_part(item, place)) for item in found]
        return [line for line in lines if line.part]

    @override
    def note_told(self, call_id: str, turn: int, part: int, saying: str, at: datetime) -> None:
        still = LIVE & (CallItem.turn == turn) & (CallItem.told < part)
        told = (CallItem.told.set(part), CallItem.saying.set(saying), CallItem.said_at.set(at))
        change(call_at(call_id), *told, condition=still)

    @override
    def interject(
        self, call: Call, slot: Slot, line: Line, *, given: int = 0, filler: bool = False
    ) -> bool:
        speaks = given and call.state is State.LISTENING
        actions = (
            CallItem.given.add(given),
            CallItem.fillers.add(int(filler)),
            CallItem.state.set(State.SPEAKING if speaks else call.state),
            ONE_MORE,
        )
        return not transact(
            line=Put(line_item(call.call_id, slot, line), ABSENT),
            call=Change(call_at(call.call_id), actions, _as_in(call)),
        )

    @override
    def overtake(self, call: Call, slot: Slot, line: Line, again: Line | None = None) -> bool:
        spoken = [one.text for one in (line, again) if one and one.kind is Kind.SPEECH]
        actions = (
            CallItem.saying.set(" ".join(spoken)),
            CallItem.said_at.set(line.at),
            ONE_MORE,
        )
        steps: dict[str, Step] = {
            "line": Put(line_item(call.call_id, slot, line), ABSENT),
            "call": Change(call_at(call.call_id), actions, _as_in(call)),
        }
        if again:
            steps["again"] = Put(line_item(call.call_id, slot.behind(), again), ABSENT)
        return not transact(**steps)

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


_SILENT: Final[tuple[Action, ...]] = (CallItem.saying.remove(), CallItem.said_at.remove())

_HEARING: Final[tuple[Action, ...]] = (
    CallItem.heard.add(1),
    CallItem.state.set(State.ACTIVE),
    CallItem.given.set(0),
    CallItem.spoken.remove(),
    ONE_MORE,
)


def _replying(reply: Reply) -> tuple[Action, ...]:
    line = reply.line
    wanted = (
        CallItem.end_requested.set(CallItem.end_requested | State.HANGUP_BOT),
        CallItem.end_requested_at.set(CallItem.end_requested_at | line.at),
    )
    counted = CallItem.failures.add(1) if reply.failed else CallItem.failures.set(0)
    return (
        CallItem.state.set(reply.state),
        CallItem.given.add(reply.given),
        CallItem.quiet.set(reply.quiet),
        CallItem.more.set(line.more),
        CallItem.act.set(write_act(line.act)) if line.act else CallItem.act.remove(),
        ONE_MORE,
        *((counted,) if reply.failed is not None else ()),
        *(wanted if line.ends_call else ()),
    )


def _part(item: LineItem, beginning: LineItem) -> int:
    # What was written before there were parts is the first, and the only one.
    return int(item.part or item.sk == beginning.sk)


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


def _as_in(call: Call) -> Condition:
    stands: Condition = (
        LIVE
        & (CallItem.turn == call.turn)
        & (CallItem.heard == call.heard)
        & (CallItem.state == call.state)
    )
    return stands


def _is_heard(call: Call, account: str) -> bool:
    is_ours = call.account == account and not call.state.is_final
    return is_ours and call.converses


def _live_call_in(raw: RawItem) -> Call | None:
    call = call_in(raw) if raw else None
    return call if call and not call.state.is_final else None
