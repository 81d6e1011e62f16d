"""Every example makes a whole call on the local gateway, as its reader would run it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from moltis.carriers.line import Says
from tests.calling_model import calling_model
from tests.docs.pages import ROOT, rows
from tests.phone import Phone

FOLDER: Final = ROOT / "examples"
STRANDS: Final = ROOT / ".venv-strands" / "bin" / "python"
"""Strands wants another MCP than we do, and so an environment of its own."""
RUNNABLE: Final = sorted(FOLDER.glob("*.*[hy]"))


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with calling_model() as url:
        yield url


def run(phone: Phone, model: str, program: str, *arguments: str, python: Path | None = None) -> str:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "MOLTIS_GATEWAY_URL": phone.gateway.url,
        "MOLTIS_TOKEN": phone.gateway.token,
        "OPENAI_BASE_URL": f"{model}/v1",
        "ANTHROPIC_BASE_URL": model,
        "VOICE_CALL_FUNCTION": "voice_call",
    }
    interpreter = "bash" if program.endswith(".sh") else str(python or sys.executable)
    done = subprocess.run(
        [interpreter, str(FOLDER / program), *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("program", ["openai_tools.py", "anthropic_tools.py"])
def test_a_tool_loop_makes_a_call_and_reports(phone: Phone, model: str, program: str) -> None:
    number = phone.far_end(Says("Yes, it is."), Says("Goodbye!"))

    told = run(phone, model, program, f"Call {number}, please.")

    assert told.startswith("They said: Yes, it is.")


@pytest.mark.skipif(
    not STRANDS.exists(), reason="Strands is not here: say `make mcp-clients` to have it"
)
def test_a_strands_agent_makes_a_call_and_reports(phone: Phone, model: str) -> None:
    number = phone.far_end(Says("Yes, it is."), Says("Goodbye!"))

    told = run(phone, model, "strands_agent.py", f"Call {number}, please.", python=STRANDS)

    assert "They said: Yes, it is." in told


def test_the_mcp_client_follows_a_call_line_by_line(phone: Phone, model: str) -> None:
    number = phone.far_end(Says("Yes, it is."), Says("Goodbye!"))

    told = run(phone, model, "mcp_client.py", number, "Is the table still free?").splitlines()

    assert told[:2] == ["bot: Is the table still free?", "user: Yes, it is."]
    assert told[-1] in {"hangup_user", "hangup_bot"}


@pytest.mark.parametrize("program", ["bedrock_agent_event.py", "curl.sh"])
def test_a_message_is_delivered_without_a_model(phone: Phone, model: str, program: str) -> None:
    told = run(phone, model, program, phone.far_end(), "Your table is ready.").splitlines()

    assert "initiated" in told[0]
    assert "completed" in told[-1]
    assert "Your table is ready." in told[-1]


@pytest.mark.parametrize("path", RUNNABLE, ids=lambda path: path.name)
def test_an_example_is_under_forty_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 40


def test_every_example_is_in_the_table() -> None:
    told = [row[0].strip("`") for row in rows((FOLDER / "README.md").read_text())]

    assert sorted(told) == [path.name for path in RUNNABLE]
