"""Counts what a whole call asks of AWS, in the units that AWS bills, in the bottled world.

How DynamoDB counts:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
"""

import io
import json
import logging
import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib import aws, log, wiring
from chalicelib.actions.after_words import SLACK
from chalicelib.actions.next_words import LISTEN_SECS
from chalicelib.store import dynamo, tables
from chalicelib.timers.base import LASTING
from tests.bottle.carrier import Asked, Carrier, Told
from tests.bottle.cloud import WRITES, one_moto
from tests.bottle.scenes import a_call, go_on, order
from tests.bottle.table import BottledTable
from tests.bottle.world import CARRIERS, World, a_world

MOST_TURNS: Final = 5
SAID: Final = ("Well, let me think.", "I am still here.", "Go on, please.", "I see.", "All right.")
SECONDS_A_TURN: Final = 15
SILENT_SECS: Final = LISTEN_SECS + round(SLACK.total_seconds())
FIRED, STOPPED = 3, 1
"""Transitions of a timer: it waits, calls us, ends; one that is stopped has begun to wait."""
OTHER_SERVICES: Final = ("stepfunctions", "secretsmanager", "s3")
KIB: Final = 1024
SHARDS: Final = tables.SHARDS

Items = dict[tuple[str, str], Mapping[str, Any]]


@dataclass(slots=True)
class Bill:
    """What was asked of AWS; `hot` are write units by the place that takes them all."""

    counts: Counter[str] = field(default_factory=Counter)
    hot: Counter[str] = field(default_factory=Counter)
    cpu_ms: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    nested: list[float] = field(default_factory=lambda: [0.0])

    def inside(self, do: Callable[[], Any], name: str = "") -> Any:
        """Do something whose time is not that of whoever asked for it; *name* has it."""
        began = time.process_time()
        self.nested.append(0.0)
        try:
            return do()
        finally:
            whole = time.process_time() - began
            own = whole - self.nested.pop()
            self.nested[-1] += whole
            if name:
                self.counts[f"{name} invocations"] += 1
                self.cpu_ms[name] += 1000 * own

    def dynamodb(
        self, table: BottledTable, operation: str, body: Any, do: Callable[[], Any]
    ) -> Any:
        """Count one request, by what it leaves behind."""
        asked, before = json.loads(body), _kept(table)
        answer = self.inside(do)
        self.counts["dynamodb requests"] += 1
        if operation in WRITES:
            after = _kept(table)
            twice = 2 if operation == "TransactWriteItems" else 1
            for key in _written(operation, asked):
                self._write(key, before.get(key), after.get(key), twice)
        else:
            self._read(asked, answer[1])
        return answer

    def _write(self, key: tuple[str, str], old: Any, new: Any, times: int) -> None:
        units = times * _units(old, new)
        self.counts["write units"] += units
        self.hot[_place(key)] += units
        for name, attributes in indexes().items():
            units = _index_units(attributes, old, new)
            self.counts["write units"] += units
            self.counts["index write units"] += units
            self.hot[f"index {name}"] += units

    def _read(self, asked: Mapping[str, Any], told: Mapping[str, Any]) -> None:
        found = [told["Item"]] if "Item" in told else told.get("Items", [])
        units = max(1, math.ceil(sum(map(_size, found)) / (4 * KIB)))
        is_consistent = bool(asked.get("ConsistentRead"))
        self.counts["read half-units"] += 2 * units if is_consistent else units


def indexes() -> Mapping[str, tuple[str, str]]:
    """The keys of each index."""
    return {
        index.Meta.index_name: (hash_key, range_key)
        for index, hash_key, range_key in (
            (tables.LiveIndex, "live_shard", "deadline"),
            (tables.HistoryIndex, "account", "started_at"),
        )
    }


def measure() -> dict[str, Any]:
    """Count a conversation that we place, without a turn and with five, and a sweep."""
    with one_moto():
        _counted("twilio", _conversation(1))  # what is imported late is imported now
        sweep = _counted("twilio", lambda world: world.sweep())
        calls = {
            provider: {
                str(turns): _without(_counted(provider, _conversation(turns)), sweep)
                for turns in (0, MOST_TURNS)
            }
            for provider in CARRIERS
        }
    return {"calls": calls, "sweep": sweep}


def _conversation(turns: int) -> Callable[[World], None]:
    def converse(world: World) -> None:
        order(world)
        call = a_call(world)
        for _ in range(1 + (world.carrier.name == "twilio")):
            # Twilio tells one thing more than the bottle does: that it has begun.
            world.carrier.rings(call)
            world.drain()
        world.carrier.picks_up(call)
        go_on(world)
        for number, said in enumerate(SAID[:turns]):
            world.clock.pass_by(SECONDS_A_TURN)
            _fire(world, [name for name in world.cloud.due() if name.endswith("ring_timeout")])
            if number % 2 == 0:
                # What containers remember, they remember for 30 seconds: two turns.
                wiring.forget()
            assert world.carrier.says(call, said)
            go_on(world)
        world.carrier.ends(call, "completed")
        world.drain()
        assert all(call.state.is_final for call in world.calls)
        world.sweep()
        _fire(world, [name for name, timer in world.cloud.timers.items() if timer.running])

    return converse


def _fire(world: World, names: Iterable[str]) -> None:
    """Fire timers; that they run on tells them from those that were stopped."""
    for name in names:
        if not world.cloud.timers[name].event.get("fired"):
            world.fire(name)
            timer = world.cloud.timers[name]
            world.cloud.timers[name] = replace(
                timer, running=False, event={**timer.event, "fired": "yes"}
            )


def _counted(provider: str, play: Callable[[World], object]) -> dict[str, Any]:
    with a_world(provider) as world, pytest.MonkeyPatch.context() as patch:
        for room in (dynamo, tables):
            patch.setattr(room, "SHARDS", SHARDS)
        wiring.forget()
        bill = Bill()
        with _watched(bill, type(world.carrier), patch), _logged() as lines:
            play(world)
        bill.counts["log bytes"] = len(lines.getvalue().encode())
        for timer in world.cloud.timers.values():
            fired = "fired" in timer.event
            bill.counts["timers"] += 1
            bill.counts["timers fired"] += fired
            if timer.event["kind"] in LASTING:
                bill.counts["state transitions"] += FIRED if fired else STOPPED
            else:
                # It cannot be stopped, and waits to its end.
                bill.counts["short timers"] += 1
                bill.counts["short timer seconds"] += SILENT_SECS
        return {
            "counts": dict(sorted(bill.counts.items())),
            "hot": dict(sorted(bill.hot.items())),
            "cpu_ms": {name: round(value, 1) for name, value in sorted(bill.cpu_ms.items())},
        }


@contextmanager
def _watched(bill: Bill, carrier: type[Carrier], patch: pytest.MonkeyPatch) -> Iterator[None]:
    answer, knock, run = BottledTable.answer, World.knock, World._run  # noqa: SLF001
    process = BotocoreStubber.process_request

    def answering(table: BottledTable, operation: str, body: Any) -> Any:
        return bill.dynamodb(table, operation, body, lambda: answer(table, operation, body))

    def knocking(world: World, *asked: Any) -> Any:
        return bill.inside(lambda: knock(world, *asked), "api_handler")

    def running(world: World, function: str, event: object) -> Any:
        return bill.inside(lambda: run(world, function, event), function)

    def processing(stubber: BotocoreStubber, request: Any) -> Any:
        return bill.inside(lambda: process(stubber, request))

    def note(model: Any, **_: object) -> None:
        bill.counts[f"{model.service_model.service_name} {model.name}"] += 1

    patch.setattr(BottledTable, "answer", answering)
    patch.setattr(World, "knock", knocking)
    patch.setattr(World, "_run", running)
    patch.setattr(BotocoreStubber, "process_request", processing)
    _count_requests_to(carrier, bill, patch)
    clients = [aws.client(service) for service in OTHER_SERVICES]
    for client in clients:
        client.meta.events.register("before-call", note)
    try:
        yield
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", note)


def _count_requests_to(carrier: type[Carrier], bill: Bill, patch: pytest.MonkeyPatch) -> None:
    handle = carrier.handle

    def handling(self: Carrier, asked: Asked) -> Told:
        bill.counts["carrier requests"] += 1
        told: Told = bill.inside(lambda: handle(self, asked))
        return told

    patch.setattr(carrier, "handle", handling)


@contextmanager
def _logged() -> Iterator[io.StringIO]:
    lines, logger = io.StringIO(), logging.getLogger("moltis_phone")
    before, level = logger.handlers, logger.level
    handler = logging.StreamHandler(lines)
    handler.setFormatter(log.JsonFormatter())
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.handlers = before
        logger.setLevel(level)


def _without(counted: dict[str, Any], sweep: Mapping[str, Any]) -> dict[str, Any]:
    """Take the sweep away that comes anyway; what it did for the call stays."""
    for part in ("counts", "hot"):
        rest = {name: value - sweep[part].get(name, 0) for name, value in counted[part].items()}
        counted[part] = {name: value for name, value in rest.items() if value}
    counted["cpu_ms"].pop("sweep", None)
    return counted


def _kept(table: BottledTable) -> Items:
    return {(item["pk"]["S"], item["sk"]["S"]): dict(item) for item in table.items()}


def _written(operation: str, asked: Mapping[str, Any]) -> list[tuple[str, str]]:
    if operation == "TransactWriteItems":
        steps = [step for item in asked["TransactItems"] for step in item.values()]
    else:
        steps = [asked]
    keys = [step.get("Key") or step["Item"] for step in steps]
    return [(key["pk"]["S"], key["sk"]["S"]) for key in keys]


def _units(*items: Mapping[str, Any] | None) -> int:
    """Write units: for each KiB of what is larger, before or after; one if nothing is there."""
    return max(1, *(math.ceil(_size(item) / KIB) if item else 0 for item in items))


def _index_units(
    keys: tuple[str, str], old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> int:
    """What an index of all attributes costs; a new key there takes one item away, puts another."""
    were, are = (_key_in(keys, item) for item in (old, new))
    if old == new:
        return 0
    if were and are and were != are:
        return _units(old) + _units(new)
    return _units(old, new) if were or are else 0


def _key_in(keys: tuple[str, str], item: Mapping[str, Any] | None) -> tuple[str, ...] | None:
    if not item or any(key not in item for key in keys):
        return None
    return tuple(item[key]["S"] for key in keys)


def _place(key: tuple[str, str]) -> str:
    """What kind of item it is, without what tells it from others of its kind."""
    kinds = (part.partition("#")[0] for part in key)
    return " ".join(kind for kind in kinds if kind.isupper() and not kind[:1].isdigit())


def _size(item: Mapping[str, Any]) -> int:
    """Bytes, as DynamoDB counts them.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _size_of(value) for name, value in item.items())


def _size_of(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return math.ceil(len(content.strip("-").replace(".", "")) / 2) + 1
        case "SS":
            return 3 + sum(len(text.encode()) for text in content)
        case "L":
            return 3 + sum(1 + _size_of(each) for each in content)
        case "M":
            return 3 + len(content) + _size(content)
        case _:
            return 1
