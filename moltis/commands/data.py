"""`moltis data`: what is kept, of somebody or at all: given out, taken away, brought back."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from moltis.commands import show
from moltis.commands.staged import StagedGroup
from moltis.commands.voice_call import as_json_option, client
from moltis.rpc_client import RpcClient, chosen_stage

Json = dict[str, Any]

_LISTS: Final = ("calls", "decisions", "changes")
_COUNTS: Final = ("calls", "lines", "entries")

number_option = click.option(
    "--number", required=True, help="Telephone number of the person, like +15559876543."
)


@click.group(cls=StagedGroup)
def data() -> None:
    """Give out what is kept of somebody, or erase it; bring back what was lost.

    There is no index by number: every call is looked at. How far that has come is told on
    standard error.
    """


@data.command()
@number_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write JSON to this file, which only you may read.",
)
@as_json_option
def export(number: str, output: Path | None, *, as_json: bool) -> None:
    """Give out all that is kept of somebody: calls, what was said, the audit.

    \b
    moltis data export --stage prod --number +15559876543 --output miller.json
    """
    with client() as rpc:
        found = _exported(rpc, number)
    if output is not None:
        _write(output, found)
        click.echo(f"{_summary(found)}; written to {output}")
    elif as_json:
        click.echo(json.dumps(found))
    else:
        for call in found["calls"]:
            show.one(call, as_json=False)
        click.echo(_summary(found))


@data.command()
@number_option
@click.option("--yes", is_flag=True, help="Erase without asking.")
@click.option("--dry-run", is_flag=True, help="Only show how much it would be.")
@as_json_option
def erase(number: str, *, yes: bool, dry_run: bool, as_json: bool) -> int:
    """Erase all that is kept of somebody; nobody can bring it back but from a backup.

    Harmless to repeat: if it was interrupted, it finds what is left. Exit code 1: it was not done.

    \b
    moltis data erase --stage prod --number +15559876543
    """
    with client() as rpc:
        if dry_run or not yes:
            found = _exported(rpc, number)
            counted = _counted(found)
            if dry_run:
                _tell(counted, "would be erased", as_json=as_json)
                return 0
            click.echo(f"{_summary(found)}", err=True)
            if not click.confirm("erase that for good?", err=True):
                click.echo("nothing was erased", err=True)
                return 1
        gone: Json = dict.fromkeys(_COUNTS, 0)
        for piece in _pieces(rpc, "data.erase", number):
            gone |= {name: gone[name] + piece[name] for name in _COUNTS}
            gone["settings"] = piece["settings"]
    _tell(gone, "erased", as_json=as_json)
    return 0


@data.command("copy-back")
@click.option("--from", "source", required=True, help="The table that was restored.")
@click.option("--tokens", is_flag=True, help="Access tokens and sessions of browsers, too.")
@click.option("--dry-run", is_flag=True, help="Only show what is missing.")
@as_json_option
def copy_back(source: str, *, tokens: bool, dry_run: bool, as_json: bool) -> None:
    """Copy what is missing in the phone's table out of one that was restored beside it.

    Nothing that is there is overwritten: it is as it was, or newer. Harmless to repeat. Works with
    your own AWS credentials; access tokens stay out, as they may have been revoked since.

    \b
    moltis data copy-back --stage prod --from moltis-phone-prod-restored --dry-run
    """
    from moltis.deployment import cloud, copying_back, stages  # noqa: PLC0415  # boto3 takes its time

    stage = chosen_stage()
    if not stage:
        message = "say --stage: it is about the table of a deployed phone"
        raise click.UsageError(message)
    tables = copying_back.Tables(cloud.open_cloud(), source, stages.stack_name(stage))
    done = tables.copy_back(dry_run=dry_run, tokens=tokens, tell=_tell_items)
    if as_json:
        click.echo(json.dumps(asdict(done)))
        return
    came = "missing" if dry_run else "copied back"
    for kind, count in sorted(done.copied.items()):
        click.echo(f"{kind}: {count} {came}")
    click.echo(
        f"{done.there} there already, {done.expired} expired, {done.left_out} tokens left out"
    )
    if done.running:
        click.echo(f"{done.running} of the calls were running then: the sweep settles them")
    for one in done.erased_since:
        click.echo(f"erased since then, so erase it again: {one}")


def _tell_items(looked_at: int) -> None:
    click.echo(f"{looked_at} items looked at", err=True)


def _exported(rpc: RpcClient, number: str) -> Json:
    found: Json = {name: [] for name in _LISTS}
    for piece in _pieces(rpc, "data.export", number):
        for name in _LISTS:
            found[name] += piece[name]
        found["settings"] = piece["settings"]
    return {"number": number, **found}


def _pieces(rpc: RpcClient, method: str, number: str) -> Iterator[Json]:
    """Ask for one piece after the other, and tell how far that is."""
    cursor, looked_at = "", 0
    while cursor is not None:
        piece = rpc.ask(method, number=number, **({"cursor": cursor} if cursor else {}))
        yield piece
        cursor = piece["cursor"]
        if piece["looked_at"]:
            looked_at += piece["looked_at"]
            click.echo(f"{looked_at} calls looked at", err=True)


def _counted(found: Json) -> Json:
    return {
        "calls": len(found["calls"]),
        "lines": sum(len(call["transcript"]) for call in found["calls"]),
        "entries": len(found["decisions"]) + len(found["changes"]),
        "settings": found["settings"],
    }


def _summary(found: Json) -> str:
    counted = _counted(found)
    return ", ".join(_of(counted[name], name) for name in _COUNTS)


def _of(count: int, name: str) -> str:
    singular, plural = _WORDS[name]
    return f"{count} {singular if count == 1 else plural}"


_WORDS: Final = {
    "calls": ("call", "calls"),
    "lines": ("line of what was said", "lines of what was said"),
    "entries": ("entry of the audit", "entries of the audit"),
}


def _tell(counted: Json, came: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(counted))
        return
    for name in _COUNTS:
        click.echo(f"{_of(counted[name], name)} {came}")
    for key in counted["settings"]:
        click.echo(f"{key} holds the number, and stays: it is a setting of yours", err=True)


def _write(output: Path, found: Json) -> None:
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=2, ensure_ascii=False)
        file.write("\n")
