"""`moltis voice-call setup` and `smoke`: from nothing to a ringing phone, and whether it rings."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import click

from chalicelib.accounts.account import InboundPolicy
from chalicelib.calls.phone_numbers import e164
from chalicelib.errors import BadPhoneNumberError, ConfigurationError
from chalicelib.providers.registry import PROVIDERS
from moltis.commands import show
from moltis.commands.voice_call import as_json_option, client
from moltis.installation.asking import Asker
from moltis.installation.looking import look_at
from moltis.installation.settling import Given, Settler
from moltis.installation.telling import tell, tell_differences
from moltis.installation.test_call import SIMULATED_NUMBER, try_call
from moltis.rpc_client import RpcClient, choose_what_was_set_up, chosen_stage
from moltis.state_file import note_stage

CREDENTIALS: Final = tuple(
    dict.fromkeys(name for one in PROVIDERS.values() for name in (*one.needs, *one.accepts))
)
SETTINGS: Final = ("from_number", "webhook_url", "api_base_url")

Command = Callable[..., int]


def _credential_flags(command: Command) -> Command:
    """Give *command* a flag for each credential of any carrier."""
    for name in reversed(CREDENTIALS):
        owners = [
            provider for provider, one in PROVIDERS.items() if name in one.needs + one.accepts
        ]
        command = click.option(
            f"--{name.replace('_', '-')}",
            name,
            default="",
            envvar=f"MOLTIS_{name.upper()}",
            help=f"Credential at {', '.join(owners)}; better by prompt or MOLTIS_{name.upper()}.",
        )(command)
    return command


def _number(context: click.Context, parameter: click.Parameter, value: Any) -> Any:  # noqa: ANN401
    del context
    try:
        if isinstance(value, str):
            return e164(value) if value else ""
        return tuple(e164(one) for part in value for one in part.replace(",", " ").split())
    except BadPhoneNumberError as error:
        message = f"--{parameter.name}: {error.faults[0].reason}".replace("_", "-")
        raise click.UsageError(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    """How to go about it."""

    yes: bool
    calls: bool
    to: str
    as_json: bool

    @property
    def asker(self) -> Asker:
        """Somebody is there when a person types and reads."""
        return Asker(sys.stdin.isatty() and not self.as_json)

    def say(self, text: str) -> None:
        """Tell a person how it goes."""
        if not self.as_json:
            click.echo(text)


@click.command()
@click.option("--account", default="", help="Account to set up; else the carrier's own.")
@click.option("--provider", type=click.Choice(list(PROVIDERS)), help="Carrier to set up.")
@click.option("--from-number", default="", callback=_number, help="Your number there.")
@click.option("--webhook-url", default="", help="Public address of the gateway.")
@click.option("--api-base-url", default="", help="Where the carrier is, unless it is the real one.")
@click.option(
    "--inbound-policy", type=click.Choice([str(one) for one in InboundPolicy]), help="Who may call."
)
@click.option("--allowlist", multiple=True, callback=_number, help="Numbers that may call.")
@_credential_flags
@click.option(
    "--check",
    is_flag=True,
    help="Change nothing; exit 1 if anything is wrong, or not as it is given.",
)
@click.option("--yes", is_flag=True, help="Write at the carrier without asking.")
@click.option("--test-call", is_flag=True, help="Place a test call of two turns in the end.")
@click.option("--to", default="", callback=_number, help="Number to call in a test call.")
@as_json_option
def setup(*, check: bool, yes: bool, test_call: bool, as_json: bool, **flags: Any) -> int:  # noqa: ANN401
    """Set the phone up: credentials, number, address, webhooks at the carrier, a test call.

    Asks only for what it cannot find out, and checks each answer at the carrier. What stands
    there is shown beside what should, and is written after a yes.

    \b
    moltis voice-call setup
    moltis voice-call setup --check
    moltis voice-call setup --check --from-number +15551234567 --inbound-policy open
    moltis voice-call setup --provider telnyx --webhook-url https://your-domain.com --yes
    """
    manner = _Manner(yes=yes, calls=test_call, to=flags["to"], as_json=as_json)
    given = Given(
        account=flags["account"],
        provider=flags["provider"] or "",
        settings={name: flags[name].rstrip("/") for name in SETTINGS if flags[name]},
        inbound_policy=flags["inbound_policy"] or "",
        allowlist=flags["allowlist"],
        credentials={name: flags[name] for name in CREDENTIALS if flags[name]},
    )
    with client() as rpc:
        if check:
            return _check(rpc, given, manner)
        code = _set_up(rpc, given, manner)
    try:
        note_stage(chosen_stage())
    except ConfigurationError as error:
        # The phone is set up; `smoke` has to be told which one.
        manner.say(f"{error}, or say --stage to smoke")
    return code


def _check(rpc: RpcClient, given: Given, manner: _Manner) -> int:
    wanted = given.account or given.provider
    known = rpc.ask("voicecall.status")["accounts"]
    if not wanted and (given.settings or given.credentials):
        # What is said of one account is said of the default one.
        wanted = next((one["id"] for one in known if one["default"]), "")
    accounts = [one for one in known if wanted in {"", one["id"]}]
    if wanted and not accounts:
        message = f"there is no account {wanted!r}"
        raise click.UsageError(message)
    return _tell([look_at(rpc, account, given) for account in accounts], manner)


def _set_up(rpc: RpcClient, given: Given, manner: _Manner) -> int:
    settler = Settler(rpc, manner.asker, given, manner.say)
    account = settler.settle()
    seen = _look(rpc, account)
    written: list[str] = []
    if any(entry["differs"] for entry in seen["entries"]) and not seen["faults"]:
        if not manner.as_json:
            click.echo(f"at {seen['provider']} this is to be written:")
            tell_differences(seen)
        if manner.yes or manner.asker.agrees("Write it?", default=True):
            written = rpc.ask("phone.connect", account=account)["written"]
            seen = _look(rpc, account)
        else:
            manner.say("nothing was written; say --yes to have it written")
    called = _call(rpc, seen, manner) if seen["ready"] else None
    return _tell([seen], manner, changed=settler.changed, written=written, test_call=called)


@click.command()
@click.option("--account", default="", help="Account to try; else the default one.")
@click.option(
    "--to", default="", callback=_number, help="Number to call; needed for a live carrier."
)
@click.option("--yes", is_flag=True, help="Call without asking.")
@as_json_option
def smoke(*, account: str, to: str, yes: bool, as_json: bool) -> int:
    """Try whether the phone works: the carrier, each webhook, and a call of two turns.

    Without --stage, and where no gateway runs here, it is the stage that was set up last.

    \b
    moltis voice-call smoke --to +15559876543 --yes
    """
    manner = _Manner(yes=yes, calls=yes, to=to, as_json=as_json)
    if stage := choose_what_was_set_up():
        manner.say(f"trying {stage}, which was set up last")
    with client() as rpc:
        seen = _look(rpc, account)
        live = seen["carrier"] == "live"
        if live and not to and manner.asker.somebody:
            to = manner.asker.text("Number to call", "--to")
        if live and not to:
            message = "give --to: on a live carrier somebody's telephone has to ring"
            raise click.UsageError(message)
        if live and not yes and not manner.asker.agrees(f"Call {to}? It may cost something."):
            message = "give --yes to have a real telephone ring"
            raise click.UsageError(message)
        called = _place(rpc, seen, to or SIMULATED_NUMBER, manner) if seen["ready"] else None
        return _tell([seen], manner, needs_call=True, test_call=called)


def _look(rpc: RpcClient, account: str) -> dict[str, Any]:
    accounts = rpc.ask("voicecall.status")["accounts"]
    for one in accounts:
        if one["id"] == account or (not account and one["default"]):
            return look_at(rpc, one)
    message = f"there is no account {account!r}; there are {', '.join(o['id'] for o in accounts)}"
    raise click.UsageError(message)


def _call(rpc: RpcClient, seen: dict[str, Any], manner: _Manner) -> dict[str, Any] | None:
    live = seen["carrier"] == "live"
    question = "Place a test call now? It may cost something." if live else "Place a test call now?"
    if not (manner.calls or manner.to or manner.asker.agrees(question)):
        return None
    to = manner.to or (manner.asker.text("Number to call", "--to") if live else SIMULATED_NUMBER)
    return _place(rpc, seen, to, manner)


def _place(rpc: RpcClient, seen: dict[str, Any], to: str, manner: _Manner) -> dict[str, Any]:
    manner.say(f"calling {to}")
    before: dict[str, Any] = {"state": "", "transcript": [], "end_reason": None}

    def watch(call: dict[str, Any]) -> None:
        nonlocal before
        if not manner.as_json:
            show.news(before, call, prefix="  ")
        before = call

    called = try_call(rpc, seen["id"], to, watch)
    manner.say(
        f"the test call went well: {called['turns']} turns"
        if called["ok"]
        else f"the test call: {called['finding']}"
    )
    return called


def _tell(
    looks: list[dict[str, Any]],
    manner: _Manner,
    *,
    needs_call: bool = False,
    **more: Any,  # noqa: ANN401
) -> int:
    called = more.get("test_call")
    is_ready = bool(looks) and all(seen["ready"] for seen in looks)
    is_ready = is_ready and (called["ok"] if called else not needs_call)
    if manner.as_json:
        click.echo(json.dumps({"ready": is_ready, "accounts": looks, **more}))
    else:
        for seen in looks:
            tell(seen)
        if not looks:
            click.echo("no account is configured; `moltis voice-call setup` makes one")
        click.echo("ready" if is_ready else "not ready")
    return int(not is_ready)
