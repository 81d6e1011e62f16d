"""`make test-deploy`: the real zip and the real template, deployed by `make deploy` itself."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.providers.registry import PROVIDERS
from moltis.carriers.line import Says
from moltis.demo import stage
from moltis.demo.scenes import cut_short, play
from moltis.deployment.cloud import open_cloud
from moltis.deployment.deploying import Deployment
from moltis.deployment.packaging import BUILD, Package
from moltis.gateway import SCHEDULED
from tests.deployment import emulator
from tests.deployment.phone import PATIENCE_SECS, STAGE, DeployedPhone, deployed, reseed

pytestmark = pytest.mark.skipif(not emulator.PROGRAM, reason="run it by `make test-deploy`")


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPhone]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_SESSION_TOKEN", "")
        # Each function is a process of its own here, and there are two processors for all.
        patch.setattr(stage, "PATIENCE_SECS", PATIENCE_SECS)
        with deployed(tmp_path_factory.mktemp("ministack")) as running:
            yield running


def a_new_version(folder: Path) -> Package:
    """The same package with other bytes in it."""
    made = Package(STAGE, folder / "sam.json", folder / "deployment.zip")
    made.template.write_bytes((BUILD / STAGE / "sam.json").read_bytes())
    made.archive.write_bytes((BUILD / STAGE / "deployment.zip").read_bytes())
    with zipfile.ZipFile(made.archive, "a") as archive:
        archive.writestr("newer.txt", "another version")
    return made


def test_deploying_prints_where_the_phone_is_and_where_its_token_is(phone: DeployedPhone) -> None:
    assert f"EndpointURL       {phone.gateway.url}" in phone.printed
    assert "AdminTokenSecret  arn:aws:secretsmanager:" in phone.printed
    assert "forged webhooks: refused" in phone.printed


@pytest.mark.parametrize("carrier", PROVIDERS)
def test_the_demos_calls_go_as_they_do_on_a_laptop(phone: DeployedPhone, carrier: str) -> None:
    checks = list(play(phone.stage(carrier)))

    assert [f"{one.name}: {one.detail}" for one in checks if not one.ok] == []
    assert checks


def test_an_agent_uses_the_phone_by_invoking_the_function(phone: DeployedPhone) -> None:
    order = {
        "action": "initiate_call",
        "to": "+15559990001",
        "message": "Your table is ready.",
        "mode": "notify",
    }
    answer = phone.client("lambda").invoke(
        FunctionName=f"moltis-phone-{STAGE}-voice_call", Payload=json.dumps(order)
    )
    told = json.loads(answer["Payload"].read())

    assert told["status"] == "initiated", told
    assert phone.until(told["call_id"], lambda call: bool(call["end_reason"]))


def test_the_sweep_runs_in_its_own_role(phone: DeployedPhone) -> None:
    answer = phone.client("lambda").invoke(
        FunctionName=f"moltis-phone-{STAGE}-sweep:live", Payload=json.dumps(SCHEDULED)
    )

    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_call_goes_on_when_every_process_dies_and_a_new_version_is_deployed(
    phone: DeployedPhone, tmp_path: Path
) -> None:
    twilio = phone.stage("twilio")
    talk = [Says(f"And another thing, number {n}.") for n in range(1, 40)]
    call_id = twilio.initiate("mid-call", "Hello, do you have a minute?", far_end=talk)
    phone.until(call_id, lambda call: len(call["transcript"]) >= 3)

    phone.wait_while_nobody_asks(twilio.far_end(phone.status(call_id)))
    assert emulator.kill_functions(phone.process) > 0
    phone.wake()
    lines = len(phone.status(call_id)["transcript"])
    phone.until(call_id, lambda call: len(call["transcript"]) >= lines + 2)
    Deployment(open_cloud(), STAGE, print).deploy(a_new_version(tmp_path), {})

    seen = phone.status(call_id)
    assert seen["end_reason"] is None, seen
    lines = len(seen["transcript"])
    phone.until(call_id, lambda call: len(call["transcript"]) >= lines + 2)
    phone.rpc.ask("voicecall.end", call_id=call_id)
    ended = phone.until(call_id, lambda call: bool(call["end_reason"]))
    assert ended["end_reason"] == "hangup_bot"


def test_every_clock_ends_a_call_at_its_maximum_duration(phone: DeployedPhone) -> None:
    reseed(phone, max_duration_secs=6)

    checks = [check for carrier in PROVIDERS for check in cut_short(phone.stage(carrier))]

    assert [f"{one.name}: {one.detail}" for one in checks if not one.ok] == []


def test_no_timer_and_no_event_was_lost(phone: DeployedPhone) -> None:
    queues = phone.client("sqs")
    waiting = {}
    for name in ("lost-timers", "lost-events"):
        url = queues.get_queue_url(QueueName=f"moltis-phone-{STAGE}-{name}")["QueueUrl"]
        about = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        waiting[name] = about["ApproximateNumberOfMessages"]

    assert waiting == {"lost-timers": "0", "lost-events": "0"}
