"""`--stage` on every command of a group: speak to a deployed phone instead of the one here."""

from typing import Final

import click

from chalicelib.overriding import override
from moltis.rpc_client import choose_stage

VARIABLE: Final = "MOLTIS_STAGE"


class StagedGroup(click.Group):
    """A group whose commands all speak to a gateway, and so all take `--stage`."""

    @override
    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        if not isinstance(cmd, click.Group):
            cmd.params.append(_stage_option())
        super().add_command(cmd, name)


def _stage_option() -> click.Option:
    return click.Option(
        ["--stage"],
        envvar=VARIABLE,
        expose_value=False,
        callback=_choose,
        help="Speak to the deployed phone of this stage.",
    )


def _choose(_context: click.Context, _parameter: click.Parameter, stage: str | None) -> None:
    choose_stage(stage or "")
