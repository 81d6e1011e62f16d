"""A container that is warm: what a webhook costs beside the AWS calls in it; in its own process."""

import json
import logging
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from chalicelib import aws, log
from chalicelib.turns.base import WHOLE_SECS
from tests.bench import instant_aws, occasions
from tests.bench.figures import Row, at_most, in_turn, ratio, table
from tests.invocations import Invocation

ROUNDS: Final = 45
EACH: Final = 7
"""Few in a round, many rounds: what slows the machine then slows both that are compared."""
TURN: Final = "take_turn, by the agent without a model"
INBOUND: Final = "answer, inbound"
SPEECH: Final = "gather, speech"
FINAL: Final = "status, final"

Asked = tuple[str, str, dict[str, Any]]


def measure() -> dict[str, Any]:
    """Measure and print each kind."""
    with instant_aws.running(occasions.contents()) as there:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            env={**os.environ, **there.environment, **occasions.ENVIRONMENT},
            stdout=subprocess.PIPE,
            check=True,
        )
    rows = json.loads(done.stdout)
    columns = ("cpu_us", "wall_us", "aws_calls", "aws_bytes", "in_its_aws_calls", "peak_kib")
    table("warm, each", rows, columns)
    totals = _totals({row["name"]: row for row in rows})
    table("AWS, all told", totals, ("aws_calls", "aws_bytes"))
    worst = max(row["in_its_aws_calls"] for row in rows)
    floors = [at_most("a webhook or a turn takes 2 times the CPU of its AWS calls alone", worst, 2)]
    return {"warm": {"rounds": ROUNDS, "rows": rows, "totals": totals, "floors": floors}}


@dataclass(slots=True)
class _Kind:
    """Something that happens to a warm phone."""

    act: Callable[[], object]
    asked: list[Asked] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    def whole(self) -> float:
        """Do it; gives the CPU seconds of one."""
        begun, cpu = time.perf_counter(), time.process_time()
        for _ in range(EACH):
            self.act()
        took = (time.process_time() - cpu) / EACH
        self.wall.append((time.perf_counter() - begun) / EACH)
        return took

    def alone(self) -> float:
        """Ask AWS for the same, and nothing else; gives the CPU seconds of one."""
        cpu = time.process_time()
        for _ in range(EACH):
            for service, operation, params in self.asked:
                _client(service)._make_api_call(operation, params)  # noqa: SLF001
        return (time.process_time() - cpu) / EACH


def _totals(rows: dict[str, Row]) -> list[Row]:
    """What a turn, and a call of five turns that arrives, ask of AWS."""

    def of(name: str, *parts: tuple[str, int]) -> Row:
        return {
            "name": name,
            "aws_calls": sum(rows[part]["aws_calls"] * times for part, times in parts),
            "aws_bytes": sum(rows[part]["aws_bytes"] * times for part, times in parts),
        }

    turn = [(SPEECH, 1), (TURN, 1)]
    five = [(INBOUND, 1), (SPEECH, 5), (TURN, 5), (FINAL, 1)]
    return [of("a turn", *turn), of("a call of five turns", *five)]


def _client(service: str) -> Any:
    return aws.client(service, **({"read_timeout_secs": WHOLE_SECS} if service == "lambda" else {}))


def _kinds() -> dict[str, _Kind]:
    import app  # noqa: PLC0415  # the environment is there now

    def of(event: Any) -> Callable[[], object]:
        return lambda: app.app(event, Invocation())

    take_turn = app.app.handler_map["take_turn"]
    kinds = {name: _Kind(of(hook.event)) for name, hook in occasions.webhooks().items()}
    kinds[TURN] = _Kind(lambda: take_turn(occasions.question(), Invocation()))
    return kinds


def _watch(kind: _Kind) -> None:
    """Note what *kind* asks of AWS."""

    def note(params: dict[str, Any], model: Any, **_: object) -> None:
        service = {"secretsmanager": "secretsmanager", "sfn": "stepfunctions"}.get(
            model.service_model.service_name, model.service_model.service_name
        )
        kind.asked.append((service, model.name, dict(params)))

    events = [_client(name).meta.events for name in ("dynamodb", "lambda", "stepfunctions")]
    for one in events:
        one.register("provide-client-params", note)
    kind.act()
    for one in events:
        one.unregister("provide-client-params", note)


def _allocated(kind: _Kind) -> tuple[float, float]:
    """The most that one had at once, and what each left behind, in KiB."""
    kind.act()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    kind.act()
    peak = tracemalloc.get_traced_memory()[1] - before
    for _ in range(EACH):
        kind.act()
    kept = (tracemalloc.get_traced_memory()[0] - before) / (EACH + 1)
    tracemalloc.stop()
    return peak / 1024, kept / 1024


def main() -> None:
    """Measure, and write the rows to standard output."""
    log.set_up(sys.stderr)
    logging.disable(logging.CRITICAL)
    there = instant_aws.InstantAws(os.environ["AWS_ENDPOINT_URL"])
    kinds = _kinds()
    counted = {}
    for name, kind in kinds.items():
        kind.act()
        _watch(kind)
        there.counts()
        kind.act()
        counted[name] = there.counts()
    measured: dict[str, Callable[[], float]] = {}
    for name, kind in kinds.items():
        measured |= {name: kind.whole, f"{name}, alone": kind.alone}
    took = in_turn(measured, ROUNDS)
    rows = []
    for name, kind in kinds.items():
        peak, kept = _allocated(kind)
        rows.append(
            {
                "name": name,
                "cpu_us": round(1e6 * median(took[name])),
                "wall_us": round(1e6 * median(kind.wall)),
                "aws_calls": sum(times for times, _ in counted[name].values()),
                "aws_bytes": sum(size for _, size in counted[name].values()),
                "which": {operation: times for operation, (times, _) in counted[name].items()},
                "alone_cpu_us": round(1e6 * median(took[f"{name}, alone"])),
                "in_its_aws_calls": ratio(took[name], took[f"{name}, alone"]),
                "peak_kib": round(peak, 1),
                "kept_kib": round(kept, 2),
            }
        )
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
