from urllib.parse import parse_qsl, urlsplit

import pytest
from plivo.utils import validate_v3_signature
from plivo.utils.signature_v3 import construct_post_url, get_signature_v3

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import NeverPicksUp, Presses, Says
from moltis.carriers.plivo_webhooks import HANGUPS, bare, signature, signed_request
from tests.carriers.gateway import Hook, response
from tests.carriers.plivo_stage import AUTH_ID, AUTH_TOKEN, NUMBER, PlivoStage, before_hang_up
from tests.carriers.stage import THEIRS, over

NONCE = "31627761595286130198"
KEY = "X-Plivo-Signature-V3"


def is_genuine(hook: Hook) -> bool:
    form = hook.form if hook.method == "POST" else {}
    nonce = hook.headers[f"{KEY}-Nonce"]
    given = hook.headers[KEY]
    return bool(validate_v3_signature(hook.method, hook.url, nonce, AUTH_TOKEN, given, form))


def test_every_webhook_bears_a_signature_that_plivos_own_library_accepts(
    plivo: PlivoStage,
) -> None:
    gateway = plivo.gateway
    action = f"{gateway.url}/heard?call=a-b_c&amp;turn=2"
    gateway.on("/answer", before_hang_up(plivo.listen("<Speak>Well?</Speak>", action=action)))
    gateway.on("/heard", response(f"<Redirect>{gateway.url}/last</Redirect>"))
    gateway.on("/last", before_hang_up())
    far_end = ScriptedFarEnd([Says("Ünïcode & symbols = fun + 100 %?")])

    over(plivo.call(far_end, answer_url=f"{gateway.url}/answer?turn=1&call=a-b_c"))

    paths = [hook.path for hook in gateway.hooks if hook.path != "/status"]
    assert paths == ["/answer", "/heard", "/last"]
    assert len(gateway.at("/status")) == 2
    assert all(is_genuine(hook) for hook in gateway.hooks)
    assert gateway.at("/heard")[0].form["Speech"] == "Ünïcode & symbols = fun + 100 %?"
    assert len({hook.headers[f"{KEY}-Nonce"] for hook in gateway.hooks}) == len(gateway.hooks)


def test_a_document_can_be_asked_for_with_get(plivo: PlivoStage) -> None:
    gateway = plivo.gateway
    action = f"{gateway.url}/heard?turn=1"
    gateway.on("/answer", before_hang_up(plivo.listen(action=action, method="GET")))
    gateway.on("/heard", before_hang_up())

    over(plivo.call(ScriptedFarEnd([Presses("12#")]), answer_method="GET", hangup_method="GET"))

    asked = [gateway.at("/answer")[0], gateway.at("/heard")[0], gateway.at("/status")[-1]]
    assert [hook.method for hook in asked] == ["GET", "GET", "GET"]
    assert all(is_genuine(hook) for hook in asked)
    assert dict(parse_qsl(urlsplit(asked[1].url).query))["Digits"] == "12"


@pytest.mark.parametrize("url", ["https://gateway.example/a", "http://127.0.0.1:8080/a?c=d&b=%20"])
@pytest.mark.parametrize(
    "form",
    [
        (),
        (("b", "2"), ("a", "1")),
        (("a", ""), ("a", "x"), ("a", "x"), ("a", "b")),
        (("Speech", " spaces kept "), ("From", "15551234567"), ("é", "ü")),
    ],
)
def test_our_signature_equals_plivos(url: str, form: tuple[tuple[str, str], ...]) -> None:
    params: dict[str, list[str]] = {}
    for name, value in form:
        params.setdefault(name, []).append(value)
    text = construct_post_url(url, params).decode()

    theirs = get_signature_v3(AUTH_TOKEN.encode(), text, NONCE).decode()

    assert signature(AUTH_TOKEN, "POST", url, form, NONCE) == theirs


def test_the_fragment_is_neither_sent_nor_signed() -> None:
    request = signed_request(AUTH_TOKEN, "https://gateway.example/a?b=c#rc=2", (("d", "e"),))

    assert request.url == "https://gateway.example/a?b=c"
    assert validate_v3_signature(
        "POST",
        request.url,
        request.headers[f"{KEY}-Nonce"],
        AUTH_TOKEN,
        request.headers[KEY],
        {"d": "e"},
    )


def test_a_report_has_plivos_fields(plivo: PlivoStage) -> None:
    call = over(plivo.call(ScriptedFarEnd(ringing=NeverPicksUp()), ring_timeout=2))

    ring, hangup = [hook.form for hook in plivo.gateway.at("/status")]
    assert (ring["Event"], ring["CallStatus"]) == ("Ring", "ringing")
    assert (hangup["Event"], hangup["CallStatus"]) == ("Hangup", "timeout")
    for report in (ring, hangup):
        assert {report[key] for key in ("CallUUID", "RequestUUID", "ALegUUID")} == {call.sid}
        assert (report["From"], report["To"]) == (bare(NUMBER), bare(THEIRS))
        assert (report["Direction"], report["ParentAuthID"]) == ("outbound", AUTH_ID)
    assert (hangup["HangupCause"], hangup["HangupSource"]) == ("NO_ANSWER", "Plivo")
    assert {"StartTime", "EndTime", "Duration", "BillDuration", "TotalCost"} <= hangup.keys()
    assert [webhook.status for webhook in call.reports] == [204, 204]
    assert call.alerts == []


def test_a_call_that_was_talked_in_is_billed_by_the_minute(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up('<Wait length="61"/>'))

    over(plivo.call())

    report = plivo.last_report()
    assert 61 <= int(report["Duration"]) <= 120
    assert (report["BillDuration"], report["TotalCost"]) == ("120", "0.01100")
    assert report["AnswerTime"] <= report["EndTime"]


def test_who_wants_no_reports_gets_none(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", before_hang_up())

    call = over(plivo.call(without="ring_url"))

    assert [hook.form["Event"] for hook in plivo.gateway.at("/status")] == ["Hangup"]
    assert call.statuses == ["completed"]


def test_every_number_of_an_end_has_its_words() -> None:
    assert all(cause.isupper() and name and source for cause, name, source in HANGUPS.values())
