"""Many callers at once: one gateway process, and a Flask one with the carrier's SDK beside it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from statistics import median
from threading import Barrier, Thread
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from tests.bench import contestants, instant_aws, occasions
from tests.bench.figures import Row, in_turn, table

CALLERS: Final = (1, 16, 64)
ROUNDS: Final = 5
WEBHOOKS: Final = 640
OURS: Final = "local gateway"
FLASK: Final = "Flask, boto3, SDK"

_NOT_THERE: Final = (
    "OpenClaw's plugin `@openclaw/voice-call` is not beside them: {why}, and the package "
    "`openclaw` has its documentation only."
)


def measure() -> dict[str, Any]:
    """Measure and print both, for some and for many callers."""
    latencies: dict[str, list[float]] = {}
    with (
        instant_aws.running(occasions.contents()) as there,
        _ours(there) as ours,
        _flask(there) as flask,
    ):
        runs: dict[str, Callable[[], float]] = {}
        for callers in CALLERS:
            for who, url in ((OURS, ours), (FLASK, flask)):
                name = f"{who}, {callers} at once"
                latencies[name] = []
                runs[name] = _run(url, callers, latencies[name])
        for run in runs.values():
            run()
        for seen in latencies.values():
            seen.clear()
        rates = in_turn(runs, ROUNDS)
    rows = [_row(name, rates[name], latencies[name]) for name in runs]
    table("webhooks", rows, ("per_second", "p50_ms", "p95_ms", "p99_ms"))
    absent = _NOT_THERE.format(why=_why_absent())
    return {"load": {"rounds": ROUNDS, "rows": rows, "absent": absent}}


def _row(name: str, rates: list[float], latencies: list[float]) -> Row:
    ordered = sorted(latencies)

    def percentile(share: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)

    return {
        "name": name,
        "per_second": round(median(rates)),
        "p50_ms": percentile(0.5),
        "p95_ms": percentile(0.95),
        "p99_ms": percentile(0.99),
    }


def _run(url: str, callers: int, latencies: list[float]) -> Callable[[], float]:
    hook = occasions.webhooks()["answer, outbound"]
    path = f"{urlsplit(hook.url).path}?{urlsplit(hook.url).query}"
    headers, body = hook.headers, urlencode(hook.form).encode()

    def call(begin: Barrier, failures: list[str]) -> None:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
        begin.wait()
        for _ in range(WEBHOOKS // callers):
            begun = time.perf_counter()
            try:
                connection.request("POST", path, body, headers)
                response = connection.getresponse()
                if response.status != 200 or b"<Gather" not in response.read():
                    failures.append(f"answered with {response.status}")
            except (HTTPException, OSError) as error:
                failures.append(repr(error))
            latencies.append(time.perf_counter() - begun)
        connection.close()

    def run() -> float:
        begin, failures = Barrier(callers + 1), list[str]()
        threads = [Thread(target=call, args=(begin, failures)) for _ in range(callers)]
        for thread in threads:
            thread.start()
        begin.wait()
        begun = time.perf_counter()
        for thread in threads:
            thread.join()
        if failures:
            raise RuntimeError(failures[0])
        return WEBHOOKS / (time.perf_counter() - begun)

    return run


@contextmanager
def _ours(there: instant_aws.InstantAws) -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.served"],
        env={**os.environ, **there.environment, **occasions.ENVIRONMENT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


@contextmanager
def _flask(there: instant_aws.InstantAws) -> Iterator[str]:
    python = contestants.peers().parents[2] / "bin" / "python"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with subprocess.Popen(
        [str(python), str(contestants.PEERS / "flask_app.py")],
        env={
            **os.environ,
            **there.environment,
            **occasions.ENVIRONMENT,
            "PORT": str(port),
            "PUBLIC_URL": f"{occasions.ACCOUNT.webhook_url}/api/channels/telephony/twilio",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _why_absent() -> str:
    npm = shutil.which("npm")
    if npm is None:
        return "there is no npm on this machine"
    asked = subprocess.run(
        [npm, "view", "@openclaw/voice-call", "version"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if asked.returncode == 0:
        return f"its version {asked.stdout.strip()} starts only inside of its own gateway"
    return "the npm registry has no such package (404)" if "E404" in asked.stderr else "npm failed"
