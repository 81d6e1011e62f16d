"""`make demo`: real calls over HTTP on this machine, shown as they happen, and checked."""

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import click

from chalicelib.accounts.config import parse_config
from moltis.demo.checks import Check
from moltis.demo.scenes import ALLOWED_CALLER, MAX_DURATION_SECS, play
from moltis.demo.stage import Stage
from moltis.gateway import running
from moltis.rpc_client import GatewayAddress, RpcClient

REPORT: Final = Path("build") / "demo" / "report.json"
SPEED: Final = 8.0
"""How much faster than real telephones the simulated ones are."""

_CONFIG: Final = {
    "phone": {
        "provider": "twilio",
        "inbound_policy": "allowlist",
        "allowlist": [ALLOWED_CALLER],
        "max_duration_secs": MAX_DURATION_SECS,
        "notify_hangup_delay_secs": 2,
        "inbound_greeting": "Doctor Miller's practice, this is the assistant. How can I help?",
        "twilio": {},
    }
}


def main() -> int:
    """Make the calls, print them, write the report; 0 if everything held."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as state:
        os.environ["MOLTIS_STATE_DIR"] = state
        click.echo("starting the gateway, its cloud and its simulated carriers …")
        with running(parse_config(_CONFIG), speed=SPEED) as gateway:
            click.echo(f"the phone is ready at {gateway.url}\n")
            rpc = RpcClient(GatewayAddress(gateway.url, gateway.token))
            stages = [Stage(gateway, rpc, name) for name in gateway.ready["carriers"]]
            checks = [check for stage in stages for check in play(stage)]
            ids = [call_id for stage in stages for call_id in stage.call_ids]
            calls = [rpc.ask("voicecall.status", call_id=call_id) for call_id in ids]
            rpc.close()
    _report(calls, checks)
    _table(calls, checks, time.monotonic() - began)
    return 0 if all(check.ok for check in checks) else 1


def _report(calls: list[dict[str, Any]], checks: list[Check]) -> None:
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    report = {
        "calls": calls,
        "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks],
        "ok": all(check.ok for check in checks),
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")


def _table(calls: list[dict[str, Any]], checks: list[Check], secs: float) -> None:
    click.echo("\ncalls")
    for call in calls:
        lines = len(call["transcript"])
        click.echo(
            f"  {call['account']:<7} {call['direction']:<8} {call['mode']:<12} "
            f"{call['end_reason'] or call['state']:<12} {lines:>2} lines"
        )
    click.echo("\nchecks")
    for check in checks:
        click.echo(f"  {'ok ' if check.ok else 'NOT'} {check.name}: {check.detail}")
    good = sum(check.ok for check in checks)
    click.echo(f"\n{good} of {len(checks)} checks hold, in {secs:.0f} s; report in {REPORT}")


sys.exit(main())
