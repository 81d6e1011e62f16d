"""`make bench`: measures, prints, and writes build/bench.json; `python -m tests.bench PART…`."""

import json
import sys
from pathlib import Path

import click

from tests.bench import audio, webhooks

REPORT = Path("build") / "bench.json"
PARTS = {"webhooks": webhooks.measure, "audio": audio.measure}


def main() -> int:
    """Measure the parts that were named, or all; keep what the report says of the others."""
    report = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    for name in sys.argv[1:] or PARTS:
        click.echo(f"— {name}")
        report |= PARTS[name]()
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    missed = [
        floor["name"] for floor in report.get("audio", {}).get("floors", []) if not floor["ok"]
    ]
    for name in missed:
        click.echo(f"NOT {name}", err=True)
    return 1 if missed else 0


sys.exit(main())
