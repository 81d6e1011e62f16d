import pytest
from plivo import plivoxml

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import Presses
from moltis.carriers.plivo_documents import MOST_BYTES, PLIVO_XML, read
from moltis.carriers.xml_documents import DocumentError, Verb
from tests.carriers.gateway import Reply, response
from tests.carriers.plivo_stage import PlivoStage
from tests.carriers.stage import heard, over

HERE = "https://gateway.example/next"
LISTEN = f'<GetInput action="{HERE}" inputType="dtmf"'


def document(content: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{content}</Response>'.encode()


def test_a_document_is_read_into_elements() -> None:
    elements = read(
        document(
            f'{LISTEN} method="POST" executionTimeout="5" language="en-US" redirect="true">'
            f'<Speak language="en-US">Hi &amp; bye</Speak></GetInput>'
            f'<Redirect method="POST">{HERE}</Redirect>'
        )
    )

    assert [element.name for element in elements] == ["GetInput", "Redirect"]
    assert elements[0].children == (
        Verb(name="Speak", attributes={"language": "en-US"}, text="Hi & bye"),
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<Speak>Hi", "not XML"),
        ("Hello", "nobody would hear: 'Hello'"),
        ("<speak>Hi</speak>", "no verb <speak>"),
        ("<Say>Hi</Say>", "no verb <Say>"),
        ("<Reject/>", "no verb <Reject>"),
        ("<Pause/>", "no verb <Pause>"),
        ("<Gather/>", "no verb <Gather>"),
        ("<Record/>", "does not know <Record>"),
        ("<PreAnswer/>", "does not know <PreAnswer>"),
        ("<Speak/>", "<Speak> has no words"),
        (f"<Speak>{'x' * 3001}</Speak>", "3001 characters"),
        ('<Speak voice="woman">Hi</Speak>', "'woman' as voice"),
        ('<Speak language="english!">Hi</Speak>', "'english!' as language"),
        ("<Speak>Hi <break/></Speak>", "no verb <break>"),
        ("<Play/>", "whole address"),
        ("<Play>/hello.wav</Play>", "whole address"),
        ('<Wait length="0"/>', "'0' as length"),
        ('<Wait silence="yes"/>', "'yes' as silence"),
        ('<Wait minSilence="2.5"/>', "'2.5' as minSilence"),
        ("<Wait>3</Wait>", "nobody would hear"),
        ("<DTMF/>", "does not press ''"),
        ("<DTMF>1x</DTMF>", "does not press '1x'"),
        ('<DTMF digits="1"/>', "no attribute 'digits'"),
        ("<Redirect>/next</Redirect>", "whole address"),
        (f'<Redirect method="PUT">{HERE}</Redirect>', "'PUT' as method"),
        (f'<GetInput action="{HERE}"/>', "wants the attribute 'inputType'"),
        ('<GetInput inputType="dtmf"/>', "wants the attribute 'action'"),
        ('<GetInput inputType="dtmf" action="/heard"/>', "'/heard' as action"),
        (f'<GetInput action="{HERE}" inputType="voice"/>', "'voice' as inputType"),
        (f'{LISTEN} executionTimeout="4"/>', "'4' as executionTimeout"),
        (f'{LISTEN} executionTimeout="61"/>', "'61' as executionTimeout"),
        (f'{LISTEN} speechEndTimeout="1"/>', "'1' as speechEndTimeout"),
        (f'{LISTEN} digitEndTimeout="11"/>', "'11' as digitEndTimeout"),
        (f'{LISTEN} numDigits="33"/>', "'33' as numDigits"),
        (f'{LISTEN} finishOnKey="##"/>', "'##' as finishOnKey"),
        (f'{LISTEN} redirect="1"/>', "'1' as redirect"),
        (f'{LISTEN} retries="2"/>', "no attribute 'retries'"),
        (f'{LISTEN} timeout="5"/>', "no attribute 'timeout'"),
        (f'{LISTEN} speechModel="best"/>', "'best' as speechModel"),
        (f'{LISTEN} hints="{"x" * 101}"/>', "as hints"),
        (f'{LISTEN} hints="{("x" * 99 + ",") * 101}"/>', "as hints"),
        (f"{LISTEN}><Wait/></GetInput>", "<Wait> may not stand in <GetInput>"),
        (f"{LISTEN}>Hello</GetInput>", "nobody would hear"),
        ('<Hangup reason="no"/>', "'no' as reason"),
        ('<Hangup schedule="0"/>', "'0' as schedule"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused_with_its_reason(
    content: str, reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read(document(content))

    assert reason in str(caught.value)


def test_a_document_that_is_too_large_is_refused() -> None:
    words = document(f"<Speak>{'x' * 2999}</Speak>" * 40)

    with pytest.raises(DocumentError, match="bytes"):
        read(words)

    assert len(words) > MOST_BYTES


def test_every_element_that_the_vendor_writes_is_known_and_no_other() -> None:
    known = PLIVO_XML.shapes["Response"].children | PLIVO_XML.unsimulated

    assert known == set(plivoxml.ResponseElement._nestable)  # noqa: SLF001  # it has no other list


@pytest.mark.parametrize(
    ("reply", "code", "reason"),
    [
        (response("<Say>Hi</Say>"), "8011", "no verb <Say>"),
        (Reply("<Response/>", content_type="application/json"), "8011", "'application/json'"),
        (Reply("Hello"), "8011", "not XML"),
        (Reply("<Response/>", 404), "7011", "status 404"),
        (Reply("<Response/>", 302, headers={"Location": "/answer"}), "7011", "status 302"),
    ],
)
def test_a_bad_document_drops_the_call_and_the_reason_is_kept(
    plivo: PlivoStage, reply: Reply, code: str, reason: str
) -> None:
    plivo.gateway.on("/answer", reply)

    call = over(plivo.call())

    assert (heard(call), call.status) == ([], "completed")
    assert reason in call.alerts[0]
    assert plivo.last_report()["HangupCauseCode"] == code


def test_a_caller_is_not_answered_by_a_bad_document(plivo: PlivoStage) -> None:
    plivo.gateway.on("/answer", response("<Reject/>"))

    call = over(plivo.dial_in())

    assert (call.status, call.answered_at) == ("failed", None)
    assert "no verb <Reject>" in call.alerts[0]


@pytest.mark.parametrize(
    ("path", "code"), [("/heard", "8012"), ("/other", "8013"), ("/next", "8014")]
)
def test_each_way_to_a_document_has_its_own_number(plivo: PlivoStage, path: str, code: str) -> None:
    gateway = plivo.gateway
    bad = response("<Nonsense/>")
    waiting = {
        "/heard": plivo.listen(finishOnKey="#"),
        "/other": '<Wait length="3600"/>',
        "/next": f"<Redirect>{gateway.url}/next</Redirect>",
    }
    gateway.on("/answer", response(waiting[path]))
    gateway.on(path, bad)
    call = plivo.call(ScriptedFarEnd([Presses("1#")]))
    if path == "/other":
        gateway.wait_for("/answer")
        assert plivo.transfer(call, aleg_url=f"{gateway.url}/other").status_code == 202

    over(call)

    assert plivo.last_report()["HangupCauseCode"] == code


def test_a_document_that_runs_out_of_elements_ends_the_call_and_is_noted(
    plivo: PlivoStage,
) -> None:
    plivo.gateway.on("/answer", response("<Speak>Hi</Speak>"), response())

    talked, empty = over(plivo.call()), over(plivo.call())

    assert [heard(call) for call in (talked, empty)] == [["Hi"], []]
    assert all("ran out of elements" in call.alerts[0] for call in (talked, empty))
    assert plivo.last_report()["HangupCauseCode"] == "4010"
