"""The command `moltis`."""

import sys
from typing import NoReturn

import click
from click.shell_completion import get_completion_class

from chalicelib.errors import ConfigurationError
from chalicelib.settings import VERSION
from moltis.commands.config import config
from moltis.commands.cost import cost
from moltis.commands.data import data
from moltis.commands.gateway import gateway
from moltis.commands.setup import setup, smoke
from moltis.commands.simulate import simulate
from moltis.commands.token import token
from moltis.commands.voice_call import voice_call
from moltis.rpc_client import NoGatewayError, RefusedError

DONE, FAILED, WRONG_USAGE, NO_GATEWAY = 0, 1, 2, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="moltis")
def moltis() -> None:
    """A telephone for AI agents.

    \b
    moltis gateway                                     run the phone on this machine
    moltis simulate                                    be the other end of the line
    moltis voice-call call --to +15559876543 --wait    call somebody, and watch
    """


@moltis.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash:  moltis completion bash >> ~/.bashrc
    zsh:   moltis completion zsh >> ~/.zshrc
    fish:  moltis completion fish > ~/.config/fish/completions/moltis.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        message = f"there is no completion for {shell}"
        raise click.UsageError(message)
    click.echo(kind(moltis, {}, "moltis", "_MOLTIS_COMPLETE").source())


moltis.add_command(gateway)
moltis.add_command(simulate)
voice_call.add_command(setup)
voice_call.add_command(smoke)
moltis.add_command(voice_call)
moltis.add_command(token)
moltis.add_command(config)
moltis.add_command(data)
moltis.add_command(cost)


def main() -> NoReturn:
    """Run the command line; every failure is one sentence and an exit code of the contract."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run `moltis` with *arguments*, and give its exit code."""
    try:
        code = moltis.main(arguments, prog_name="moltis", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        return _fail("stopped", FAILED)
    except (click.ClickException, ConfigurationError, RefusedError, NoGatewayError) as error:
        return _explain(error)
    return code if isinstance(code, int) else DONE


def _explain(error: Exception) -> int:
    match error:
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.format_message(), err=True)
            return WRONG_USAGE
        case click.UsageError():
            path = error.ctx.command_path if error.ctx else "moltis"
            return _fail(f"{_sentence(error.format_message())}; see `{path} --help`", WRONG_USAGE)
        case click.ClickException():
            return _fail(error.format_message(), error.exit_code)
        case NoGatewayError():
            return _fail(str(error), NO_GATEWAY)
        case RefusedError(is_usage=False):
            return _fail(str(error), FAILED)
        case _:
            return _fail(str(error), WRONG_USAGE)


def _sentence(text: str) -> str:
    return text.strip().rstrip(".")


def _fail(message: str, code: int) -> int:
    click.echo(f"moltis: {message}", err=True)
    return code
