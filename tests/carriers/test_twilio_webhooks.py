import socket
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest
from twilio.request_validator import RequestValidator

from moltis.carriers.courier import DeliveryError, deliver
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import NeverPicksUp, Presses, Says
from moltis.carriers.twilio_webhooks import signature, signed_request
from tests.carriers.gateway import Gateway, Hook, response
from tests.carriers.stage import OURS, SID, THEIRS, TOKEN, Stage, gather, over

ORACLE = RequestValidator(TOKEN)


def is_genuine(hook: Hook) -> bool:
    given = {name.lower(): value for name, value in hook.headers.items()}
    form = hook.form if hook.method == "POST" else {}
    return bool(ORACLE.validate(hook.url, form, given["x-twilio-signature"]))


def test_every_webhook_bears_a_signature_that_twilios_own_validator_accepts(stage: Stage) -> None:
    gateway = stage.gateway
    url = f"{gateway.url}/answer?call=a-b_c&amp;turn=1"
    gateway.on(
        "/answer",
        response(gather(f"{gateway.url}/heard?call=a-b_c&amp;turn=2", "<Say>Well?</Say>")),
        response("<Hangup/>"),
    )
    gateway.on("/heard", response(f"<Redirect>{url}</Redirect>"))
    far_end = ScriptedFarEnd([Says("Ünïcode & symbols = fun + 100 %?")])

    over(stage.call(far_end, ("Url", url.replace("&amp;", "&"))))

    assert [hook.path for hook in gateway.hooks if hook.path != "/status"] == [
        "/answer",
        "/heard",
        "/answer",
    ]
    assert len(gateway.at("/status")) == 4
    assert all(is_genuine(hook) for hook in gateway.hooks)
    assert gateway.at("/heard")[0].form["SpeechResult"] == "Ünïcode & symbols = fun + 100 %?"


def test_a_document_can_be_asked_for_with_get(stage: Stage) -> None:
    gateway = stage.gateway
    gateway.on("/answer", response(gather(f"{gateway.url}/heard?turn=1", "<Pause/>", method="GET")))
    gateway.on("/heard", response("<Hangup/>"))

    over(stage.call(ScriptedFarEnd([Presses("12#")]), ("Method", "GET")))

    asked = [gateway.at("/answer")[0], gateway.at("/heard")[0]]
    assert [hook.method for hook in asked] == ["GET", "GET"]
    assert all(is_genuine(hook) for hook in asked)
    assert dict(parse_qsl(urlsplit(asked[1].url).query))["Digits"] == "12"


@pytest.mark.parametrize(
    "form",
    [
        (),
        (("b", "2"), ("a", "1")),
        (("a", ""), ("a", "x"), ("a", "x")),
        (("Body", " spaces kept "), ("From", "+15551234567"), ("é", "ü")),
    ],
)
def test_our_signature_equals_twilios(form: tuple[tuple[str, str], ...]) -> None:
    class Multi(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    fields = Multi()
    for name, value in form:
        fields.setdefault(name, []).append(value)
    url = "https://gateway.example/a?b=c%20d"

    assert signature(TOKEN, url, form) == ORACLE.compute_signature(url, fields)


def test_the_fragment_is_neither_sent_nor_signed() -> None:
    request = signed_request(TOKEN, "https://gateway.example/a?b=c#rc=2", (("d", "e"),))

    assert request.url == "https://gateway.example/a?b=c"
    assert ORACLE.validate(request.url, {"d": "e"}, request.headers["X-Twilio-Signature"])


def test_a_status_report_has_twilios_fields(stage: Stage) -> None:
    call = over(stage.call(ScriptedFarEnd(ringing=NeverPicksUp()), ("Timeout", "2")))

    reports = [hook.form for hook in stage.gateway.at("/status")]
    assert [report["SequenceNumber"] for report in reports] == ["0", "1", "2"]
    assert [report["CallStatus"] for report in reports] == ["initiated", "ringing", "no-answer"]
    for report in reports:
        assert report["CallSid"] == call.sid
        assert report["AccountSid"] == SID
        assert (report["From"], report["To"]) == (OURS, THEIRS)
        assert report["Direction"] == "outbound-api"
        assert report["ApiVersion"] == "2010-04-01"
        assert report["CallbackSource"] == "call-progress-events"
        assert report["Timestamp"].endswith("+0000")
        assert report["FromCity"] == ""
    assert [webhook.status for webhook in call.reports] == [204, 204, 204]
    assert call.alerts == []


def test_a_status_that_is_not_accepted_is_noted(stage: Stage) -> None:
    call = over(stage.call(ScriptedFarEnd(), ("StatusCallback", f"{closed_address()}/status")))

    assert [webhook.status for webhook in call.reports] == [0, 0, 0, 0]
    assert "nobody could be reached" in call.alerts[-1]


def test_what_reaches_nobody_is_tried_again_and_what_was_sent_is_not(gateway: Gateway) -> None:
    request = signed_request(TOKEN, f"{closed_address()}/answer", ())
    with pytest.raises(DeliveryError) as caught:
        deliver(request)
    assert not caught.value.connected

    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(5)
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/answer"
        failure = _cut(deaf, url)
    assert failure.connected
    assert deliver(signed_request(TOKEN, f"{gateway.url}/x", ())).status == 204


def _cut(deaf: socket.socket, url: str) -> DeliveryError:
    """Give the failure of a request whose connection is taken and cut."""

    def cut() -> None:
        connection, _ = deaf.accept()
        connection.recv(1)
        connection.close()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        with pytest.raises(DeliveryError) as caught:
            deliver(signed_request(TOKEN, url, ()))
    finally:
        thread.join()
    return caught.value


def closed_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return f"http://127.0.0.1:{port}"
