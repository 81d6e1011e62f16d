"""From the start of a process to the first answer: each function of ours, and others."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from tests.bench import contestants, instant_aws, occasions
from tests.bench.figures import Row, at_least, at_most, in_turn, ratio, table

ROUNDS: Final = 15
BASE: Final = "import boto3, two clients"
CHALICE: Final = "plain Chalice, boto3, SDK"
FASTAPI: Final = "FastAPI, Mangum, boto3, SDK"
WEBHOOK: Final = "API handler"

_PROGRAM: Final = Path(__file__).parent / "first_answer.py"


@dataclass(slots=True)
class Contestant:
    """Somebody who answers `event` by `handler`, loaded from `folders`."""

    folders: tuple[Path, ...]
    handler: str
    event: Callable[[], Any]
    seen: list[Row] = field(default_factory=list)
    """What it told of itself each time."""

    def command(self, event: Path) -> list[str]:
        """Isolated, and nothing is left behind that would make the next start quicker."""
        folders = ":".join(map(str, self.folders))
        python = str(contestants.PYTHON)
        return [python, "-I", "-S", "-B", str(_PROGRAM), folders, self.handler, str(event)]


def measure() -> dict[str, Any]:
    """Measure and print every start."""
    everybody = _everybody()
    with tempfile.TemporaryDirectory() as scratch, instant_aws.running(occasions.contents()) as aws:
        environment = {
            "PATH": os.environ["PATH"],
            "PUBLIC_URL": f"{occasions.ACCOUNT.webhook_url}/api/channels/telephony/twilio",
            **aws.environment,
            **occasions.ENVIRONMENT,
        }
        starts: dict[str, Callable[[], float]] = {}
        for number, (name, one) in enumerate(everybody.items()):
            event = Path(scratch) / f"{number}.json"
            starts[name] = _start(one, event, environment)
        took = in_turn(starts, ROUNDS)
    rows = [_row(name, one, took) for name, one in everybody.items()]
    columns = ("ms", "in_two_clients", "init_ms", "cpu_ms", "modules", "peak_mib")
    table("start to first answer", rows, columns)
    slower = ratio(took[CHALICE], took[WEBHOOK])
    floors = [
        at_most("a webhook is answered after 0.75 × two clients", _of(rows, WEBHOOK), 0.75),
        at_least("plain Chalice takes 3 times as long", slower, 3),
    ]
    return {"cold": {"rounds": ROUNDS, "rows": rows, "floors": floors}}


def _everybody() -> dict[str, Contestant]:
    package, peers = contestants.ours(), contestants.peers()
    handlers = {name: handler for name, (handler, _) in occasions.invocations().items()}

    def event_for(name: str) -> Callable[[], Any]:
        return lambda: occasions.invocations()[name][1]

    webhook = event_for(WEBHOOK)
    beside = (contestants.PEERS, peers)
    return {
        "Python itself": Contestant((contestants.PEERS,), "nothing.handler", dict),
        BASE: Contestant(beside, "two_clients.handler", dict),
        CHALICE: Contestant((contestants.plain_chalice(),), "app.app", webhook),
        FASTAPI: Contestant(beside, "fastapi_app.handler", webhook),
        **{
            name: Contestant((package,), handler, event_for(name))
            for name, handler in handlers.items()
        },
    }


def _start(one: Contestant, event: Path, environment: dict[str, str]) -> Callable[[], float]:
    def start() -> float:
        # Made just now: a late one has another answer.
        event.write_text(json.dumps(one.event()))
        begun = time.perf_counter()
        with subprocess.Popen(
            one.command(event), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout
            line = process.stdout.readline()
            took = time.perf_counter() - begun
            _, complaint = process.communicate()
        if not line:
            raise RuntimeError(complaint.decode())
        told = json.loads(line)
        _check(told.pop("answer"))
        one.seen.append(told)
        return 1000.0 * took

    return start


def _check(answer: Any) -> None:
    if isinstance(answer, dict) and answer.get("statusCode", 200) != 200:
        message = f"answered with {answer}"
        raise RuntimeError(message)


def _row(name: str, one: Contestant, took: dict[str, list[float]]) -> Row:
    def middle(fact: str) -> float:
        return round(float(median(told[fact] for told in one.seen)), 1)

    return {
        "name": name,
        "ms": round(median(took[name]), 1),
        "in_two_clients": ratio(took[name], took[BASE]),
        "init_ms": middle("init_ms"),
        "first_ms": middle("first_ms"),
        "cpu_ms": middle("cpu_ms"),
        "modules": int(middle("modules")),
        "peak_mib": middle("peak_mib"),
    }


def _of(rows: list[Row], name: str) -> float:
    (value,) = (row["in_two_clients"] for row in rows if row["name"] == name)
    return float(value)
