"""`make bench`: counts AWS calls per webhook on the local gateway, and prints them."""

import json
from pathlib import Path

import click

from tests.aws_calls import WEBHOOKS
from tests.phone import a_phone

REPORT = Path("build") / "bench.json"


def main() -> None:
    """Play each webhook warm, print the table, write the report."""
    rows = []
    with a_phone(ring_timeout_secs=600, outbound={"max_concurrent_calls": 100}) as phone:
        for name, (play, allowed) in WEBHOOKS.items():
            play(phone)
            rows.append({"webhook": name, "allowed": allowed, "aws_calls": play(phone)})
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"aws_calls_per_warm_webhook": rows}, indent=2) + "\n")
    click.echo(f"{'webhook':<32} {'AWS calls':>9} {'allowed':>8}  which")
    for row in rows:
        asked = row["aws_calls"]
        assert isinstance(asked, list)
        which = ", ".join(name.split(":")[1] for name in asked)
        click.echo(f"{row['webhook']:<32} {len(asked):>9} {row['allowed']:>8}  {which}")


if __name__ == "__main__":
    main()
