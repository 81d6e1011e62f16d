"""What `make package`, `deploy`, `rollback`, `diff` and `destroy` run."""

import sys

import click

from chalicelib.errors import ConfigurationError
from moltis.deployment import archive, locked, packaging
from moltis.deployment.cloud import open_cloud
from moltis.deployment.deploying import Deployment

_MIB = 1024 * 1024
_MENTIONED = 0.01

stage_option = click.option("--stage", default="dev", show_default=True)
profile_option = click.option("--profile", default="", help="Profile of AWS credentials.")
region_option = click.option("--region", default="", help="AWS region.")
parameters_option = click.option(
    "--parameters", default="", help="Parameters of the stack, as Name=value Name=value."
)


@click.group()
def deployment() -> None:
    """Bring the phone to AWS."""


@deployment.command()
@stage_option
def package(stage: str) -> None:
    """Write build/STAGE/deployment.zip and build/STAGE/sam.json."""
    made = packaging.package(stage)
    size = made.archive.stat().st_size
    click.echo(f"{made.archive}: {size / _MIB:.1f} MiB, of which")
    for share in archive.shares(made.archive):
        if share.zipped > _MENTIONED * size:
            zipped, unzipped = share.zipped / _MIB, share.unzipped / _MIB
            click.echo(f"  {zipped:5.1f} MiB  {share.name} ({unzipped:.1f} MiB unpacked)")
    click.echo(made.template)


@deployment.command()
@stage_option
@profile_option
@region_option
@parameters_option
@click.option("--lose-data", is_flag=True, help="What is remembered may be lost.")
def deploy(stage: str, parameters: str, *, lose_data: bool, **place: str) -> None:
    """Package, upload, show what changes, change it, and see whether the phone answers."""
    given = _parameters(parameters)
    there = Deployment(open_cloud(**place), stage, click.echo)
    there.deploy(packaging.package(stage), given, may_lose_data=lose_data)


@deployment.command()
@stage_option
@profile_option
@region_option
@click.option("--lose-data", is_flag=True, help="What is remembered may be lost.")
def rollback(stage: str, *, lose_data: bool, **place: str) -> None:
    """Go back to what was deployed before; again, and to what was before that."""
    Deployment(open_cloud(**place), stage, click.echo).rollback(may_lose_data=lose_data)


@deployment.command()
@stage_option
@profile_option
@region_option
@parameters_option
def diff(stage: str, parameters: str, **place: str) -> None:
    """Show what `deploy` would change."""
    given = _parameters(parameters)
    there = Deployment(open_cloud(**place), stage, click.echo)
    there.diff(packaging.package(stage), given)


@deployment.command()
@stage_option
@profile_option
@region_option
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(stage: str, *, yes: bool, **place: str) -> None:
    """Delete the stage's stack; in prod, the table stays."""
    there = Deployment(open_cloud(**place), stage, click.echo)
    where = f"{there.stack.name} in account {there.cloud.account}, {there.cloud.region}"
    if not yes:
        click.echo(f"This deletes {where}. Calls that run are cut off from us.")
        if click.prompt("Type the name of the stack to go on") != there.stack.name:
            message = "not the name of the stack; nothing was deleted"
            raise ConfigurationError(message)
    there.destroy()


def _parameters(text: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in text.split()]
    wrong = [name for name, equals, _ in pairs if not equals]
    if wrong:
        message = f"write parameters as Name=value; {', '.join(wrong)} has no value"
        raise ConfigurationError(message)
    return {name: value for name, _, value in pairs}


@deployment.command()
def lock() -> None:
    """Choose the packages that are shipped anew, as requirements.txt allows."""
    for path in locked.lock():
        click.echo(path)


def main() -> int:
    """Run one of the commands."""
    try:
        deployment.main(prog_name="python -m moltis.deployment", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"moltis: {error.format_message()}", err=True)
        return error.exit_code
    except ConfigurationError as error:
        click.echo(f"moltis: {error}", err=True)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
