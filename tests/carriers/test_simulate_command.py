import json
import os
import pty
import sys
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from moltis.commands.simulate import simulate
from moltis.rpc_client import NoGatewayError, RefusedError
from tests.carriers.gateway import response
from tests.carriers.stage import OURS, THEIRS, Stage, gather, over, understood


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: Stage) -> Path:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path))
    file = tmp_path / "gateway.json"
    content = {
        "carriers": {"twilio": "simulated"},
        "simulator": {"url": stage.carriers.control_url, "token": stage.carriers.token},
    }
    file.write_text(json.dumps(content))
    url = f"{stage.gateway.url}/heard"
    stage.gateway.on("/answer", response(gather(url, "<Say>Who is it?</Say>")))
    stage.gateway.on(
        "/heard",
        response(gather(url, "<Say>Your code?</Say>")),
        response('<Play digits="9"/><Say>Goodbye</Say><Hangup/>'),
    )
    return file


def run(typed: str, *arguments: str) -> Result:
    return CliRunner().invoke(simulate, [*arguments], input=typed)


def calling(stage: Stage) -> threading.Timer:
    timer = threading.Timer(0.2, stage.create)
    timer.start()
    return timer


@pytest.mark.usefixtures("state")
def test_a_call_rings_is_answered_and_what_is_typed_is_said(stage: Stage) -> None:
    timer = calling(stage)
    result = run("\nIt is me\n#42\n", "--number", THEIRS, "--once")
    timer.join()

    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.output.splitlines()]
    assert f"The telephone rings: {OURS} calls {THEIRS}." in lines
    wanted = ["agent: Who is it?", "agent: Your code?", "agent presses: 9", "agent: Goodbye"]
    assert [line for line in lines if line.startswith("agent")] == wanted
    assert lines[-1] == "The call is over: completed."
    assert understood(over(stage.carriers.calls[0])) == [("It is me", True), ("42", True)]


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ("/reject busy\n", "busy"),
        ("/reject\n", "no-answer"),
        ("\n/hangup\n", "completed"),
        ("\n/press 12#\n/hangup\n/help\n", "completed"),
    ],
)
def test_a_call_can_be_refused_and_ended(stage: Stage, typed: str, status: str) -> None:
    timer = calling(stage)
    result = run(typed, "--once")
    timer.join()

    assert result.exit_code == 0, result.output
    assert over(stage.carriers.calls[0]).status == status


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    ("typed", "arguments"),
    [
        ("It is me\n/hangup\n", ("--dial",)),
        ("It is me\n/hangup\n", ("--to", OURS, "--number", THEIRS)),
        (f"/dial {OURS}\nIt is me\n/hangup\n", ()),
        ("/dial\nIt is me\n/hangup\n/quit\n", ()),
    ],
)
def test_the_agent_can_be_called(stage: Stage, typed: str, arguments: tuple[str, ...]) -> None:
    result = run(typed, *arguments)

    assert result.exit_code == 0, result.output
    assert f"Calling {OURS}; its inbound_policy says who is let in ..." in result.output
    call = over(stage.carriers.calls[0])
    assert (call.from_number, call.to_number) == (THEIRS, OURS)
    assert understood(call) == [("It is me", True)]


@pytest.mark.usefixtures("state")
def test_the_call_ends_with_the_input_only_when_it_is_over(stage: Stage) -> None:
    result = run("/nonsense\n/dial\nIt is me\n#1\n")

    assert "there is no /nonsense" in result.output
    assert result.output.splitlines()[-1] == "The call is over: completed."
    assert over(stage.carriers.calls[0]).status == "completed"


@pytest.mark.usefixtures("state")
def test_what_comes_too_late_is_said_to_be(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Say>Only this</Say><Hangup/>"))

    result = run("/dial\nHello?\n")

    assert "too late for say: the call is over" in result.output
    assert result.exit_code == 0


@pytest.mark.usefixtures("state")
def test_dialling_a_number_that_is_not_ours_is_refused() -> None:
    result = run("", "--to", "+15550000000")
    later = run("/dial +15550000000\n")

    assert isinstance(result.exception, RefusedError)
    assert "is not one of our numbers" in str(result.exception)
    assert "is not one of our numbers" in later.output


def test_no_gateway_is_said_in_one_sentence(state: Path, stage: Stage) -> None:
    content = json.loads(state.read_text())
    stage.carriers.stop()
    gone = run("")
    state.unlink()
    none = run("")

    assert isinstance(gone.exception, NoGatewayError)
    assert isinstance(none.exception, NoGatewayError)
    assert "start one with `moltis gateway`" in str(none.exception)
    assert content["simulator"]["token"] not in str(gone.exception)


@pytest.mark.parametrize(
    "content", [{}, {"simulator": {"url": "x", "token": "y"}, "carriers": {"twilio": "live"}}]
)
def test_a_gateway_without_simulated_carriers_is_refused(
    state: Path, content: dict[str, object]
) -> None:
    state.write_text(json.dumps(content))

    result = run("")

    assert isinstance(result.exception, RefusedError)
    assert "no simulated carriers" in str(result.exception)


def test_a_bad_number_is_wrong_usage() -> None:
    result = run("", "--number", "12")

    assert result.exit_code == 2
    assert "must be in international form" in result.output


@pytest.mark.usefixtures("state")
def test_at_a_terminal_lines_are_done_as_they_are_typed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keyboard, terminal = pty.openpty()
    with os.fdopen(keyboard, "w", closefd=True) as typed, os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        typed.write("hello?\n/dial\n")
        typed.flush()
        leaving = threading.Timer(0.6, print, ["/hangup"], {"file": typed, "flush": True})
        leaving.start()
        simulate.main(["--once"], standalone_mode=False)
        leaving.join()

    printed = capsys.readouterr()
    assert "this telephone is idle, not talking" in printed.err
    assert "agent: Who is it?" in printed.out
    assert over(stage.carriers.calls[0]).status == "completed"


def test_a_gateway_that_goes_away_ends_the_simulation(
    state: Path, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    del state
    keyboard, terminal = pty.openpty()
    with os.fdopen(keyboard, "w"), os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        leaving = threading.Timer(0.5, stage.carriers.stop)
        leaving.start()
        with pytest.raises(NoGatewayError, match="with `moltis gateway`"):
            simulate.main([], standalone_mode=False)
        leaving.join()


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("carrier", ["twilio", "telnyx", "plivo"])
def test_a_blank_account_comes_with_the_command_that_sets_it_up(stage: Stage, carrier: str) -> None:
    result = run("", "--new-account", carrier)

    assert result.exit_code == 0, result.output
    headline, command = result.output.splitlines()
    owned = stage.carriers.network.owned("+15550200001", carrier)
    assert headline.endswith("with the number +15550200001:")
    flags = dict(pairwise(command.split()))
    assert flags["--provider"] == carrier
    assert flags["--from-number"] == owned.number
    assert flags["--api-base-url"] == stage.carriers.base_url(carrier)
    assert set(owned.credentials.values()) <= set(command.split())
    assert owned.voice_url == ""


@pytest.mark.usefixtures("state")
def test_a_new_account_may_want_a_certain_number() -> None:
    result = run("", "--new-account", "plivo", "--number", "+15557770001")

    assert "--from-number +15557770001" in result.output


@pytest.mark.usefixtures("state")
def test_there_is_no_account_at_a_carrier_that_is_not_simulated() -> None:
    result = run("", "--new-account", "pigeon")

    assert isinstance(result.exception, RefusedError)
    assert str(result.exception) == "carrier is one of twilio, telnyx, plivo"
