import pytest
import requests

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import Says
from tests.carriers.gateway import response
from tests.carriers.stage import PATH, Stage, gather, over


@pytest.mark.parametrize(
    ("fault", "status", "code", "calls"),
    [
        (CreateFault.REFUSES, 400, 13224, 0),
        (CreateFault.THROTTLES, 429, 20429, 0),
        (CreateFault.FAILS, 500, 20500, 0),
        (CreateFault.FAILS_AFTER_DIALLING, 500, 20500, 1),
    ],
)
def test_a_request_for_a_call_fails_as_asked_and_the_next_one_does_not(
    stage: Stage, fault: CreateFault, status: int, code: int, calls: int
) -> None:
    stage.gateway.on("/answer", response("<Hangup/>"))
    stage.carriers.twilio.faults.on_next_create(fault)

    failed = stage.create()

    assert (failed.status_code, failed.json()["code"]) == (status, code)
    assert len(stage.carriers.calls) == calls
    assert stage.create().status_code == 201


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (CreateFault.DROPS, 0),
        (CreateFault.DROPS_AFTER_DIALLING, 1),
    ],
)
def test_the_connection_can_be_cut_before_and_after_dialling(
    stage: Stage, fault: CreateFault, calls: int
) -> None:
    stage.gateway.on("/answer", response("<Hangup/>"))
    stage.carriers.twilio.faults.on_next_create(fault)

    with pytest.raises(requests.ConnectionError):
        stage.create()

    assert len(stage.carriers.calls) == calls


def test_a_request_can_hang_although_the_call_was_made(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Hangup/>"))
    stage.carriers.twilio.faults.on_next_create(CreateFault.HANGS)
    form = [
        ("To", "+15559876543"),
        ("From", "+15551234567"),
        ("Url", f"{stage.gateway.url}/answer"),
    ]

    with pytest.raises(requests.ReadTimeout):
        stage.ask("POST", f"{PATH}.json", data=form, timeout=0.3)

    over(stage.carriers.calls[0])
    assert len(stage.ask("GET", f"{PATH}.json").json()["calls"]) == 1


def test_every_webhook_can_come_twice(stage: Stage) -> None:
    gateway = stage.gateway
    gateway.on("/answer", response(gather(f"{gateway.url}/heard", "<Say>Well?</Say>")))
    gateway.on("/heard", response("<Say>first</Say>"), response("<Say>second</Say><Hangup/>"))
    stage.carriers.twilio.faults.duplicates = True

    call = over(stage.call(ScriptedFarEnd([Says("Hello")])))

    assert [len(gateway.at(path)) for path in ("/answer", "/heard", "/status")] == [2, 2, 8]
    assert call.far_end.words == ("Well?", "second")
    for path in ("/answer", "/heard"):
        first, again = gateway.at(path)
        token = "I-Twilio-Idempotency-Token"
        assert first.form == again.form
        assert first.headers[token] == again.headers[token] != ""


def test_status_reports_can_come_out_of_order(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Hangup/>"))
    stage.carriers.twilio.faults.out_of_order = True

    over(stage.call())

    reports = stage.gateway.at("/status")
    assert [report.form["SequenceNumber"] for report in reports] == ["1", "0", "3", "2"]
    assert [report.form["CallStatus"] for report in reports] == [
        "ringing",
        "initiated",
        "completed",
        "in-progress",
    ]


def test_an_odd_report_is_delivered_last(stage: Stage) -> None:
    stage.carriers.twilio.faults.out_of_order = True

    over(stage.call(None, ("StatusCallbackEvent", "completed")))

    assert len(stage.gateway.at("/status")) == 1
