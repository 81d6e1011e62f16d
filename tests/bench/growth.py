"""Whether an operation costs the same when more is there; each table in a process of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from typing import Any, Final

import click

from chalicelib import aws, wiring
from chalicelib.calls.call import State, new_call_id
from chalicelib.calls.transcript import Line, Speaker
from chalicelib.store.base import Ending
from chalicelib.store.turns import Reply
from tests.bench import full_table, occasions
from tests.bench.figures import Row, at_most, table

CALLS: Final = (10, 1_000, 100_000)
LINES: Final = (10, 100, 1_000)
LIVE: Final = (1, 10, 100, 1_000)
FEW: Final = 10
NEARLY: Final = 1.15
"""A sweep finds a note more or less of the calls that were over just before it."""
ROUNDS: Final = 3
PATIENCE_SECS: Final = 300

WHOLE: Final = "a call: dialled, answered, one turn, over"
ONE: Final = "voicecall.status of one call"
ALL: Final = "voicecall.status of all"
PAGE: Final = "voicecall.history, 20 calls"
SWEEP: Final = "sweep, nothing overdue"
TURN: Final = "hear and reply, the conversation read"


def measure() -> dict[str, Any]:
    """Measure and print each table."""
    tables = {
        "Calls in the table": [
            row for calls in CALLS for row in _measured("calls", calls, (calls, FEW, 0))
        ],
        "Lines in a transcript": [
            row for lines in LINES for row in _measured("lines", lines, (FEW, FEW, lines))
        ],
        "Live calls": [row for live in LIVE for row in _measured("live", live, (live, live, 0))],
    }
    for title, rows in tables.items():
        table(title, rows, ("requests", "read", "bytes", "cpu_ms"))
    return {"growth": {"tables": tables, "floors": _floors(tables)}}


def _floors(tables: Mapping[str, list[Row]]) -> list[Row]:
    calls, lines, live = tables.values()
    few, many = f"{CALLS[0]:,} calls", f"{CALLS[-1]:,} calls"
    # With few calls, no page of the history is full.
    full, longest, shortest = f"{CALLS[1]:,} calls", f"{LINES[-1]:,} lines", f"{LINES[0]:,} lines"
    alone, crowded = f"{LIVE[0]:,} live", f"{LIVE[-1]:,} live"
    flat = (WHOLE, ONE, ALL, SWEEP)
    return [
        at_most(
            f"with {many}, no operation asks more than with {few}",
            max(_grown(calls, what, few, many) for what in flat),
            NEARLY,
        ),
        at_most(
            f"a page of the history asks as much with {many} as with {full}",
            _grown(calls, PAGE, full, many),
            NEARLY,
        ),
        at_most(
            f"a turn, and voicecall.status, asks as often with {longest} as with {shortest}",
            max(_ratio(lines, what, "requests", shortest, longest) for what in (TURN, ONE)),
            1,
        ),
        at_most(
            f"of {longest} each is read once for a turn, and for voicecall.status",
            max(_more(lines, what, shortest, longest) for what in (TURN, ONE))
            / (LINES[-1] - LINES[0]),
            1,
        ),
        at_most(
            "a call costs the same with 1,000 live ones as with one, in items read",
            _ratio(live, WHOLE, "read", alone, crowded),
            1,
        ),
        at_most(
            f"with {crowded} calls, nothing but voicecall.status of all asks more than with one",
            max(_grown(live, what, alone, crowded) for what in (WHOLE, ONE, SWEEP)),
            NEARLY,
        ),
        at_most(
            "all live calls are read once, and nothing else, for voicecall.status",
            _of(live, ALL, crowded)["read"] / (LIVE[-1] + 1),
            1,
        ),
    ]


def _grown(rows: list[Row], what: str, few: str, many: str) -> float:
    return max(_ratio(rows, what, fact, few, many) for fact in ("requests", "bytes"))


def _ratio(rows: list[Row], what: str, fact: str, few: str, many: str) -> float:
    return float(_of(rows, what, many)[fact] / max(1, _of(rows, what, few)[fact]))


def _more(rows: list[Row], what: str, few: str, many: str) -> float:
    return float(_of(rows, what, many)["read"] - _of(rows, what, few)["read"])


def _of(rows: list[Row], what: str, when: str) -> Row:
    (row,) = (row for row in rows if row["name"] == f"{what}; {when}")
    return row


def _measured(kind: str, number: int, sizes: tuple[int, int, int]) -> list[Row]:
    begun = time.monotonic()
    with full_table.running(*sizes) as url:
        click.echo(f"{number:,} {kind}: there after {time.monotonic() - begun:.0f} s")
        done = subprocess.run(
            [sys.executable, "-m", __name__, kind],
            env={
                **os.environ,
                **full_table.keys(),
                **occasions.ENVIRONMENT,
                "AWS_ENDPOINT_URL": url,
            },
            stdout=subprocess.PIPE,
            check=True,
        )
    rows: list[Row] = json.loads(done.stdout)
    return [{**row, "name": f"{row['name']}; {number:,} {kind}"} for row in rows]


@dataclass(slots=True)
class _Meter:
    """Counts what DynamoDB is asked, what it reads for that, and how much comes back."""

    requests: int = 0
    read: int = 0
    size: int = 0

    def note(self, http_response: Any, parsed: dict[str, Any], **_: object) -> None:
        """Add one answer."""
        self.requests += 1
        self.size += len(http_response.content)
        self.read += parsed.get("ScannedCount", 1)


def _operations_of_a_transcript() -> dict[str, Callable[[], object]]:
    return {
        TURN: _long_turn,
        ONE: lambda: wiring.calls().conversation(full_table.LONG_CALL),
    }


def _operations() -> dict[str, Callable[[], object]]:
    calls = wiring.calls()
    return {
        WHOLE: _whole_call,
        ONE: lambda: calls.conversation(full_table.a_call(0, live=True).call_id),
        ALL: calls.live,
        PAGE: lambda: calls.history("twilio", limit=20),
        SWEEP: lambda: (calls.overdue(occasions.BEGUN, limit=100), calls.ended_notes(limit=1)),
    }


def _whole_call() -> None:
    calls, now = wiring.calls(), wiring.now()
    call = replace(
        occasions.CALL,
        call_id=new_call_id(),
        provider_call_id="",
        state=State.INITIATED,
        answered_at=None,
        opened_at=None,
        started_at=now,
        deadline=now + timedelta(hours=1),
    )
    calls.create(call, limits=replace(occasions.ACCOUNT.outbound, max_calls_per_day=10**6))
    calls.open(call.call_id, account="twilio", provider_call_id="CA1", at=now)
    calls.hear(call.call_id, 1, _line(Speaker.USER), account="twilio")
    calls.conversation(call.call_id)
    calls.reply(call.call_id, 1, Reply(line=_line(Speaker.BOT), heard=0, told=True))
    calls.finish(call.call_id, Ending(at=now, reason=State.COMPLETED), account="twilio")


def _long_turn() -> None:
    calls = wiring.calls()
    turn = calls.get(full_table.LONG_CALL).turn
    calls.hear(full_table.LONG_CALL, turn, _line(Speaker.USER), account="twilio")
    calls.conversation(full_table.LONG_CALL)
    calls.reply(full_table.LONG_CALL, turn, Reply(line=_line(Speaker.BOT), heard=0, told=True))


def _line(speaker: Speaker) -> Line:
    return Line(speaker=speaker, text="A sentence.", at=wiring.now(), part=1)


def main() -> None:
    """Measure against the table that is there, and write the rows to standard output."""
    (kind,) = sys.argv[1:]
    operations = {"lines": _operations_of_a_transcript}.get(kind, _operations)()
    # moto looks at every item for an index: that takes longer than any DynamoDB may.
    aws.client("dynamodb")._endpoint.http_session._timeout = PATIENCE_SECS  # noqa: SLF001
    rows = []
    for name, act in operations.items():
        meter = _Meter()
        act()
        aws.client("dynamodb").meta.events.register("after-call", meter.note)
        took = []
        for _ in range(ROUNDS):
            cpu = time.process_time()
            act()
            took.append(time.process_time() - cpu)
        aws.client("dynamodb").meta.events.unregister("after-call", meter.note)
        rows.append(
            {
                "name": name,
                "requests": round(meter.requests / ROUNDS, 1),
                "read": round(meter.read / ROUNDS, 1),
                "bytes": round(meter.size / ROUNDS),
                "cpu_ms": round(1000 * median(took), 2),
            }
        )
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
