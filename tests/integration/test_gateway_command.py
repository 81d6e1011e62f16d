"""`moltis gateway` as a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from moltis.rpc_client import GatewayAddress, RpcClient
from tests.phone import Json, words

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef0123456789abcdef"


def environment(tmp_path: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return clean | {
        "HOME": str(tmp_path),
        "MOLTIS_STATE_DIR": str(tmp_path / "state"),
        **(extra or {}),
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "moltis", *arguments]


@contextmanager
def gateway(
    tmp_path: Path, *arguments: str, extra: Mapping[str, str] | None = None
) -> Iterator[tuple[Json, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        command("gateway", "--port", "0", "--json", "--speed", "20", *arguments),
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONPATH": str(ROOT), **(extra or {})}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield json.loads(line), process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def moltis(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONPATH": str(ROOT)}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_prints_links_to_its_pages_that_let_a_person_in(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("gateway", "--port", "0"),
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(5)]
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    links = re.findall(r"(http://127\.0\.0\.1:\d+/[a-z/]+)#token=mp_\S+", "".join(said))
    assert [urlsplit(link).path for link in links] == ["/phone", "/calls", "/settings/phone"]


def test_it_says_that_it_is_ready_and_the_command_line_finds_it(tmp_path: Path) -> None:
    with gateway(tmp_path) as (ready, process):
        kept = tmp_path / "state" / "gateway.json"
        assert ready["event"] == "ready"
        assert ready["carriers"]["twilio"] == "simulated"
        assert json.loads(kept.read_text()) == ready
        assert kept.stat().st_mode & 0o777 == 0o600
        called = moltis(
            tmp_path,
            *("voice-call", "call", "--to", "+15559876543", "--mode", "notify"),
            *("--message", "Done.", "--wait", "--json"),
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0

    assert json.loads(called.stdout)["end_reason"] == "completed"
    assert not kept.exists()


def test_a_port_in_use_is_one_clear_sentence_and_exit_code_two(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = moltis(tmp_path, "gateway", "--port", str(port))

    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == (
        f"moltis: cannot listen on 127.0.0.1:{port} (Address already in use); "
        "choose another --port\n"
    )


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("[phone", ["cannot be read"]),
        (
            '[phone]\nproviders = "x"\nmax_duration_secs = 0\n[phone.twilio]\nwebhook_url = "x"',
            [
                "phone.providers: unknown key",
                "max_duration_secs: must be",
                "webhook_url: must begin",
            ],
        ),
        (
            f'[phone.twilio]\nauth_token = "{SECRET}"',
            ["account twilio has some of its credentials; also set account_sid"],
        ),
    ],
)
def test_a_bad_config_is_one_sentence_with_all_faults_and_no_secret(
    tmp_path: Path, text: str, sentences: list[str]
) -> None:
    (tmp_path / "moltis.toml").write_text(text)

    found = moltis(tmp_path, "gateway", "--port", "0")

    assert (found.returncode, len(found.stderr.splitlines())) == (2, 1)
    assert all(sentence in found.stderr for sentence in sentences)
    assert SECRET not in found.stderr


def test_a_config_that_is_not_there_is_exit_code_two(tmp_path: Path) -> None:
    found = moltis(tmp_path, "gateway", "--config", "nowhere.toml")

    assert (found.returncode, "no configuration file nowhere.toml" in found.stderr) == (2, True)


def test_credentials_in_the_file_are_moved_to_the_vault_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.toml"
    path.write_text(
        f"""
        [phone.twilio]
        from_number = "+15551234567"
        webhook_url = "https://phone.example.com"
        account_sid = "AC0"
        auth_token = "{SECRET}"
        """
    )

    with gateway(tmp_path, "--config", str(path)) as (ready, process):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)

    assert ready["carriers"] == {"twilio": "live"}
    assert "credentials" in err
    assert SECRET not in out + err


@contextmanager
def endpoint(tmp_path: Path) -> Iterator[str]:
    """A cloud in a process of its own, as `AWS_ENDPOINT_URL` may point to one."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def test_calls_can_be_read_after_everything_but_the_database_was_restarted(tmp_path: Path) -> None:
    with endpoint(tmp_path) as url:
        cloud = {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }
        with gateway(tmp_path, extra=cloud) as (ready, _):
            before = _finished_call(ready)
        with gateway(tmp_path, extra=cloud) as (ready, _):
            after = _status(ready, before["call_id"])

    assert re.fullmatch("hangup_(bot|user)", before["end_reason"])
    assert len(words(before)) >= 3
    assert after == before


def _finished_call(ready: Json) -> Json:
    rpc = RpcClient(GatewayAddress(ready["url"], ready["token"]))
    call_id = rpc.ask("voicecall.initiate", to="+15559876543", message="Hello.")["call_id"]
    deadline = time.monotonic() + 30
    call: Json = {"end_reason": None}
    while not call["end_reason"] and time.monotonic() < deadline:
        call = rpc.ask("voicecall.status", call_id=call_id)
        time.sleep(0.1)
    rpc.close()
    return call


def _status(ready: Json, call_id: str) -> Json:
    rpc = RpcClient(GatewayAddress(ready["url"], ready["token"]))
    call = rpc.ask("voicecall.status", call_id=call_id)
    rpc.close()
    return call
