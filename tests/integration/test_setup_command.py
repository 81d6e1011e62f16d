"""`moltis voice-call setup` and `smoke` on a gateway that runs, at simulated carriers."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from chalicelib.provisioning.registry import CONSOLES
from moltis.carriers.control import OpenedAccount
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import HangsUp, Says
from moltis.commands.root import run
from moltis.rpc_client import RpcClient
from moltis.state_file import write_state
from tests.phone import CALLER, Json, Phone, a_phone


@dataclass(frozen=True, slots=True)
class Stage:
    phone: Phone
    opened: OpenedAccount
    capsys: pytest.CaptureFixture[str]

    @property
    def flags(self) -> list[str]:
        given = {
            "provider": self.phone.account,
            **self.opened.owned.credentials,
            "api_base_url": self.opened.api_base_url,
        }
        return [word for k, v in given.items() for word in (f"--{k.replace('_', '-')}", v)]

    def moltis(self, *arguments: str) -> tuple[int, str, str]:
        code = run(["voice-call", *arguments])
        captured = self.capsys.readouterr()
        return code, captured.out, captured.err

    def setup(self, *arguments: str) -> tuple[int, Json]:
        code, out, err = self.moltis("setup", *arguments, "--json")
        assert out, err
        (line,) = out.splitlines()
        found: Json = json.loads(line)
        return code, found


@pytest.fixture(params=list(CONSOLES))
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Stage]:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path))
    with a_phone(request.param) as phone:
        write_state(phone.gateway.ready)
        opened = phone.gateway.carriers.open_account(request.param, "")
        yield Stage(phone, opened, capsys)


def test_from_empty_to_ready_and_then_there_is_nothing_to_do(stage: Stage) -> None:
    code, done = stage.setup(*stage.flags, "--yes")
    again, nothing = stage.setup("--yes")
    checked, seen = stage.setup("--check")

    (account,) = done["accounts"]
    assert (code, done["ready"], account["faults"]) == (0, True, [])
    assert account["from_number"] == stage.opened.owned.number
    assert done["written"]
    assert (again, nothing["changed"], nothing["written"]) == (0, [], [])
    assert (checked, seen["ready"]) == (0, True)


def test_a_call_to_the_number_then_rings_here(stage: Stage) -> None:
    stage.setup(*stage.flags, "--yes", "--allowlist", CALLER, "--inbound-policy", "allowlist")

    number = stage.opened.owned.number
    far_end = ScriptedFarEnd([Says("Hello."), HangsUp()])
    placed = stage.phone.gateway.carriers.dial_in(CALLER, number, far_end)

    assert placed.wait(60)
    (call,) = stage.phone.rpc.ask("voicecall.history")["calls"]
    assert (call["direction"], call["to"]) == ("inbound", number)


def test_a_further_account_is_set_up_from_empty_to_ready_and_from_wrong_to_right(
    stage: Stage,
) -> None:
    version = stage.phone.rpc.ask("phone.settings")["version"]
    changes = {"phone.accounts.reserve": {"provider": stage.phone.account}}
    stage.phone.rpc.ask("phone.save", version=version, changes=changes)
    flags = ["--account", "reserve", *stage.flags[2:]]

    code, done = stage.setup(*flags, "--yes")
    network = stage.phone.gateway.carriers.network
    owned = network.owned(stage.opened.owned.number)
    network.own(replace(owned, voice_url="http://127.0.0.1:9/old"))
    checked, wrong = stage.setup("--account", "reserve", "--check")
    mended, right = stage.setup("--account", "reserve", "--yes")
    again, nothing = stage.setup("--account", "reserve", "--yes")

    (account,) = done["accounts"]
    assert (code, done["ready"], account["id"], account["faults"]) == (0, True, "reserve", [])
    assert account["from_number"] == stage.opened.owned.number
    assert (checked, wrong["ready"]) == (1, False)
    assert (mended, right["ready"], bool(right["written"])) == (0, True, True)
    assert (again, nothing["changed"], nothing["written"]) == (0, [], [])
    kept = stage.phone.rpc.ask("phone.settings")["settings"]["phone"]
    assert kept["provider"] == stage.phone.account


def test_doors_that_were_not_open_yet_are_tried_once_more(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.setup(*stage.flags, "--yes")
    ask, answers = RpcClient.ask, []

    def ask_too_early(rpc: RpcClient, method: str, **params: object) -> Json:
        answer = ask(rpc, method, **params)
        if method == "phone.probe":
            answers.append(answer)
            if len(answers) == 1:
                return {"probes": [{**probe, "ok": False} for probe in answer["probes"]]}
        return answer

    monkeypatch.setattr(RpcClient, "ask", ask_too_early)
    code, seen = stage.setup("--check")

    assert (code, seen["ready"], len(answers)) == (0, True, 2)


def test_without_a_yes_nothing_is_written_at_the_carrier(stage: Stage) -> None:
    code, shown = stage.setup(*stage.flags)

    (account,) = shown["accounts"]
    assert (code, shown["ready"], shown["written"]) == (1, False, [])
    assert any(entry["differs"] for entry in account["entries"])
    console = stage.phone.gateway.carriers.dial_in(
        CALLER, stage.opened.owned.number, ScriptedFarEnd()
    )
    assert console.wait(60)
    assert stage.phone.rpc.ask("voicecall.history")["calls"] == []


def test_from_wrong_to_right(stage: Stage) -> None:
    stage.setup(*stage.flags, "--yes")
    network = stage.phone.gateway.carriers.network
    owned = network.owned(stage.opened.owned.number)
    network.own(replace(owned, voice_url="http://127.0.0.1:9/old"))

    checked, wrong = stage.setup("--check")
    code, right = stage.setup("--yes")

    assert (checked, wrong["ready"]) == (1, False)
    assert (code, right["ready"]) == (0, True)
    assert right["written"]


def test_wrong_credentials_are_neither_stored_nor_shown(stage: Stage) -> None:
    wrong = [word if word.startswith("--") else f"{word}x" for word in stage.flags]
    wrong[1], wrong[-1] = stage.phone.account, stage.opened.api_base_url

    code, out, err = stage.moltis("setup", *wrong, "--yes")

    assert (code, "does not know these credentials" in err) == (1, True)
    assert not any(f"{one}x" in out + err for one in stage.opened.owned.credentials.values())
    secrets = stage.phone.rpc.ask("phone.settings")["secrets"]
    assert not any(secret["stored"] for secret in secrets)


def test_an_account_whose_credentials_are_wrong_does_not_become_the_default(stage: Stage) -> None:
    other = "plivo" if stage.phone.account != "plivo" else "twilio"
    opened = stage.phone.gateway.carriers.open_account(other, "")
    flags = ["--provider", other, "--api-base-url", opened.api_base_url]
    wrong = [f"--{name.replace('_', '-')}=wrong" for name in opened.owned.credentials]
    right = [f"--{k.replace('_', '-')}={v}" for k, v in opened.owned.credentials.items()]

    refused, _, err = stage.moltis("setup", *flags, *wrong, "--yes")
    before = stage.phone.rpc.ask("phone.settings")["settings"]["phone"]["provider"]
    code, done = stage.setup(*flags, *right, "--yes")
    after = stage.phone.rpc.ask("phone.settings")["settings"]["phone"]["provider"]

    assert (refused, "does not know these credentials" in err) == (1, True)
    assert before == stage.phone.account
    assert (code, done["ready"], after) == (0, True, other)


def test_a_check_says_what_is_not_as_it_is_given_and_changes_nothing(stage: Stage) -> None:
    stage.setup(*stage.flags, "--yes")
    before = stage.phone.rpc.ask("phone.settings")
    wrong = [f"--{name.replace('_', '-')}=wrong" for name in stage.opened.owned.credentials]
    lists = ("--inbound-policy", "open", "--allowlist", "+15550009999")

    fine, as_given = stage.setup(*stage.flags, "--check")
    code, seen = stage.setup("--check", "--from-number", "+15550009999", *lists, *wrong)

    assert (fine, as_given["ready"]) == (0, True)
    (account,) = seen["accounts"]
    told = {fault["field"]: fault["reason"] for fault in account["faults"]}
    assert code == 1
    assert told["from_number"] == f"is {stage.opened.owned.number}, not +15550009999"
    assert {"inbound_policy", "allowlist"} <= told.keys()
    assert any("does not know these credentials" in reason for reason in told.values())
    assert stage.phone.rpc.ask("phone.settings") == before


def test_a_number_of_somebody_else_is_not_taken(stage: Stage) -> None:
    code, shown = stage.setup(*stage.flags, "--yes", "--from-number", "+15550009999")

    (account,) = shown["accounts"]
    assert (code, [fault["field"] for fault in account["faults"]]) == (1, ["from_number"])
    assert shown["written"] == []


def test_a_test_call_of_two_turns_is_placed_and_read_back(stage: Stage) -> None:
    code, done = stage.setup(*stage.flags, "--yes", "--test-call", "--to", CALLER)

    assert (code, done["test_call"]["ok"], done["test_call"]["turns"]) == (0, True, 2)
    assert done["test_call"]["call"]["to"] == CALLER


def test_smoke_tries_a_simulated_phone_without_asking(stage: Stage) -> None:
    code, out, err = stage.moltis("smoke")

    assert (code, err) == (0, "")
    assert "the test call went well: 2 turns" in out
    assert "simulated: no credentials are set" in out
    assert out.endswith("ready\n")


def test_smoke_rings_no_real_telephone_unasked(stage: Stage) -> None:
    stage.setup(*stage.flags, "--yes")

    nobody = stage.moltis("smoke")
    unasked = stage.moltis("smoke", "--to", CALLER)

    assert (nobody[0], "give --to" in nobody[2]) == (2, True)
    assert (unasked[0], "give --yes" in unasked[2]) == (2, True)


def test_a_flag_of_another_carrier_is_wrong_usage(stage: Stage) -> None:
    other = "--api-key" if stage.phone.account != "telnyx" else "--auth-id"

    code, _, err = stage.moltis("setup", "--provider", stage.phone.account, other, "x")

    assert (code, f"{other} is nothing of {stage.phone.account}'s" in err) == (2, True)


def test_a_person_is_asked_what_cannot_be_found_out(stage: Stage, tmp_path: Path) -> None:
    arguments = ["--provider", stage.phone.account, "--api-base-url", stage.opened.api_base_url]
    here, there = pty.openpty()
    the_address_offered, write_it, no_call = "\n", "y\n", "n\n"
    os.write(here, f"{the_address_offered}{write_it}{no_call}".encode())
    environment = os.environ | {"MOLTIS_STATE_DIR": str(tmp_path)}
    environment |= {
        f"MOLTIS_{name.upper()}": value for name, value in stage.opened.owned.credentials.items()
    }

    done = subprocess.run(
        [sys.executable, "-m", "moltis", "voice-call", "setup", *arguments],
        stdin=there,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    os.close(here)
    os.close(there)

    assert (done.returncode, "Write it?" in done.stderr) == (0, True), done.stderr
    assert f"your number is {stage.opened.owned.number}" in done.stdout
    assert done.stdout.endswith("ready\n")
