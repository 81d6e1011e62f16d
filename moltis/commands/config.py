"""`moltis config`: the phone's settings, in and out as `moltis.toml`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import click

from moltis.commands.staged import StagedGroup
from moltis.commands.voice_call import as_json_option, client
from moltis.config_file import read_tables

Json = dict[str, Any]

_ANY_NAME: Final = "*"


@click.group(cls=StagedGroup)
def config() -> None:
    """Show the phone's settings, take a file in, give one out."""


@config.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@as_json_option
def take_in(file: Path, *, as_json: bool) -> None:
    """Let FILE take the place of all settings.

    Secrets in it go to the credential store; those that are there and not in it stay.

    \b
    moltis config import ./moltis.toml
    """
    tables = read_tables(file)
    with client() as rpc:
        before = rpc.ask("phone.settings")
        after = rpc.ask("phone.import", settings=tables, version=before["version"])
    if as_json:
        click.echo(json.dumps(after))
    elif after["version"] == before["version"]:
        click.echo(f"nothing to do: the settings are as in {file}")
    else:
        click.echo(f"the settings are now as in {file} (version {after['version']})")
        if any(one["stored"] for one in after["secrets"] if one not in before["secrets"]):
            click.echo("its secrets are in the credential store; better take them out of it")


@config.command("export")
@as_json_option
def give_out(*, as_json: bool) -> None:
    """Print the settings as a moltis.toml, without any secret.

    \b
    moltis config export > moltis.toml
    """
    with client() as rpc:
        found = rpc.ask("phone.export")
    click.echo(json.dumps(found["settings"]) if as_json else found["toml"], nl=as_json)


@config.command()
@as_json_option
def show(*, as_json: bool) -> None:
    """Show every setting that holds, and which secrets are stored."""
    with client() as rpc:
        found = rpc.ask("phone.settings")
        schema = rpc.ask("phone.schema")["settings"]
    holding = _holding(found["settings"], schema)
    if as_json:
        click.echo(json.dumps(found | {"holding": holding}))
        return
    click.echo(_version(found))
    for key, value in holding.items():
        mark = "" if key in dict(_leaves("", found["settings"])) else "  (default)"
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}{mark}")
    for one in found["secrets"]:
        if one["stored"]:
            ending = f"…{one['last_four']}" if one["last_four"] else "not shown"
            since = one["stored_at"][:10]
            click.echo(f"{one['key']}: stored, {ending}, since {since}")


def _version(found: Json) -> str:
    if not found["version"]:
        return "nothing was set yet; these are the defaults"
    at = found["changed_at"][:19].replace("T", " ")
    return f"version {found['version']}, of {at} by {found['changed_by']}"


def _holding(settings: Json, schema: list[Json]) -> Json:
    """What holds for every key: what is set, else the default."""
    defaults = {
        one["key"]: one["default"]
        for one in schema
        if "default" in one and _ANY_NAME not in one["key"]
    }
    return defaults | dict(_leaves("", settings))


def _leaves(key: str, value: object) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, Mapping):
        yield key, value
        return
    for name, inner in value.items():
        yield from _leaves(f"{key}.{name}" if key else name, inner)
