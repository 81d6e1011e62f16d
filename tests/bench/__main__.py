"""`make bench`: measures, prints, and writes build/bench.json; `python -m tests.bench PART…`."""

import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from tests.bench import page

REPORT = Path("build") / "bench.json"
PARTS = ("webhooks", "cold", "warm", "load", "growth", "audio")


def main() -> int:
    """Measure the parts that were named, or all; keep what the report says of the others."""
    report = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    for name in sys.argv[1:] or PARTS:
        click.echo(f"— {name}")
        # One at a time: what one part sets up in the process is not for the others.
        report |= import_module(f"tests.bench.{name}").measure()
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        REPORT.write_text(json.dumps(report, indent=2) + "\n")
    page.write(report)
    missed = [floor["name"] for floor in _floors(report) if not floor["ok"]]
    for name in missed:
        click.echo(f"NOT {name}", err=True)
    return 1 if missed else 0


def _floors(report: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in report.values():
        if isinstance(part, dict):
            yield from part.get("floors", [])


sys.exit(main())
