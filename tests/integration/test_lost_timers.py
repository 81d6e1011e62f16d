"""Timers that could not fire: where they go, and how they are fired again."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib import aws, settings, wiring
from chalicelib.store.base import Scope
from chalicelib.timers.base import TimerKind
from chalicelib.tokens import make_token
from moltis import local_cloud
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import StaysSilent
from moltis.commands.root import run
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from moltis.state_file import write_state
from tests.phone import PATIENCE_SECS, Json, Phone, a_phone


@pytest.fixture(scope="module")
def phone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    """A gateway whose clock gives a timer up after its first attempt, and not after a minute."""
    machine = json.loads(local_cloud.STATE_MACHINE.read_text())
    machine["States"]["FireTimer"]["Retry"][0]["MaxAttempts"] = 0
    hasty = tmp_path_factory.mktemp("clock") / "call-timer.asl.json"
    hasty.write_text(json.dumps(machine))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_cloud, "STATE_MACHINE", hasty)
        with a_phone("telnyx", max_duration_secs=1200) as running:
            yield running


@pytest.fixture(autouse=True)
def state(phone: Phone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOLTIS_STATE_DIR", str(tmp_path / "state"))
    write_state(phone.gateway.ready)


def waiting() -> int:
    told = aws.client("sqs").get_queue_attributes(
        QueueUrl=settings.settings().lost_timers_queue, AttributeNames=["All"]
    )["Attributes"]
    return int(told["ApproximateNumberOfMessages"])


def lose(message: str) -> None:
    url = settings.settings().lost_timers_queue
    aws.client("sqs").send_message(QueueUrl=url, MessageBody=message)


def a_live_call(phone: Phone) -> str:
    call_id = phone.initiate(phone.far_end(*(StaysSilent() for _ in range(50))))
    phone.until(call_id, lambda call: call["state"] == "listening")
    return call_id


def redriven(capsys: pytest.CaptureFixture[str]) -> tuple[int, Json]:
    capsys.readouterr()
    code = run(["voice-call", "redrive", "--json"])
    found: Json = json.loads(capsys.readouterr().out)
    return code, found


def test_a_timer_that_could_not_fire_waits_in_the_queue_and_ends_its_call_when_fired_again(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    call_id = a_live_call(phone)
    phone.carrier.faults.on_next_command(*[CreateFault.FAILS] * 5)

    wiring.timers().start(call_id, TimerKind.NOTIFY_HANGUP, wiring.now())
    deadline = time.monotonic() + PATIENCE_SECS
    while not waiting() and time.monotonic() < deadline:
        time.sleep(0.05)
    while phone.carrier.faults.next_command():
        pass
    live = phone.status(call_id)
    code, found = redriven(capsys)

    assert (live["end_reason"], code) == (None, 0)
    assert [(one["call_id"], one["kind"], one["failure"]) for one in found["timers"]] == [
        (call_id, "notify_hangup", "")
    ]
    assert phone.over(call_id)["end_reason"] == "completed"
    assert redriven(capsys) == (0, {"timers": [], "fired": 0, "failed": 0})


def test_a_timer_whose_call_is_over_is_fired_and_changes_nothing(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    call = phone.over(phone.initiate(phone.far_end(), "Done.", mode="notify"))
    for _ in range(2):
        lose(json.dumps({"call_id": call["call_id"], "kind": "max_duration"}))
    lose(json.dumps({"call_id": "nobody", "kind": "ring_timeout", "mark": ""}))

    code, found = redriven(capsys)

    states = sorted(one["state"] for one in found["timers"])
    assert (code, found["fired"], states) == (0, 3, ["completed", "completed", "unknown"])
    assert phone.status(call["call_id"]) == call


def test_more_than_one_run_can_do_are_fired_by_one_command(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    assert phone.account == "telnyx"
    for number in range(25):
        lose(json.dumps({"call_id": f"nobody-{number}", "kind": "max_duration"}))

    code, found = redriven(capsys)

    assert (code, found["fired"], len({one["call_id"] for one in found["timers"]})) == (0, 25, 25)


def test_what_fails_again_is_told_and_stays(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    call_id = a_live_call(phone)
    phone.carrier.faults.on_next_command(*[CreateFault.FAILS] * 5)
    lose(json.dumps({"call_id": call_id, "kind": "max_duration"}))
    lose("not a timer")

    code = run(["voice-call", "redrive"])

    while phone.carrier.faults.next_command():
        pass
    told = capsys.readouterr().out
    assert code == 1
    assert f"{call_id} max_duration failed again: " in told
    assert "is no timer that can be read" in told
    hidden = aws.client("sqs").get_queue_attributes(
        QueueUrl=settings.settings().lost_timers_queue, AttributeNames=["All"]
    )["Attributes"]["ApproximateNumberOfMessagesNotVisible"]
    assert hidden == "2"
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)


def test_a_token_that_may_only_read_fires_nothing(phone: Phone) -> None:
    token = make_token("a display", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)
    rpc = RpcClient(GatewayAddress(phone.gateway.url, token.text))

    with pytest.raises(RefusedError) as refusal:
        rpc.ask("voicecall.redrive")
    rpc.close()

    assert refusal.value.code == -32003


def test_a_gateway_without_a_queue_says_so(
    phone: Phone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert phone.account == "telnyx"
    monkeypatch.delenv("MOLTIS_LOST_TIMERS_QUEUE")
    settings.settings.cache_clear()

    code = run(["voice-call", "redrive"])

    monkeypatch.undo()
    settings.settings.cache_clear()
    assert code == 1
    assert "this gateway has no queue of lost timers" in capsys.readouterr().err
