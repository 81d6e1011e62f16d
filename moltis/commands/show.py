"""How calls look in a terminal, and as JSON."""

import json
from typing import Any

import click

Call = dict[str, Any]


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
