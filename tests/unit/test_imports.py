import subprocess
import sys

import pytest
from botocore.handlers import BUILTIN_HANDLERS
from botocore.utils import EVENT_ALIASES

from chalicelib import aws
from moltis.deployment.dependencies import services_used
from moltis.deployment.locked import ROOT

LOAD = "import sys, app; print(sorted(sys.modules))"
NOT_FOR_WEBHOOKS = (
    *("boto3", "nacl", "numpy", "phonenumbers", "requests"),
    *("chalicelib.agents.registry", "chalicelib.audio.aloud", "chalicelib.calls.speakable"),
    *("chalicelib.openapi", "chalicelib.owner", "chalicelib.switchboard", "chalicelib.tool"),
)


@pytest.fixture(scope="module")
def loaded() -> str:
    done = subprocess.run([sys.executable, "-c", LOAD], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("name", NOT_FOR_WEBHOOKS)
def test_no_webhook_waits_for_what_only_others_need(loaded: str, name: str) -> None:
    assert "'chalicelib.routes.webhooks'" in loaded
    assert f"'{name}'" not in loaded


def test_of_the_services_that_we_ask_botocore_has_all_its_handlers() -> None:
    ours = {EVENT_ALIASES.get(name, name) for name in services_used(ROOT / "chalicelib")}
    registered = aws.session().get_component("event_emitter")

    for event, handler, *_ in BUILTIN_HANDLERS:
        kind, _, rest = event.partition(".")
        if kind not in {"docs", "getattr"} and rest.partition(".")[0] in ours | {"", "*"}:
            kept = registered._emitter._handlers.prefix_search(event)  # noqa: SLF001
            assert handler in list(kept), event
