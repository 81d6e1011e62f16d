"""Marked secrets are stored, everything is used, and then everything is searched for them."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from chalicelib import log
from chalicelib.owner.asked import WISHES
from chalicelib.routes.pages import PAGES, WEB
from moltis.carriers.line import Says
from moltis.commands.root import run
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from tests.phone import CALLER, Json, Phone, a_phone

MARK = "MARKEDSECRET"
DAMAGED: list[tuple[str, Json]] = [
    ("phone.save", {"version": 0, "changes": {}}),
    ("phone.save", {"version": 99, "changes": {"phone.twilio.auth_token": f"{MARK}save"}}),
    ("phone.save", {"version": 0, "changes": {"phone.twilio": {"auth_token": f"{MARK}table"}}}),
    ("phone.import", {"settings": {"phone": {"twilio": {"auth_token": [f"{MARK}list"]}}}}),
    ("phone.import", {"settings": {"phone": {"volume": 1, "plivo": {"auth_id": f"{MARK}id"}}}}),
    ("phone.secrets.set", {"secrets": {"phone.twilio.auth_token": f"{MARK}\nnext line"}}),
    ("phone.secrets.set", {"secrets": {"phone.nothing": f"{MARK}nothing"}}),
    ("phone.secrets.set", {"secrets": {"phone.twilio.auth_token": [f"{MARK}list"]}}),
    ("phone.secrets.set", {"secrets": [f"{MARK}"]}),
    ("voicecall.initiate", {"to": "nobody"}),
]


@pytest.fixture
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running


class Seen:
    """Everything that came out of the phone."""

    def __init__(self, phone: Phone, capsys: pytest.CaptureFixture[str]) -> None:
        self.phone = phone
        self.capsys = capsys
        self.texts: list[str] = []

    def rpc(self, method: str, token: str = "", **params: object) -> Json:
        response = requests.post(
            f"{self.phone.gateway.url}/rpc",
            json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
            headers={"Authorization": f"Bearer {token or self.phone.gateway.token}"},
            timeout=20,
        )
        self.texts.append(str(response.headers) + response.text)
        found: Json = response.json()
        return found

    def get(self, path: str) -> None:
        response = requests.get(f"{self.phone.gateway.url}/{path}", timeout=20)
        self.texts.append(str(response.headers) + response.text)

    def moltis(self, *arguments: str) -> int:
        code = run(list(arguments))
        printed = self.capsys.readouterr()
        self.texts += [printed.out, printed.err]
        return code


def marked(phone: Phone) -> dict[str, str]:
    """A marked secret for every place that there is."""
    places = [one["key"] for one in phone.rpc.ask("phone.settings")["secrets"]]
    return {key: f"{MARK}{number:04}{'x' * 8}{number:04}" for number, key in enumerate(places)}


def use_rpc(seen: Seen) -> None:
    for method in WISHES:
        if method.endswith(("schema", "settings", "export", "list")):
            seen.rpc(method)
    for method, params in DAMAGED:
        assert "error" in seen.rpc(method, **params)
    seen.rpc("voicecall.status")
    seen.rpc("voicecall.history")
    seen.rpc("voicecall.initiate", to="+15550001234", message="Hello.")
    seen.rpc("phone.settings", token=f"{MARK}token")


def use_pages(seen: Seen) -> None:
    for path in [*(page.path[1:] for page in PAGES), "session", "healthz"]:
        seen.get(path)
    for file in WEB.iterdir():
        seen.get(f"web/{file.name}")
    body = {"token": f"{MARK}token"}
    refused = requests.post(f"{seen.phone.gateway.url}/session", json=body, timeout=20)
    seen.texts.append(str(refused.headers) + refused.text)


def use_command_line(seen: Seen, folder: Path) -> None:
    faulty = folder / "moltis.toml"
    faulty.write_text(f'[phone]\nvolume = 1\n[phone.twilio]\nauth_token = "{MARK}file"\n')
    for arguments in (
        ("config", "show"),
        ("config", "show", "--json"),
        ("config", "export"),
        ("config", "export", "--json"),
        ("config", "import", str(faulty)),
        ("token", "list"),
        ("token", "list", "--json"),
        ("voice-call", "status"),
        ("voice-call", "status", "--json"),
        ("voice-call", "history", "--json"),
        ("gateway", "--config", str(faulty)),
    ):
        seen.moltis(*arguments)


def test_no_stored_secret_comes_out_anywhere(
    phone: Phone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MOLTIS_GATEWAY_URL", phone.gateway.url)
    monkeypatch.setenv("MOLTIS_TOKEN", phone.gateway.token)
    logged = io.StringIO()
    log.set_up(logged)
    seen = Seen(phone, capsys)
    phone.over(phone.dial_in(CALLER, Says("Hello."), Says("Goodbye!")))
    secrets = marked(phone)
    seen.rpc("phone.secrets.set", secrets=secrets)
    made = phone.rpc.ask("tokens.create", name="marked")  # the one answer that shows a token

    use_rpc(seen)
    use_pages(seen)
    use_command_line(seen, tmp_path)
    seen.rpc("phone.secrets.remove", keys=list(secrets))
    log.set_up(sys.stderr)

    everything = "\n".join([*seen.texts, logged.getvalue(), json.dumps(phone.stored())])
    assert (len(secrets) > 7, len(seen.texts) > 30) == (True, True)
    assert "secrets stored" in logged.getvalue()
    assert MARK not in everything
    assert made["token"] not in everything
    assert phone.gateway.token not in everything


def test_a_token_is_not_shown_to_whoever_asks_with_it(phone: Phone) -> None:
    made = phone.rpc.ask("tokens.create", name="marked", scope="write")
    rpc = RpcClient(GatewayAddress(phone.gateway.url, made["token"]))

    answers = [rpc.ask(method) for method in ("tokens.list", "audit.list", "phone.export")]
    with pytest.raises(RefusedError) as error:
        rpc.ask("tokens.revoke", id=made["token"])

    assert made["token"] not in json.dumps(answers) + str(error.value)
    rpc.close()
