"""`moltis simulate`: you are the telephone that the simulated carriers call."""

import os
import select
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import click
import requests

from chalicelib.calls.phone_numbers import e164
from chalicelib.errors import BadPhoneNumberError
from moltis.rpc_client import NoGatewayError, RefusedError
from moltis.state_file import read_state

POLL_SECS: Final = 20.0
HELP: Final = """\
  Enter           answer the telephone
  any words       say them
  #123            press 1 2 3          /press 123#   press keys that begin with #
  /reject [busy]  do not take the call
  /hangup         end the call
  /dial [NUMBER]  call the agent
  /quit           leave"""

_RINGING: Final = frozenset({"ringing"})
_TURN: Final = frozenset({"listening"})
_IN_CALL: Final = frozenset({"ringing", "dialling", "talking", "listening"})
_LAST: Final = frozenset({"hang-up", "reject"})
_IDLE: Final = frozenset({"idle"})
_STATES: Final = {
    "ringing": "ringing",
    "dialling": "dialling",
    "answered": "talking",
    "said": "talking",
    "keys": "talking",
    "audio": "talking",
    "silence": "talking",
    "listening": "listening",
    "ended": "idle",
}


class _Simulator:
    """The control interface of the gateway's simulated carriers."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def ask(self, method: str, path: str, **content: object) -> dict[str, Any]:
        """Send a request and give the answer.

        Raises:
            NoGatewayError: nobody answers, or it says that it stops.
            RefusedError: it cannot be done.
        """
        with requests.Session() as session:
            session.trust_env = False  # the gateway is on this machine: no proxy in between
            try:
                response = session.request(
                    method,
                    f"{self._url}{path}",
                    json=content or None,
                    headers={"Authorization": f"Bearer {self._token}"},
                    timeout=(3, POLL_SECS + 10),
                )
                answer = response.json()
            except requests.RequestException as error:
                message = "the gateway does not answer; start one with `moltis gateway`"
                raise NoGatewayError(message) from error
        if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            message = "the gateway stops; start it again with `moltis gateway`"
            raise NoGatewayError(message)
        if not response.ok:
            raise RefusedError(str(answer.get("error", f"refused with {response.status_code}")))
        return dict(answer)


class _Phone:
    """Your telephone: prints what it hears, and does what you type."""

    def __init__(self, simulator: _Simulator, number: str, *, patient: bool, once: bool) -> None:
        self._simulator = simulator
        self._path = f"/phones/{simulator.ask('POST', '/phones', number=number)['phone']}"
        self._patient = patient
        self._once = once
        self._state = "idle"
        self._changed = threading.Condition()
        self.over = threading.Event()
        self.failure: Exception | None = None

    def listen(self) -> None:
        """Print what happens, until the telephone is put away."""
        seen = 0
        while not self.over.is_set():
            try:
                path = f"{self._path}/events?after={seen}&wait={POLL_SECS}"
                events = self._simulator.ask("GET", path)["events"]
            except (NoGatewayError, RefusedError) as error:
                if not self.over.is_set():
                    self._finish(error)
                return
            for event in events:
                seen = event["number"]
                _show(event)
                self._enter(_STATES.get(event["event"], self._state))
                if self._once and event["event"] == "ended":
                    self._finish(None)

    def obey(self, line: str) -> None:
        """Do what *line* says."""
        words = line.split()
        command, rest = (words[0], words[1:]) if words else ("", [])
        match command:
            case "":
                self._act("answer", _RINGING)
            case "/reject":
                self._act("reject", _RINGING, reason=rest[0] if rest else "rejected")
            case "/hangup":
                self._act("hang-up", _IN_CALL)
            case "/dial":
                self._act("dial", _IDLE, **({"to": rest[0]} if rest else {}))
            case "/press":
                self._act("press", _TURN, digits="".join(rest))
            case "/help":
                click.echo(HELP)
            case "/quit":
                self._finish(None)
            case _ if command.startswith("/"):
                click.echo(f"there is no {command}; /help shows what there is", err=True)
            case _ if len(line) > 1 and line.startswith("#") and " " not in line:
                self._act("press", _TURN, digits=line[1:])
            case _:
                self._act("say", _TURN, text=line)

    def await_end(self) -> None:
        """Wait until no call is going on."""
        self._await(_IDLE)

    def put_away(self) -> None:
        """Give the number back."""
        self.over.set()
        if self.failure is None:
            self._simulator.ask("DELETE", self._path)

    def dial(self, to_number: str) -> None:
        """Call the agent."""
        content = {"to": to_number} if to_number else {}
        self._simulator.ask("POST", f"{self._path}/dial", **content)
        self._enter("dialling")

    def _act(self, act: str, states: frozenset[str], **content: object) -> None:
        # Lines from a file all come at once: each waits for its moment.
        if self._patient and not self._await(states):
            click.echo(f"too late for {act}: the call is over", err=True)
            return
        try:
            if act == "dial":
                self.dial(str(content.get("to", "")))
                return
            if self._patient:
                self._enter("ending" if act in _LAST else "talking")
            self._simulator.ask("POST", f"{self._path}/{act}", **content)
        except RefusedError as error:
            click.echo(f"{error}", err=True)
        except NoGatewayError as error:
            self._finish(error)

    def _await(self, states: frozenset[str]) -> bool:
        with self._changed:
            begun = self._state != "idle"
            self._changed.wait_for(
                lambda: (
                    self._state in states or self.over.is_set() or (begun and self._state == "idle")
                )
            )
            return self._state in states

    def _enter(self, state: str) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _finish(self, failure: Exception | None) -> None:
        with self._changed:
            self.failure = failure
            self.over.set()
            self._changed.notify_all()


def _number(context: click.Context, parameter: click.Parameter, value: str) -> str:
    del context, parameter
    if not value:
        return ""
    try:
        return str(e164(value, field="the number"))
    except BadPhoneNumberError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option(
    "--number", default="", callback=_number, help="Be this number only; any number otherwise."
)
@click.option("--dial", is_flag=True, help="Call the agent right away.")
@click.option(
    "--to", "to_number", default="", callback=_number, help="The agent's number, if it has several."
)
@click.option("--once", is_flag=True, help="Leave when the first call is over.")
@click.option(
    "--new-account",
    "carrier",
    default="",
    metavar="CARRIER",
    help="Only open a blank account at a simulated carrier, to rehearse `setup` with.",
)
def simulate(number: str, *, dial: bool, to_number: str, once: bool, carrier: str) -> None:
    """Be the telephone at the other end of the simulated carriers.

    Needs a running `moltis gateway` whose carriers are simulated. Calls that the agent makes ring
    here; what it says is printed, what you type is said to it.

    \b
    Examples:
      moltis simulate                              any number that is called rings here
      moltis simulate --number +15559876543        only calls to this number do
      moltis simulate --dial                       call the agent
      moltis simulate --new-account twilio         an account to set up
      printf '\\nHello\\n#42\\nGoodbye\\n' | moltis simulate --once

    \b
    While it runs:
      Enter           answer the telephone
      any words       say them
      #123            press keys; /press 123# for more
      /reject [busy]  do not take the call
      /hangup         end the call
      /dial [NUMBER]  call the agent
      /quit           leave
    """
    if carrier:
        _open_account(carrier, number)
    else:
        _be_the_telephone(number, to_number, dials=dial or bool(to_number), once=once)


def _be_the_telephone(number: str, to_number: str, *, dials: bool, once: bool) -> None:
    phone = _Phone(_find_simulator(), number, patient=not sys.stdin.isatty(), once=once)
    listener = threading.Thread(target=phone.listen, name="telephone", daemon=True)
    try:
        click.echo(f"You are the simulated telephone {number or 'of every number'}. /help helps.")
        if dials:
            phone.dial(to_number)
        listener.start()
        for line in _lines(phone.over):
            phone.obey(line)
            if phone.over.is_set():
                break
        else:
            phone.await_end()
    except KeyboardInterrupt:
        click.echo()
    finally:
        phone.put_away()
    if listener.ident is not None:
        listener.join()
    if phone.failure is not None:
        raise phone.failure


def _open_account(carrier: str, number: str) -> None:
    wanted = {"carrier": carrier, **({"number": number} if number else {})}
    opened = _find_simulator().ask("POST", "/accounts", **wanted)
    flags = {
        "provider": carrier,
        **opened["credentials"],
        "from_number": opened["number"],
        "api_base_url": opened["api_base_url"],
    }
    click.echo(f"A blank account at the simulated {carrier}, with the number {opened['number']}:")
    written = [f"--{name.replace('_', '-')} {value}" for name, value in flags.items()]
    click.echo(f"  moltis voice-call setup {' '.join(written)}")


def _find_simulator() -> _Simulator:
    state = read_state()
    if state is None:
        message = "no gateway is running here; start one with `moltis gateway`"
        raise NoGatewayError(message)
    simulator = state.get("simulator")
    if not simulator or "simulated" not in state.get("carriers", {"": "simulated"}).values():
        message = "the gateway has no simulated carriers, so no telephone of theirs can ring here"
        raise RefusedError(message)
    return _Simulator(simulator["url"], simulator["token"])


def _lines(over: threading.Event) -> Iterator[str]:
    """Give the lines that are typed, until there are no more or everything is *over*."""
    if not sys.stdin.isatty() or os.name != "posix":
        yield from (line.strip() for line in sys.stdin)
        return
    while not over.is_set():
        ready, _, _ = select.select([sys.stdin], [], [], 0.2)
        if ready:
            line = sys.stdin.readline()
            if not line:
                return
            yield line.strip()


def _show(event: dict[str, Any]) -> None:
    match event["event"]:
        case "ringing":
            click.echo(f"The telephone rings: {event['caller']} calls {event['called']}.")
        case "dialling":
            click.echo(f"Calling {event['called']}; its inbound_policy says who is let in ...")
        case "answered":
            click.echo("You are connected.")
        case "said":
            click.echo(f"  agent: {event['text']}")
        case "keys":
            click.echo(f"  agent presses: {event['digits']}")
        case "audio":
            click.echo(f"  agent plays {event['seconds']:.1f} s of sound: {event['url']}")
        case "listening":
            click.echo("  (it is your turn)")
        case "ended":
            click.echo(f"The call is over: {event['how']}.")
