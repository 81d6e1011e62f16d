"""`moltis gateway`: the phone on this machine."""

import json
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import click
import requests

from chalicelib.errors import ConfigurationError
from moltis.config_file import find_config, read_config
from moltis.state_file import read_state, remove_state, write_state


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65_535))
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="moltis.toml; else $MOLTIS_CONFIG, ./moltis.toml, ~/.config/moltis/moltis.toml.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.1, 100),
    help="How fast time runs on the simulated carriers.",
)
def gateway(host: str, port: int, config_path: Path | None, *, as_json: bool, speed: float) -> None:
    """Run the phone here: the app that is deployed, with its cloud and carriers.

    A carrier without credentials is simulated; see `moltis simulate`. With AWS_ENDPOINT_URL set,
    that endpoint is the cloud. Ctrl-C stops it, once requests in flight are answered.

    \b
    moltis gateway
    moltis gateway --port 9000 --config ./moltis.toml
    """
    path = find_config(config_path)
    config = read_config(path) if path is not None else None
    # Not an Event: a signal that comes while wait() holds its lock would wait for that for ever.
    stops: SimpleQueue[int] = SimpleQueue()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda number, _frame: stops.put(number))
    from moltis.gateway import running  # noqa: PLC0415  # not to be waited for by --help

    with ExitStack() as stack:
        try:
            here = stack.enter_context(running(config, host=host, port=port, speed=speed))
        except OSError as error:
            message = f"cannot listen on {host}:{port} ({error.strerror}); choose another --port"
            raise ConfigurationError(message) from error
        if config is not None and (config.secrets or any(config.credentials.values())):
            text = (
                f"the credentials in {path} are moved to the credential store for this run; "
                "better: keep them in Secrets Manager of a deployed stage, and out of files"
            )
            _say(text, event="warning", as_json=as_json)
        other = _other_gateway()
        if other is not None:
            text = (
                f"another gateway runs at {other['url']}; the command line speaks to this one now"
            )
            _say(text, event="warning", as_json=as_json)
        write_state(here.ready)
        stack.callback(_leave, here.url, other)
        _announce(here.ready, as_json=as_json)
        stops.get()
        _say("stopping", event="stopping", as_json=as_json)


def _other_gateway() -> dict[str, Any] | None:
    """What another gateway says of itself, if it still answers."""
    state = read_state()
    return state if state is not None and _answers(str(state.get("url", ""))) else None


def _leave(url: str, other: dict[str, Any] | None) -> None:
    """Give the command line back to the gateway that was here before."""
    remove_state(url)
    if other is not None and read_state() is None and _answers(str(other["url"])):
        write_state(other)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def _announce(ready: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(ready))
        return
    carriers = ", ".join(f"{name} ({kind})" for name, kind in ready["carriers"].items())
    click.echo(f"the phone is ready at {ready['url']} with {carriers}")
    if "simulated" in ready["carriers"].values():
        click.echo(f"talk with it in the browser: {_link(ready, 'phone')}")
        click.echo("or at the terminal: moltis simulate")
    click.echo(f"its calls: {_link(ready, 'calls')}")
    click.echo(f"its settings: {_link(ready, 'settings/phone')}")


def _link(ready: Mapping[str, Any], page: str) -> str:
    """A link that fills the token in; what listens everywhere is opened on this machine."""
    url = str(ready["url"]).replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    return f"{url}/{page}#token={ready['token']}"


def _say(text: str, *, event: str, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"event": event, "message": text}), err=event == "warning")
    else:
        click.echo(f"moltis: {text}", err=True)
