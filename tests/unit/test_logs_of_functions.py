"""On Lambda each function begins at its own module: its lines are like all others."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app import app

ROOT = Path(__file__).parents[2]
FUNCTIONS: list[Any] = [*app.pure_lambda_functions, *app.event_sources]
HANDLERS = sorted({"app.app", *(function.handler_string for function in FUNCTIONS)})
AS_LAMBDA_DOES = """
import importlib, logging, sys
logging.getLogger().addHandler(logging.StreamHandler(sys.stderr))
importlib.import_module(sys.argv[1].rpartition(".")[0])
from chalicelib import log
with log.about(call_id="a-call"):
    log.warning("something happened", to="+15559876543")
"""


@pytest.mark.parametrize("handler", HANDLERS)
def test_every_function_writes_json_with_the_call_and_without_numbers(handler: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_LAMBDA_DOES, handler],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert told.pop("time")
    assert told == {
        "level": "warning",
        "event": "something happened",
        "call_id": "a-call",
        "to": "…6543",
    }
