"""Counts AWS calls per webhook on the local gateway."""

from typing import Any

import click

from tests.aws_calls import WEBHOOKS
from tests.phone import a_phone


def measure() -> dict[str, Any]:
    """Play each webhook warm, and print the table."""
    rows = []
    with a_phone(ring_timeout_secs=600, outbound={"max_concurrent_calls": 100}) as phone:
        for name, (play, allowed) in WEBHOOKS.items():
            play(phone)
            rows.append({"webhook": name, "allowed": allowed, "aws_calls": play(phone)})
    click.echo(f"{'webhook':<32} {'AWS calls':>9} {'allowed':>8}  which")
    for row in rows:
        asked = row["aws_calls"]
        assert isinstance(asked, list)
        which = ", ".join(name.split(":")[1] for name in asked)
        click.echo(f"{row['webhook']:<32} {len(asked):>9} {row['allowed']:>8}  {which}")
    return {"aws_calls_per_warm_webhook": rows}
