"""Every decision to dial is written down, whoever asks and wherever."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from chalicelib import wiring
from chalicelib.accounts.audit import Door
from chalicelib.functions.tool import voice_call
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.commands.root import run
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from moltis.state_file import write_state
from tests.integration.test_limits import by_mcp, by_tool, headers, question
from tests.phone import Json, Phone, a_phone

FORBIDDEN = "+19005550100"


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(outbound={"deny": ["+1900"]}) as running:
        yield running


@pytest.fixture
def cli(phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path / "state"))
    write_state(phone.gateway.ready)


def newest(phone: Phone) -> Json:
    entry: Json = phone.rpc.ask("voicecall.audit", limit=1)["entries"][0]
    return entry


def by_rpc(phone: Phone, to: str) -> None:
    order = {"to": to, "message": "Hello.", "mode": "notify"}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "voicecall.initiate", "params": order}
    url = f"{phone.gateway.url}/rpc"
    assert requests.post(url, json=asked, headers=headers(phone), timeout=40).ok


def by_page(phone: Phone, to: str) -> None:
    browser, url = requests.Session(), phone.gateway.url
    signed_in = browser.post(f"{url}/session", json={"token": phone.gateway.token}, timeout=40)
    order = {"to": to, "message": "Hello.", "mode": "notify"}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "voicecall.initiate", "params": order}
    proof = {"X-Moltis-Page": signed_in.json()["proof"]}
    assert "error" not in browser.post(f"{url}/rpc", json=asked, headers=proof, timeout=40).json()


def by_command_line(_phone: Phone, to: str) -> None:
    assert run(["voice-call", "call", "--to", to, "--message", "Hi.", "--mode", "notify"]) == 0


def by_function(_phone: Phone, to: str) -> None:
    context = SimpleNamespace(aws_request_id="7f3a", client_context=None)
    assert voice_call(question(to), context)["status"] == "initiated"


@pytest.mark.usefixtures("cli")
@pytest.mark.parametrize(
    ("ask", "door", "name"),
    [
        (by_rpc, Door.RPC, "gateway"),
        (by_page, Door.PAGE, "gateway"),
        (by_tool, Door.TOOL, "gateway"),
        (by_mcp, Door.MCP, "gateway"),
        (by_command_line, Door.CLI, "gateway"),
        (by_function, Door.FUNCTION, "invocation 7f3a"),
    ],
)
def test_an_allowed_call_stands_there_with_who_asked_and_where(
    phone: Phone, ask: Callable[[Phone, str], object], door: Door, name: str
) -> None:
    to = phone.far_end()

    ask(phone, to)

    entry = newest(phone)
    call = phone.over(entry["call_id"])
    assert {key: entry[key] for key in ("action", "door", "name", "to", "mode", "rule")} == {
        "action": "call allowed",
        "door": door,
        "name": name,
        "to": to,
        "mode": "notify",
        "rule": "phone.outbound.allow +",
    }
    assert (call["to"], bool(entry["token_id"])) == (to, door is not Door.FUNCTION)


def test_a_refusal_stands_there_with_its_rule_and_how_to_change_it(phone: Phone) -> None:
    with pytest.raises(RefusedError):
        phone.initiate(FORBIDDEN)

    entry = newest(phone)
    assert (entry["action"], entry["to"], entry["rule"]) == (
        "call refused",
        FORBIDDEN,
        "phone.outbound.deny",
    )
    assert "under [phone.outbound]" in entry["reason"]
    assert "call_id" not in entry


def test_a_request_that_its_key_knows_decides_nothing(phone: Phone) -> None:
    to = phone.far_end()
    first = phone.initiate(to, "Done.", mode="notify", idempotency_key="once")
    decided = newest(phone)

    again = phone.initiate(to, "Done.", mode="notify", idempotency_key="once")

    assert (again, newest(phone)) == (first, decided)


def test_whoever_may_only_read_does_not_read_who_called_whom(phone: Phone) -> None:
    token = make_token("a display", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)
    rpc = RpcClient(GatewayAddress(phone.gateway.url, token.text))

    with pytest.raises(RefusedError) as refusal:
        rpc.ask("voicecall.audit")
    rpc.close()

    assert refusal.value.code == -32003


@pytest.mark.usefixtures("cli")
def test_the_command_line_shows_decisions_page_by_page(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    phone.over(phone.initiate(phone.far_end(), "Done.", mode="notify"))
    with pytest.raises(RefusedError):
        phone.initiate(FORBIDDEN)

    code = run(["voice-call", "audit", "--limit", "2"])

    refused, allowed = capsys.readouterr().out.splitlines()
    assert code == 0
    assert "call refused  twilio → +19005550100  gateway" in refused
    assert "change deny under [phone.outbound]" in refused
    assert "call allowed" in allowed
    assert "(cli): by phone.outbound.allow +" in allowed
