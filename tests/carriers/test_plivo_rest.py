import pytest
import requests

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import NeverPicksUp, Says
from tests.carriers.gateway import response
from tests.carriers.plivo_stage import AUTH_ID, AUTH_TOKEN, NUMBER, PlivoStage, before_hang_up
from tests.carriers.stage import THEIRS, over


def test_a_call_is_fired_in_plivos_words(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up())

    answer = plivo.dial()

    assert answer.status_code == 201
    assert answer.json().keys() == {"api_id", "message", "request_uuid"}
    assert answer.json()["message"] == "call fired"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("to", ""),
        ("to", "555"),
        ("to", "15559876543<15559876544"),
        ("to", NUMBER),
        ("from", None),
        ("from", "+15550000000"),
        ("from", "anonymous"),
        ("answer_url", ""),
        ("answer_url", "/answer"),
        ("answer_url", 7),
        ("answer_method", "PUT"),
        ("ring_url", "nowhere"),
        ("hangup_url", ""),
        ("hangup_method", "post"),
        ("fallback_url", "nowhere"),
        ("ring_timeout", 0),
        ("ring_timeout", "soon"),
        ("time_limit", -1),
        ("time_limit", 1.5),
        ("send_digits", "call me"),
        ("caller_name", "x" * 51),
        ("hangup_on_ring", 30),
        ("machine_detection", "true"),
        ("machine_detection", "hangup"),
        ("machine_detection_url", "nowhere"),
        ("Timeout", 30),
    ],
)
def test_a_bad_parameter_is_refused_with_words(plivo: PlivoStage, name: str, value: object) -> None:
    answer = plivo.dial(**{name: value})  # type: ignore[arg-type]

    assert answer.status_code == 400
    assert answer.json().keys() == {"api_id", "error"}
    assert plivo.carriers.calls == ()


@pytest.mark.parametrize("plus", ["", "+"])
def test_numbers_are_taken_with_and_without_their_plus_sign(plivo: PlivoStage, plus: str) -> None:
    plivo.gateway.on("/answer", before_hang_up())
    caller = {"from": plus + NUMBER[1:]}

    call = over(plivo.call(None, to=plus + THEIRS[1:], **caller))

    assert (call.from_number, call.to_number) == (NUMBER, THEIRS)


@pytest.mark.parametrize(
    "auth", [(AUTH_ID, "wrong"), ("MAFFFFFFFFFFFFFFFFFF", AUTH_TOKEN), ("", "")]
)
def test_who_is_not_known_is_turned_away(plivo: PlivoStage, auth: tuple[str, str]) -> None:
    answer = plivo.ask("DELETE", "Call/", auth=auth)

    assert (answer.status_code, answer.json()["error"]) == (401, "authentication failed")


def test_an_account_cannot_touch_another(plivo: PlivoStage) -> None:
    plivo.own("other", "+15551239999", "MAOTHEROTHEROTHER000", "another-token")
    call = plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()))
    auth = ("MAOTHEROTHEROTHER000", "another-token")
    url = f"{plivo.carriers.base_url('plivo')}/v1/Account/{auth[0]}/Call/{call.sid}/"

    ours = plivo.ask("DELETE", f"Call/{call.sid}/", auth=auth)
    theirs = requests.delete(url, auth=auth, timeout=5)

    assert (ours.status_code, theirs.status_code) == (401, 404)
    assert not call.over.is_set()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "Call/3e82ae9d/", 404),
        ("POST", "Call/3e82ae9d/", 404),
        ("DELETE", "Call/3e82ae9d/", 404),
        ("DELETE", "Request/3e82ae9d/", 404),
        ("POST", "Call", 404),
        ("DELETE", "Call/3e82ae9d", 404),
        ("GET", "Message/", 404),
        ("GET", "Call/", 405),
        ("PUT", "Call/", 405),
        ("DELETE", "Request/", 405),
    ],
)
def test_other_addresses_and_methods_are_refused(
    plivo: PlivoStage, method: str, path: str, status: int
) -> None:
    answer = plivo.ask(method, path, {})

    assert answer.status_code == status
    assert answer.json()["error"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"legs": "aleg"},
        {"legs": "bleg", "aleg_url": "http://127.0.0.1/a"},
        {"legs": "aleg", "aleg_url": "/a"},
        {"aleg_url": "http://127.0.0.1/a", "aleg_method": "PUT"},
        {"aleg_url": "http://127.0.0.1/a", "bleg_url": "http://127.0.0.1/a"},
    ],
)
def test_a_transfer_that_makes_no_sense_is_refused(
    plivo: PlivoStage, body: dict[str, object]
) -> None:
    call = plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()))

    assert plivo.transfer(call, **body).status_code == 400


@pytest.mark.parametrize("content", [b"", b"from=1&to=2", b"[]", b"{"])
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_that_is_no_json_object_is_refused(
    plivo: PlivoStage, content: bytes, content_type: str
) -> None:
    url = f"{plivo.carriers.base_url('plivo')}/v1/Account/{AUTH_ID}/Call/"
    headers = {"Content-Type": content_type}

    answer = requests.post(
        url, data=content, headers=headers, auth=(AUTH_ID, AUTH_TOKEN), timeout=5
    )

    assert answer.status_code == 400


def test_a_call_is_found_in_one_place_after_the_other(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up('<Wait length="3600"/>'))
    rings = plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()))
    plivo.gateway.wait_for("/status")
    talks = plivo.call()
    plivo.gateway.wait_for("/answer")
    live = plivo.look_up(talks, "live")

    assert plivo.look_up(rings, "live")["call_status"] == "ringing"
    assert (live["call_status"], live["call_uuid"]) == ("in-progress", talks.sid)
    assert plivo.look_up(talks)["http_status"] == plivo.look_up(talks, "queued")["http_status"]
    assert plivo.look_up(talks)["http_status"] == 404
    assert plivo.look_up(talks, "ended")["http_status"] == 400
    for call in (rings, talks):
        plivo.hang_up(call)
        over(call)
    assert plivo.look_up(talks, "live")["http_status"] == 404
    assert plivo.look_up(talks)["hangup_cause_code"] == 4000
    assert plivo.look_up(rings)["hangup_cause_code"] == 1000
    assert (plivo.look_up(rings)["answer_time"], bool(plivo.look_up(talks)["answer_time"])) == (
        None,
        True,
    )


@pytest.mark.parametrize(
    ("fault", "status", "calls"),
    [
        (CreateFault.REFUSES, 400, 0),
        (CreateFault.THROTTLES, 429, 0),
        (CreateFault.FAILS, 500, 0),
        (CreateFault.FAILS_AFTER_DIALLING, 500, 1),
    ],
)
def test_a_request_for_a_call_fails_as_asked_and_the_next_one_does_not(
    plivo: PlivoStage, fault: CreateFault, status: int, calls: int
) -> None:
    plivo.gateway.on("/answer", before_hang_up())
    plivo.carriers.plivo.faults.on_next_create(fault)

    failed = plivo.dial()

    assert (failed.status_code, bool(failed.json()["error"])) == (status, True)
    assert len(plivo.carriers.calls) == calls
    assert plivo.dial().status_code == 201


@pytest.mark.parametrize(
    ("fault", "calls"),
    [(CreateFault.DROPS, 0), (CreateFault.DROPS_AFTER_DIALLING, 1), (CreateFault.HANGS, 1)],
)
def test_the_answer_can_stay_away_before_and_after_dialling(
    plivo: PlivoStage, fault: CreateFault, calls: int
) -> None:
    plivo.gateway.on("/answer", before_hang_up())
    plivo.carriers.plivo.faults.on_next_create(fault)

    with pytest.raises((requests.ConnectionError, requests.ReadTimeout)):
        plivo.dial(secs=0.3)

    assert len(plivo.carriers.calls) == calls


def test_the_two_reports_of_a_call_can_change_places(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up())
    plivo.carriers.plivo.faults.out_of_order = True

    over(plivo.call())

    assert [hook.form["Event"] for hook in plivo.gateway.at("/status")] == ["Hangup", "Ring"]


def test_every_webhook_can_come_twice(plivo: PlivoStage) -> None:
    gateway = plivo.gateway
    gateway.on("/answer", before_hang_up(plivo.listen()))
    gateway.on("/heard", response("<Speak>first</Speak>"), before_hang_up("<Speak>second</Speak>"))
    plivo.carriers.plivo.faults.duplicates = True

    call = over(plivo.call(ScriptedFarEnd([Says("Hello")])))

    assert [len(gateway.at(path)) for path in ("/answer", "/heard", "/status")] == [2, 2, 4]
    assert call.far_end.words == ("second",)
    first, again = gateway.at("/heard")
    assert first.form == again.form
    nonce = "X-Plivo-Signature-V3-Nonce"
    assert first.headers[nonce] == again.headers[nonce] != ""
