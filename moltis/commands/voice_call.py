"""`moltis voice-call`: make calls, watch them, act in them."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click

from chalicelib.calls.terms import SpeechKind
from chalicelib.tool.formats import FORMATS
from moltis.commands import show
from moltis.commands.staged import StagedGroup
from moltis.latency import waits
from moltis.rpc_client import NoGatewayError, RefusedError, RpcClient, find_gateway

LOOK_EVERY_SECS: Final = 0.3
_FAILED_STATES: Final = frozenset({"error", "no_answer", "busy"})
_PAGE: Final = 100
_WRONG_QUESTION: Final = frozenset({"invalid_params", "unknown_account"})

as_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object instead."
)


def _complete_calls(_context: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    try:
        with client() as rpc:
            calls = rpc.ask("voicecall.status")["active_calls"]
    except (NoGatewayError, RefusedError):
        return []
    return [call["call_id"] for call in calls if call["call_id"].startswith(incomplete)]


call_id_argument = click.argument("call_id", shell_complete=_complete_calls)


@contextmanager
def client() -> Iterator[RpcClient]:
    """Open a connection to the gateway."""
    rpc = RpcClient(find_gateway())
    try:
        yield rpc
    finally:
        rpc.close()


@click.group("voice-call", cls=StagedGroup)
def voice_call() -> None:
    """Make phone calls, watch them, act in them.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 no gateway reachable.
    """


@voice_call.command()
@click.option("--to", required=True, help="Number to call, like +15559876543.")
@click.option("--message", default="", help="What to say first; a notify call says only this.")
@click.option("--mode", type=click.Choice(["conversation", "notify"]), default="conversation")
@click.option("--account", default="", help="Account to call from; else the default one.")
@click.option("--language", default="", help="Language of this call, like de-DE.")
@click.option("--voice", default="", help="Voice of this call, as whoever speaks names it.")
@click.option(
    "--tts-provider", type=click.Choice([one.value for one in SpeechKind]), help="Who speaks."
)
@click.option("--idempotency-key", default="", help="The same key never rings twice.")
@click.option("--wait", is_flag=True, help="Show the call until it is over.")
@as_json_option
def call(*, wait: bool, as_json: bool, **params: str | None) -> int:
    """Call somebody.

    \b
    moltis voice-call call --to +15559876543 --message "Your table is ready." --mode notify
    moltis voice-call call --to +15559876543 --message "About your appointment:" --wait
    """
    with client() as rpc:
        found = rpc.ask("voicecall.initiate", **{k: v for k, v in params.items() if v})
        if not wait:
            show.one(found, as_json=as_json)
            return 0
        for seen in _follow(rpc, found["call_id"]):
            if not as_json:
                show.news(found, seen)
            found = seen
        if as_json:
            click.echo(json.dumps(found))
        return int(found["end_reason"] in _FAILED_STATES)


@voice_call.command()
@click.argument("call_id", required=False, shell_complete=_complete_calls)
@as_json_option
def status(call_id: str | None, *, as_json: bool) -> None:
    """Show one call with its transcript; or the accounts and the calls that run."""
    with client() as rpc:
        if call_id:
            show.one(rpc.ask("voicecall.status", call_id=call_id), as_json=as_json)
        else:
            show.overview(rpc.ask("voicecall.status"), as_json=as_json)


@voice_call.command()
@call_id_argument
@as_json_option
def end(call_id: str, *, as_json: bool) -> None:
    """Hang up."""
    with client() as rpc:
        show.one(rpc.ask("voicecall.end", call_id=call_id), as_json=as_json)


@voice_call.command()
@call_id_argument
@click.option("--message", required=True, help="What to say.")
@as_json_option
def speak(call_id: str, message: str, *, as_json: bool) -> None:
    """Say something in a live call; then the conversation goes on."""
    with client() as rpc:
        show.one(rpc.ask("voicecall.speak", call_id=call_id, message=message), as_json=as_json)


@voice_call.command()
@call_id_argument
@click.argument("digits")
@as_json_option
def dtmf(call_id: str, digits: str, *, as_json: bool) -> None:
    """Send touch-tone DIGITS into a live call: 0-9 A-D * #, w waits 0.5 s, W waits 1 s.

    \b
    moltis voice-call dtmf 3f0e… 1ww2#
    """
    with client() as rpc:
        show.one(rpc.ask("voicecall.dtmf", call_id=call_id, digits=digits), as_json=as_json)


@voice_call.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--account", default="", help="Only the calls of this account.")
@as_json_option
def history(limit: int, account: str, *, as_json: bool) -> None:
    """Show past and running calls, newest first."""
    with client() as rpc:
        found, cursor = _newest(rpc, limit, account)
    show.many(found, cursor, as_json=as_json)


@voice_call.command()
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100))
@click.option("--cursor", default="", help="Where the page before this one ended.")
@as_json_option
def audit(limit: int, cursor: str, *, as_json: bool) -> None:
    """Show who asked for calls, and whether they were allowed, newest first."""
    with client() as rpc:
        found = rpc.ask("voicecall.audit", limit=limit, **({"cursor": cursor} if cursor else {}))
    show.decisions(found, as_json=as_json)


@voice_call.command()
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 1_000))
@as_json_option
def latency(last: int, *, as_json: bool) -> None:
    """Show how long the far end waited for replies, in the last calls, stage by stage."""
    with client() as rpc:
        calls = _newest(rpc, last, "")[0]
        seen = [rpc.ask("voicecall.status", call_id=call["call_id"]) for call in calls]
    show.latency(waits(seen), as_json=as_json)


@voice_call.command()
@click.argument("call_id", required=False, shell_complete=_complete_calls)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def tail(call_id: str | None, *, as_json: bool) -> None:
    """Show what happens: in one call until it is over, or in all calls until Ctrl-C."""
    with client() as rpc:
        if call_id:
            _tail_one(rpc, call_id, as_json=as_json)
            return
        before: dict[str, dict[str, Any]] = {}
        while not _interrupted(LOOK_EVERY_SECS):
            known = {call["call_id"] for call in rpc.ask("voicecall.status")["active_calls"]}
            for each in sorted(known | set(before)):
                seen = rpc.ask("voicecall.status", call_id=each)
                show.change(before.get(each), seen, as_json=as_json)
                before[each] = seen
            before = {key: seen for key, seen in before.items() if not seen["end_reason"]}


@voice_call.command()
@as_json_option
def redrive(*, as_json: bool) -> int:
    """Fire timers again that were given up: the alarm "timers lost" told of them.

    Harmless to repeat. Exit code 1: some failed again, and stay in the queue.
    """
    found: dict[str, Any] = {"timers": [], "fired": 0, "failed": 0}
    more = True
    with client() as rpc:
        while more:
            run = rpc.ask("voicecall.redrive")
            found = {name: found[name] + run[name] for name in found}
            more = run["more"]
    show.redriven(found, as_json=as_json)
    return int(found["failed"] > 0)


@voice_call.command()
@click.argument("question")
def tool(question: str) -> int:
    """Use the tool `voice_call`: QUESTION is its JSON, or - to read that from standard input.

    Prints the result, whatever it is, as one JSON object. Exit code 2: what was asked is wrong.

    \b
    moltis voice-call tool '{"action": "initiate_call", "to": "+15559876543", "message": "Hello"}'
    moltis voice-call tool '{"action": "wait", "call_id": "3f0e…", "until": "end"}'
    """
    asked = sys.stdin.read() if question == "-" else question
    with client() as rpc:
        result = rpc.use_tool(asked)
    click.echo(json.dumps(result, ensure_ascii=False))
    if result["status"] != "error":
        return 0
    return 2 if result["error"]["code"] in _WRONG_QUESTION else 1


@voice_call.command("tool-schema")
@click.option(
    "--format",
    "kind",
    type=click.Choice(list(FORMATS)),
    default="mcp",
    show_default=True,
    help="Whose way of describing a tool.",
)
def tool_schema(kind: str) -> None:
    """Print the tool `voice_call` as an agent wants it described; needs no gateway.

    \b
    moltis voice-call tool-schema --format openai
    """
    click.echo(json.dumps(FORMATS[kind](), indent=2, ensure_ascii=False))


def _newest(rpc: RpcClient, limit: int, account: str) -> tuple[list[dict[str, Any]], str | None]:
    """Ask for the newest calls, page by page; give them, and where the next page begins."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < limit:
        params: dict[str, Any] = {"limit": min(limit - len(found), _PAGE), "cursor": cursor}
        if account:
            params["account"] = account
        page = rpc.ask("voicecall.history", **params)
        found += page["calls"]
        cursor = page["cursor"]
    return found, cursor


def _interrupted(secs: float) -> bool:
    """Wait; Ctrl-C is how one stops watching, and no failure."""
    try:
        time.sleep(secs)
    except KeyboardInterrupt:
        return True
    return False


def _tail_one(rpc: RpcClient, call_id: str, *, as_json: bool) -> None:
    before: dict[str, Any] | None = None
    for seen in _follow(rpc, call_id):
        show.change(before, seen, as_json=as_json)
        before = seen


def _follow(rpc: RpcClient, call_id: str) -> Iterator[dict[str, Any]]:
    """Look at the call again and again, until it is over."""
    while True:
        seen = rpc.ask("voicecall.status", call_id=call_id)
        yield seen
        if seen["end_reason"]:
            return
        time.sleep(LOOK_EVERY_SECS)
