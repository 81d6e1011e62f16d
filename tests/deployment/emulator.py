"""MiniStack: AWS on a loopback port, with real Lambda processes; it enforces no IAM."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import requests

PROGRAM: Final = os.environ.get("MOLTIS_MINISTACK", "")
REGION: Final = "us-east-1"
KEYS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
PATIENCE_SECS: Final = 60.0


def environment(endpoint: str) -> dict[str, str]:
    """What leads any AWS tool to the emulator at *endpoint*."""
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION, **KEYS}


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, int]]:
    """Run it while the context lasts; gives its address and its process."""
    port = _free_port()
    endpoint = f"http://127.0.0.1:{port}"
    quiet = {"SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0", "TMPDIR": str(folder)}
    # No AWS_SESSION_TOKEN of the tests: the functions are to have their roles' own.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    settings = {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "AWS_ENDPOINT_URL": endpoint}
    with (folder / "ministack.log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAM], env=plain | quiet | settings | KEYS, stdout=log, stderr=log
        )
        try:
            _wait(endpoint)
            yield endpoint, process.pid
        finally:
            kill_functions(process.pid)
            process.terminate()
            process.wait(PATIENCE_SECS)


def kill_functions(emulator: int) -> int:
    """Kill every Lambda process as a crash would; gives how many there were."""
    killed = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if int(status[1]) == emulator and status[0] != "Z":
            os.kill(int(process.name), signal.SIGKILL)
            killed += 1
    return killed


def _wait(endpoint: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        try:
            if requests.get(f"{endpoint}/_ministack/health", timeout=2).ok:
                return
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
