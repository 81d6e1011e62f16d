"""Our values as items of the table, and back."""

from dataclasses import fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from chalicelib.calls.call import AnsweredBy, Call, CallFailure, Direction, Mode, OnMachine, State
from chalicelib.calls.field_values import field_values
from chalicelib.calls.replies import EndCall, read_act, write_act
from chalicelib.calls.sounds import speech_of
from chalicelib.calls.terms import AgentKind, AgentSettings, SpeechSettings
from chalicelib.calls.transcript import Kind, Line, Slot, Speaker, Timing
from chalicelib.store.tables import (
    CallItem,
    CounterItem,
    KeyItem,
    LineItem,
    NoteItem,
    SeenItem,
    shard,
    time_text,
)

_KEY_LIFE: Final = timedelta(days=1)
# A day's calls are counted until it is over everywhere; a clock runs for a day at most.
_DAY_LIFE = _NOTE_LIFE = timedelta(days=2)


def call_key(call_id: str) -> str:
    """The partition of a call and its transcript."""
    return f"CALL#{call_id}"


def account_key(account_id: str) -> str:
    """The partition of an account and its counters."""
    return f"ACCOUNT#{account_id}"


def call_at(call_id: str) -> CallItem:
    """The place of a call, with nothing in it."""
    return CallItem(call_key(call_id), "CALL")


def call_item(call: Call) -> CallItem:
    """Write *call*."""
    facts = field_values(call)
    return CallItem(
        call_key(call.call_id),
        "CALL",
        **facts
        | {
            "provider_call_id": call.provider_call_id or None,
            "error": field_values(call.error) if call.error else None,
            "agent": field_values(call.agent) if call.agent else None,
            "spoken": set(call.spoken) or None,
            "act": write_act(call.act) if call.act else None,
            "speech": field_values(call.speech) if call.speech != SpeechSettings() else None,
        },
        state_when_opened=call.state_when_opened,
        natural_end=call.natural_end,
        live_shard=None if call.state.is_final else shard(call.call_id),
    )


def call_of(item: CallItem) -> Call:
    """Read a call.

    An error is kept before it is known which reason counts: it is one only in state `error`.
    What a call did not have yet when it was kept is as the value says.
    """
    kept = {field.name: getattr(item, field.name) for field in fields(Call)}
    facts = {name: fact for name, fact in kept.items() if fact is not None}
    failed = item.error and item.state == State.ERROR
    return Call(
        **facts
        | {
            "direction": Direction(item.direction),
            "mode": Mode(item.mode),
            "state": State(item.state),
            "on_machine": OnMachine(item.on_machine or OnMachine.OFF),
            "answered_by": AnsweredBy(item.answered_by) if item.answered_by else None,
            "provider_call_id": item.provider_call_id or "",
            "spoken": frozenset(item.spoken or ()),
            "speech": speech_of(item.speech) if item.speech else SpeechSettings(),
            "act": read_act(item.act) if item.act else None,
            "end_requested": State(item.end_requested) if item.end_requested else None,
            "error": CallFailure(**item.error) if failed else None,
            "agent": _agent_of(item),
        }
    )


def _agent_of(item: CallItem) -> AgentSettings | None:
    if not item.agent:
        return None
    # While a deployment is under way, old code reads what new code wrote.
    known = {field.name for field in fields(AgentSettings)}
    kept = {name: value for name, value in item.agent.items() if name in known}
    lists = {name: tuple(kept.get(name, ())) for name in ("fillers", "transfer_to")}
    own = {"kind": AgentKind(kept["kind"]), **lists}
    return AgentSettings(**kept | own)


def line_at(call_id: str, slot: Slot) -> LineItem:
    """The place of a line, with nothing in it."""
    return LineItem(call_key(call_id), f"LINE#{slot.turn:06}#{slot.part}")


def line_item(call_id: str, slot: Slot, line: Line) -> LineItem:
    """Write *line* into *slot*."""
    item = line_at(call_id, slot)
    for field in fields(line):
        setattr(item, field.name, getattr(line, field.name))
    item.act = write_act(line.act) if line.act else None
    item.ends_call = line.ends_call
    item.timing = _write_timing(line.timing) if line.timing else None
    item.audio = line.audio or None
    return item


def line_of(item: LineItem) -> Line:
    """Read a line."""
    return Line(
        speaker=Speaker(item.speaker),
        text=item.text,
        at=item.at,
        kind=Kind(item.kind),
        act=read_act(item.act) if item.act else EndCall() if item.ends_call else None,
        part=int(item.part or 0),
        more=bool(item.more),
        timing=_read_timing(item.timing) if item.timing else None,
        audio=item.audio or "",
    )


def _write_timing(timing: Timing) -> dict[str, str | None]:
    return {name: at.isoformat() if at else None for name, at in field_values(timing).items()}


def _read_timing(written: dict[str, str | None]) -> Timing:
    times = {name: datetime.fromisoformat(at) if at else None for name, at in written.items()}
    return Timing(**times)  # type: ignore[arg-type]  # only one of them may be missing


def seen_item(call_id: str, delivery: str, at: datetime, **facts: str | int) -> SeenItem:
    """Write that *delivery* was delivered, and *facts* about what came of it."""
    item = SeenItem(call_key(call_id), f"SEEN#{delivery}", expires_at=at + _KEY_LIFE)
    for name, fact in facts.items():
        setattr(item, name, fact)
    return item


def key_item(call: Call, idempotency_key: str) -> KeyItem:
    """Write that *call* was created under *idempotency_key*."""
    digest = sha256(f"{call.account}\n{idempotency_key}".encode()).hexdigest()
    return KeyItem(
        f"KEY#{digest}", "KEY", call_id=call.call_id, expires_at=call.started_at + _KEY_LIFE
    )


def running_counter(account: str) -> CounterItem:
    """The counter of an account's live calls."""
    return CounterItem(account_key(account), "RUNNING")


def day_counter(account: str, at: datetime) -> CounterItem:
    """The counter of the calls that an account began on the day of *at*."""
    return CounterItem(account_key(account), f"DAY#{time_text(at)[:10]}", expires_at=at + _DAY_LIFE)


def number_counter(account: str, number: str, at: datetime) -> CounterItem:
    """The counter of the calls that an account began to *number* on the day of *at*."""
    of_all = day_counter(account, at)
    return CounterItem(of_all.pk, f"{of_all.sk}#{number}", expires_at=of_all.expires_at)


def note_item(call_id: str, at: datetime) -> NoteItem:
    """Write that the call is over since *at*."""
    return NoteItem(
        note_key(shard(call_id)),
        f"{time_text(at)}#{call_id}",
        call_id=call_id,
        expires_at=at + _NOTE_LIFE,
    )


def note_key(number: str) -> str:
    """The partition of the notes in a shard."""
    return f"ENDED#{number}"
