"""`moltis token`: who may ask the phone for what."""

import json

import click

from moltis.commands.staged import StagedGroup
from moltis.commands.voice_call import as_json_option, client


@click.group(cls=StagedGroup)
def token() -> None:
    """Make access tokens, list them, revoke them."""


@token.command()
@click.option(
    "--scope",
    type=click.Choice(["read", "write"]),
    default="read",
    show_default=True,
    help="read: look; write: do everything.",
)
@click.option("--name", default="command line", show_default=True, help="What to call it.")
@as_json_option
def create(scope: str, name: str, *, as_json: bool) -> None:
    """Make a token; it is shown this once.

    \b
    moltis token create --scope write --name "the night shift"
    """
    with client() as rpc:
        made = rpc.ask("tokens.create", scope=scope, name=name)
    if as_json:
        click.echo(json.dumps(made))
        return
    click.echo(made["token"])
    click.echo(f"{made['name']} ({made['scope']}), id {made['id']}; shown this once", err=True)


@token.command("list")
@as_json_option
def list_tokens(*, as_json: bool) -> None:
    """Show which tokens there are."""
    with client() as rpc:
        found = rpc.ask("tokens.list")
    if as_json:
        click.echo(json.dumps(found))
        return
    for one in found["tokens"]:
        made = one["created_at"][:19].replace("T", " ")
        click.echo(f"{one['id']}  {one['scope']:<5}  …{one['last_four']}  {made}  {one['name']}")


@token.command()
@click.argument("token_id")
@as_json_option
def revoke(token_id: str, *, as_json: bool) -> None:
    """Let a token, and whoever signed in with it, in no longer."""
    with client() as rpc:
        gone = rpc.ask("tokens.revoke", id=token_id)
    click.echo(json.dumps(gone) if as_json else f"{gone['name']} ({gone['id']}) is revoked")
