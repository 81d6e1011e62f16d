"""What `make package`, `deploy`, `diff` and `destroy` run."""

import sys

import click

from chalicelib.errors import ConfigurationError
from moltis.deployment import archive, locked, packaging

_MIB = 1024 * 1024
_MENTIONED = 0.01

stage_option = click.option("--stage", default="dev", show_default=True)


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
