import pytest

from moltis.carriers.addresses import is_address
from moltis.carriers.twilio_documents import read
from moltis.carriers.twilio_runner import APPLICATION_ERROR
from moltis.carriers.xml_documents import DocumentError, Verb
from tests.carriers.gateway import Reply, response
from tests.carriers.stage import Stage, heard, over

HERE = "https://gateway.example/next"


def document(content: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{content}</Response>'.encode()


def test_a_document_is_read_into_verbs() -> None:
    verbs = read(
        document(
            f'<Gather input="dtmf speech" action="{HERE}" timeout="5" speechTimeout="auto" '
            'actionOnEmptyResult="true" language="en-US"><Say language="en-US">Hi &amp; bye</Say>'
            f'</Gather><Redirect method="POST">{HERE}</Redirect>'
        )
    )

    assert [verb.name for verb in verbs] == ["Gather", "Redirect"]
    assert verbs[0].children == (
        Verb(name="Say", attributes={"language": "en-US"}, text="Hi & bye"),
    )
    assert verbs[1].text == HERE


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<Say>Hi", "not XML"),
        ("<!-- --><Say>Hi</Say>Hello", "nobody would hear: 'Hello'"),
        ("Hello", "nobody would hear: 'Hello'"),
        ("<say>Hi</say>", "no verb <say>"),
        ("<Speak>Hi</Speak>", "no verb <Speak>"),
        ("<Record/>", "does not know <Record>"),
        ("<Response/>", "<Response> may not stand in <Response>"),
        ("<Say/>", "<Say> has no words"),
        (f"<Say>{'x' * 4097}</Say>", "4097 characters"),
        ('<Say loudness="9">Hi</Say>', "no attribute 'loudness'"),
        ('<Say voice="robot">Hi</Say>', "'robot' as voice"),
        ('<Say language="english!">Hi</Say>', "'english!' as language"),
        ('<Say loop="1001">Hi</Say>', "'1001' as loop"),
        ("<Say>Hi <break/></Say>", "no verb <break>"),
        ("<Say><Pause/></Say>", "<Pause> may not stand in <Say>"),
        ("<Play/>", "either an address or digits"),
        (f'<Play digits="1">{HERE}</Play>', "either an address or digits"),
        ('<Play digits="1x"/>', "'1x' as digits"),
        ("<Play>/hello.wav</Play>", "whole address"),
        ('<Pause length="0"/>', "'0' as length"),
        ('<Pause length="1.5"/>', "'1.5' as length"),
        ("<Pause>3</Pause>", "nobody would hear"),
        ("<Redirect>/next</Redirect>", "whole address"),
        ("<Redirect/>", "whole address"),
        (f'<Redirect method="PUT">{HERE}</Redirect>', "'PUT' as method"),
        ('<Gather action="/heard"/>', "'/heard' as action"),
        ('<Gather action="https://a_b.example/"/>', "as action"),
        ('<Gather input="voice"/>', "'voice' as input"),
        ('<Gather input="speech speech"/>', "'speech speech' as input"),
        ('<Gather input=""/>', "'' as input"),
        ('<Gather timeout="0"/>', "'0' as timeout"),
        ('<Gather timeout="-1"/>', "'-1' as timeout"),
        ('<Gather speechTimeout="soon"/>', "'soon' as speechTimeout"),
        ('<Gather speechTimeout="auto" speechModel="phone_call"/>', "together with a speechModel"),
        ('<Gather speechModel="best"/>', "'best' as speechModel"),
        ('<Gather numDigits="0"/>', "'0' as numDigits"),
        ('<Gather finishOnKey="x"/>', "'x' as finishOnKey"),
        ('<Gather actionOnEmptyResult="True"/>', "'True' as actionOnEmptyResult"),
        (f'<Gather hints="{"x" * 101}"/>', "as hints"),
        (f'<Gather hints="{"x," * 500}x"/>', "as hints"),
        (f"<Gather><Redirect>{HERE}</Redirect></Gather>", "may not stand in <Gather>"),
        ('<Gather><Play digits="1"/></Gather>', "<Play digits> may not stand in <Gather>"),
        ("<Gather>Hello</Gather>", "nobody would hear"),
        ("<Say>Hi</Say><Reject/>", "<Reject> must be the first verb"),
        ('<Reject reason="no"/>', "'no' as reason"),
        ('<Hangup reason="rejected"/>', "no attribute 'reason'"),
    ],
)
def test_a_document_that_breaks_a_rule_is_refused_with_its_reason(
    content: str, reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read(document(content))

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("whole", "reason"),
    [
        (b"", "not XML"),
        (b"hello", "not XML"),
        (b'\n<?xml version="1.0"?><Response/>', "not XML"),
        (b'<?xml version="1.0" encoding="nonsense"?><Response/>', "not XML"),
        (b"<Response><Say>\xff</Say></Response>", "not XML"),
        (b"<response/>", "root must be <Response>"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Response><Say>&b;</Say></Response>', "document type"),
    ],
)
def test_what_is_no_document_at_all_is_refused(whole: bytes, reason: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(whole)

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://gateway.example/a?b=c#rc=2", True),
        ("http://127.0.0.1:8080/a", True),
        ("http://[::1]:8080/a", True),
        ("ftp://gateway.example/", False),
        ("//gateway.example/", False),
        ("https://", False),
        ("https://gateway.example:99999/", False),
        ("https://[::1/", False),
        ("https://gateway.example/a b", False),
    ],
)
def test_an_address_is_whole_or_none(url: str, *, fits: bool) -> None:
    assert is_address(url) is fits


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (response("<Speak>Hi</Speak>"), "no verb <Speak>"),
        (Reply("<Response/>", 404), "status 404"),
        (Reply("<Response/>", 302, headers={"Location": "/answer"}), "status 302"),
        (Reply("<Response/>", content_type="application/json"), "'application/json'"),
        (Reply("Hello", content_type="text/plain"), "'text/plain'"),
        (response("<Reject/>"), "no use in a call that is answered"),
    ],
)
def test_the_far_end_hears_of_a_bad_document_and_the_reason_is_kept(
    stage: Stage, reply: Reply, reason: str
) -> None:
    stage.gateway.on("/answer", reply)

    call = over(stage.call())

    assert heard(call) == [APPLICATION_ERROR]
    assert call.status == "completed"
    assert len(call.alerts) == 1
    assert reason in call.alerts[0]


def test_a_document_that_runs_out_of_verbs_ends_the_call_and_is_noted(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Say>Hi</Say>"), response())

    talked, empty = over(stage.call()), over(stage.call())

    assert heard(talked) == ["Hi"]
    assert heard(empty) == []
    assert all("ran out of verbs" in call.alerts[0] for call in (talked, empty))
