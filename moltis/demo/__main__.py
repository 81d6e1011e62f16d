"""`make demo`: real calls over HTTP on this machine, shown as they happen, and checked."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import click

from chalicelib import log
from chalicelib.phone_config import parse_config
from chalicelib.providers import registry
from moltis.demo.checks import Check
from moltis.demo.scenes import ALLOWED_CALLER, cut_short, play
from moltis.demo.stage import Call, Stage
from moltis.gateway import Gateway, running
from moltis.rpc_client import GatewayAddress, RpcClient

LOG: Final = Path("build") / "demo" / "gateway.log"
REPORT: Final = Path("build") / "demo" / "report.json"
SPEED: Final = 8.0
"""How much faster than real telephones the simulated ones are."""

MAX_DURATION_SECS: Final = 3
"""For the call that is to be cut short; the clock is a real one, whatever the speed."""

_PHONE: Final = {
    "provider": "twilio",
    "inbound_policy": "allowlist",
    "allowlist": [ALLOWED_CALLER],
    "notify_hangup_delay_secs": 2,
    "inbound_greeting": "Doctor Miller's practice, this is the assistant. How can I help?",
    **{name: {} for name in registry.PROVIDERS},
}

Scenes = Callable[[Stage], Iterable[Check]]


def main() -> int:
    """Make the calls, print them, write the report; 0 if everything held."""
    began = time.monotonic()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("w") as file:
        log.set_up(file)
        calls, checks = _run(_PHONE, play)
        brief = {**_PHONE, "max_duration_secs": MAX_DURATION_SECS}
        more_calls, more_checks = _run(brief, cut_short)
        log.set_up(sys.stderr)
    calls, checks = calls + more_calls, checks + more_checks
    _report(calls, checks)
    _table(calls, checks, time.monotonic() - began)
    return 0 if all(check.ok for check in checks) else 1


def _run(phone: Mapping[str, Any], scenes: Scenes) -> tuple[list[Call], list[Check]]:
    click.echo("starting the gateway, its cloud and its simulated carriers …")
    with running(parse_config({"phone": phone}), speed=SPEED) as gateway:
        click.echo(f"the phone is ready at {gateway.url}\n")
        carriers = list(gateway.ready["carriers"])
        with ThreadPoolExecutor(len(carriers)) as pool:
            # The carriers are live at once, in one gateway.
            played = list(pool.map(lambda name: _play(gateway, name, scenes), carriers))
    click.echo()
    return [call for calls, _ in played for call in calls], [c for _, cs in played for c in cs]


def _play(gateway: Gateway, carrier: str, scenes: Scenes) -> tuple[list[Call], list[Check]]:
    with closing(RpcClient(GatewayAddress(gateway.url, gateway.token))) as rpc:
        stage = Stage(gateway, rpc, carrier)
        checks = list(scenes(stage))
        return [rpc.ask("voicecall.status", call_id=one) for one in stage.call_ids], checks


def _report(calls: list[Call], checks: list[Check]) -> None:
    report = {
        "calls": calls,
        "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in checks],
        "ok": all(check.ok for check in checks),
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n")


def _table(calls: list[Call], checks: list[Check], secs: float) -> None:
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
