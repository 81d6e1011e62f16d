"""Writes docs/performance.md, and the speeds in docs/audio.md, from what `make bench` measured."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench.figures import ratio

DOCS: Final = Path(__file__).parents[2] / "docs"
PAGE: Final = DOCS / "performance.md"
SOUND: Final = DOCS / "audio.md"
PARTS: Final = ("aws_calls_per_warm_webhook", "cold", "warm", "load", "growth", "audio")

ROUND_TRIP_MS: Final = 5
SPEED: Final = 2
"""The column of the speed, in the table of rates."""

Report = Mapping[str, Any]

_HEAD: Final = """# Performance

Written by `make bench` from what it measures; everything stands beside what others would do,
measured in the same rounds, in turn. Milliseconds are those of one machine on one day: only ratios
travel.
"""
_COLD: Final = """## Cold

From the start of a process to its first answer: a webhook that Twilio signed, or what the function
is for. Ours is the deployment package, unpacked as it is; AWS answers at once, on loopback. Beside
it: Python itself, `import boto3` with two clients that are ready and answer nothing, and the same
phone as one would write it (`tests/bench/peers`), on plain Chalice as `chalice package` makes it,
and on FastAPI with its byte code. Why it is so:
decisions [9](decisions/0009-what-a-start-does-not-do.md) and
[11](decisions/0011-imports-of-others-put-off.md).
"""
_WARM: Final = """## Warm

The whole app in a container that is warm, with an AWS that answers at once. The ratio is the CPU
of all that to the CPU of the same AWS calls by botocore alone. The agent is the one without a
model.
"""
_CALLS: Final = """## AWS calls

Counted on the local gateway; a test holds each limit. Where something was said, the invocation in
which the agent is asked is not counted in the limit.
"""
_MEMORY: Final = """## Memory

Computed: after its start a function has as much of a core as its memory is of 1,769 MB
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html), and while it waits for
AWS it costs as much as when it works. For the answer of an outbound call, with 5 ms for its AWS
call: more than 512 MB costs more for each millisecond that is won; less makes the caller wait.
What starts needs a tenth of that memory.
"""
_LOAD: Final = """## Load

One gateway process, warm, and many callers at once, each with a connection of its own. It is for
one machine, and its threads share one interpreter: with more callers than it can serve, each
waits, and some longer than others, because they keep their connection and its thread. Flask closes
the connection after each answer, and they queue. On Lambda a webhook has a container of its own.
"""
_GROWTH: Final = """## Growth

What an operation costs when more is there: requests, items that DynamoDB reads for it, bytes that
come back, and our CPU. The table is moto's, in another process. A turn
reads its conversation, so that the agent knows it: that is linear in its lines.
"""
_AUDIO: Final = """## Sound

A minute of it, on one core; see [sound](audio.md).
"""


def write(report: Report) -> None:
    """Write the page, once every part has been measured."""
    if all(part in report for part in PARTS):
        PAGE.write_text("\n".join(_page(report)).rstrip() + "\n", "utf-8")
        SOUND.write_text(with_speeds(SOUND.read_text("utf-8"), report["audio"]), "utf-8")


def with_speeds(text: str, audio: Report) -> str:
    """Put the speeds that were measured into the tables of *text*, and leave all else."""
    return "".join(_lines_with_speeds(text.splitlines(keepends=True), audio))


def _lines_with_speeds(lines: Sequence[str], audio: Report) -> Iterator[str]:
    codes = {row["name"]: row["rounds"] for row in audio["g711"]}
    methods: Mapping[str, Sequence[float]] = {}
    for line in lines:
        _, *cells = (cell.strip() for cell in line.split("|"))
        if cells and (rate := re.fullmatch(r"([\d.]+) kHz", cells[0])):
            rows = audio["resample"][str(round(1000 * float(rate[1])))]
            methods = {row["name"]: row["rounds"] for row in rows}
        if len(cells) > SPEED and cells[1] in methods:
            speed = ratio(methods["soxr HQ"], methods[cells[1]])
            yield line.replace(f"| {cells[1]} | {cells[2]} |", f"| {cells[1]} | {speed:.2f} |")
        elif cells and cells[0] in {"encode", "decode"}:
            hour = 60 * 1000 * median(codes[cells[0]])
            speed = ratio(codes[f"{cells[0]}, audioop"], codes[cells[0]])
            yield f"| {cells[0]} | {hour:.0f} | {speed:.2f} |\n"
        else:
            yield line


def _page(report: Report) -> Iterator[str]:
    yield _HEAD
    yield "## What must hold\n"
    yield from _table(["", "measured", "limit"], map(_floor, _floors(report)))
    yield _COLD
    yield from _rows(report["cold"]["rows"], _START)
    yield _CALLS
    counted = [
        {"name": row["webhook"], "calls": len(row["aws_calls"]), "allowed": row["allowed"]}
        for row in report["aws_calls_per_warm_webhook"]
    ]
    yield from _rows(counted, {"AWS calls": "calls", "limit": "allowed"})
    yield _WARM
    yield from _rows(report["warm"]["rows"], _EACH)
    yield from _rows(report["warm"]["totals"], {"AWS calls": "aws_calls", "bytes": "aws_bytes"})
    yield _MEMORY
    yield from _rows(list(_memories(report)), {"ms": "ms", "MB·s": "price"})
    yield _LOAD
    yield from _rows(report["load"]["rows"], _MANY)
    yield f"{report['load']['absent']}\n"
    yield _GROWTH
    for title, rows in report["growth"]["tables"].items():
        yield f"### {title}\n"
        yield from _rows(rows, _GROWN)
    yield _AUDIO
    yield from _rows(report["audio"]["g711"], _SOUND)
    yield from _rows(report["audio"]["path"], _SOUND)


_START: Final = {
    "ms": "ms",
    "× two clients": "in_two_clients",
    "CPU ms": "cpu_ms",
    "modules": "modules",
    "peak MiB": "peak_mib",
}
_EACH: Final = {
    "CPU µs": "cpu_us",
    "wall µs": "wall_us",
    "AWS calls": "aws_calls",
    "bytes": "aws_bytes",
    "× botocore": "in_its_aws_calls",
    "peak KiB": "peak_kib",
}
_MANY: Final = {
    "a second": "per_second",
    "p50 ms": "p50_ms",
    "p95 ms": "p95_ms",
    "p99 ms": "p99_ms",
}
_GROWN: Final = {
    "requests": "requests",
    "items read": "read",
    "bytes": "bytes",
    "CPU ms": "cpu_ms",
}
_SOUND: Final = {"ms": "milliseconds", "× real time": "times_real_time"}


def _memories(report: Report) -> Iterator[Mapping[str, Any]]:
    (row,) = (row for row in report["warm"]["rows"] if row["name"] == "answer, outbound")
    for memory in (256, 512, 1024, 1769):
        took = row["cpu_us"] / 1000 * 1769 / memory + ROUND_TRIP_MS
        yield {
            "name": f"{memory} MB",
            "ms": round(took, 1),
            "price": round(took * memory / 1000, 1),
        }


def _floors(report: Report) -> Iterator[Mapping[str, Any]]:
    for part in ("cold", "warm", "load", "growth", "audio"):
        yield from report[part].get("floors", ())


def _floor(floor: Mapping[str, Any]) -> list[str]:
    value = floor.get("value", floor.get("ratio"))
    limit = f"≤ {floor['at_most']}" if "at_most" in floor else f"≥ {floor['at_least']}"
    return [floor["name"], f"{value}{'' if floor['ok'] else ', **missed**'}", limit]


def _rows(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> Iterator[str]:
    cells = ([row["name"], *(str(row[key]) for key in columns.values())] for row in rows)
    yield from _table(["", *columns], cells)


def _table(heads: Sequence[str], rows: Any) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|---|{'--:|' * (len(heads) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
