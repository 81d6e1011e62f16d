"""The reference MCP clients in JavaScript, which the inspector is made of, at our gateway.

`make mcp-clients` fetches them; without them, or without Node.js, nothing is tried here.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from moltis.carriers.line import Says
from tests.phone import Json, Phone

FOLDER: Final = Path(__file__).parents[1] / "mcp_clients"
NODE: Final = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (FOLDER / "node_modules").exists(),
    reason="the reference clients are not here: install Node.js and say `make mcp-clients`",
)


@pytest.mark.parametrize("which", ["sdk", "client", "client-auto"])
def test_a_reference_client_makes_a_whole_call(phone: Phone, which: str) -> None:
    number = phone.far_end(Says("Yes, please."), Says("Goodbye!"))
    gateway = phone.gateway

    done = subprocess.run(
        [str(NODE), "call.mjs", which, gateway.url, gateway.token, number],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    met: Json = json.loads(done.stdout)
    assert met["tools"] == ["voice_call"]
    assert {"Shall I?", "Yes, please."} <= set(met["transcript"])
    assert met["end_reason"] in {"hangup_bot", "hangup_user"}
    assert met["refused"] == "to"
    assert met["progress"] >= 1
    assert which != "client-auto" or met["version"] == "2026-07-28"
