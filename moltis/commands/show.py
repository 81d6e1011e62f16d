"""How calls look in a terminal, and as JSON."""

import json
from typing import Any, Final

import click

from moltis.latency import STAGES

Call = dict[str, Any]

_SPREAD: Final = ("p50", "p95", "max")


def one(call: Call, *, as_json: bool) -> None:
    """Show a call, with its transcript if there is one."""
    if as_json:
        click.echo(json.dumps(call))
        return
    click.echo(_headline(call))
    for line in call.get("transcript", []):
        click.echo(f"  {_line(line)}")


def many(calls: list[Call], cursor: str | None, *, as_json: bool) -> None:
    """Show a list of calls."""
    if as_json:
        click.echo(json.dumps({"calls": calls, "cursor": cursor}))
        return
    for call in calls:
        click.echo(f"{call['started_at'][:19].replace('T', ' ')}  {_headline(call)}")
    if not calls:
        click.echo("no calls yet")


def overview(found: dict[str, Any], *, as_json: bool) -> None:
    """Show the accounts and the calls that run."""
    if as_json:
        click.echo(json.dumps(found))
        return
    for account in found["accounts"]:
        click.echo(_account(account))
    many_or_none = found["active_calls"]
    click.echo(f"{len(many_or_none)} active call{'' if len(many_or_none) == 1 else 's'}")
    for call in many_or_none:
        click.echo(f"  {_headline(call)}")


def decisions(found: dict[str, Any], *, as_json: bool) -> None:
    """Show who asked for calls, and what was decided."""
    if as_json:
        click.echo(json.dumps(found))
        return
    for entry in found["entries"]:
        who = " ".join(filter(None, (entry["name"], entry["token_id"], f"({entry['door']})")))
        why = entry.get("reason") or f"by {entry['rule']}, {entry['call_id']}"
        at = entry["at"][:19].replace("T", " ")
        click.echo(f"{at}  {entry['action']}  {entry['account']} → {entry['to']}  {who}: {why}")
    if not found["entries"]:
        click.echo("nobody asked for a call yet")


def redriven(found: dict[str, Any], *, as_json: bool) -> None:
    """Show what came of timers that were fired again."""
    if as_json:
        click.echo(json.dumps(found))
        return
    for one in found["timers"]:
        came = f"failed again: {one['failure']}" if one["failure"] else f"call is {one['state']}"
        click.echo(" ".join(filter(None, (one["call_id"], one["kind"], came))))
    if not found["timers"]:
        click.echo("no timer was given up")


def latency(found: dict[str, Any], *, as_json: bool) -> None:
    """Show how long replies took."""
    if as_json:
        click.echo(json.dumps(found))
        return
    click.echo(f"{found['turns']} turns in {found['calls']} calls; milliseconds")
    click.echo(f"{'':42}{'p50':>8}{'p95':>8}{'max':>8}")
    for stage, words in STAGES.items():
        spread = found["stages"][stage]
        shown = "".join(f"{'-' if spread[name] is None else spread[name]:>8}" for name in _SPREAD)
        click.echo(f"{words:42}{shown}")


def news(before: Call, after: Call, *, prefix: str = "") -> None:
    """Show what has changed in a call."""
    if after["state"] != before["state"] and not after["end_reason"]:
        click.echo(f"{prefix}· {after['state']}")
    for line in after["transcript"][len(before.get("transcript", [])) :]:
        click.echo(f"{prefix}{_line(line)}")
    if after["end_reason"] and after["end_reason"] != before["end_reason"]:
        click.echo(f"{prefix}· {_end(after)}")


def change(before: Call | None, after: Call, *, as_json: bool) -> None:
    """Show what has changed in a call among others."""
    if before == after:
        return
    if as_json:
        click.echo(json.dumps(after))
        return
    if before is None:
        click.echo(_headline(after))
        before = {**after, "transcript": []}
    news(before, after)


def _headline(call: Call) -> str:
    other = call["to"] if call["direction"] == "outbound" else call["from"]
    arrow = "→" if call["direction"] == "outbound" else "←"
    state = _end(call) if call["end_reason"] else call["state"]
    return f"{call['call_id']}  {call['account']} {arrow} {other}  {call['mode']}  {state}"


def _end(call: Call) -> str:
    error = call["error"]
    return (
        f"{call['end_reason']} ({error['code']}: {error['message']})"
        if error
        else str(call["end_reason"])
    )


def _line(line: dict[str, Any]) -> str:
    who = {"bot": "agent", "user": "other"}[line["speaker"]]
    text = f"[keys {line['text']}]" if line["kind"] == "dtmf" else line["text"]
    return f"{who}: {text}"


def _account(account: dict[str, Any]) -> str:
    mark = "ready" if account["ready"] else "not ready"
    star = " (default)" if account["default"] else ""
    number = account["from_number"] or "no number"
    return f"{account['id']}{star}: {account['carrier']}, {number}, {mark}"
