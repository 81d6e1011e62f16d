import pytest

from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import NeverPicksUp
from tests.carriers.gateway import response
from tests.carriers.stage import OURS, PATH, SID, THEIRS, TOKEN, Stage, over


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("To", "", 21201),
        ("To", "5559876543", 21211),
        ("To", "+1-555", 21211),
        ("From", "", 21213),
        ("From", "15551234567", 21212),
        ("From", "+15550000000", 21210),
        ("Url", "/answer", 21205),
        ("Url", "", 21205),
        ("Method", "PUT", 21209),
        ("StatusCallback", "nowhere", 21609),
        ("StatusCallbackMethod", "put", 21209),
        ("StatusCallbackEvent", "hungup", 20001),
        ("Timeout", "0", 21208),
        ("Timeout", "601", 21208),
        ("Timeout", "soon", 21208),
        ("TimeLimit", "59", 20001),
        ("TimeLimit", "14401", 20001),
        ("SendDigits", "call me", 21206),
        ("FallbackUrl", "nowhere", 21205),
        ("Record", "true", 20001),
        ("timeout", "30", 20001),
    ],
)
def test_a_bad_parameter_is_refused_with_twilios_code(
    stage: Stage, field: str, value: str, code: int
) -> None:
    answer = stage.create((field, value))

    assert answer.status_code == 400
    error = answer.json()
    assert (error["code"], error["status"]) == (code, 400)
    assert error["message"]
    assert str(code) in error["more_info"]
    assert stage.carriers.calls == ()


def test_a_call_needs_a_document(stage: Stage) -> None:
    missing = stage.create(without=("Url",))
    too_long = stage.create(("Twiml", "x" * 4001))

    assert missing.json()["code"] == 21205
    assert too_long.json()["code"] == 20001


def test_only_events_may_be_repeated(stage: Stage) -> None:
    answer = stage.create(("Timeout", "30"), ("Timeout", "40"))

    assert answer.json()["code"] == 20001


@pytest.mark.parametrize(
    "auth", [(SID, "wrong"), ("AC" + "f" * 32, TOKEN), ("", ""), (SID, "wröng")]
)
def test_who_is_not_known_is_turned_away(stage: Stage, auth: tuple[str, str]) -> None:
    name, secret = (part.encode("latin-1").decode("latin-1") for part in auth)
    answer = stage.ask("GET", f"{PATH}.json", auth=(name, secret))

    assert (answer.status_code, answer.json()["code"]) == (401, 20003)


def test_an_account_cannot_see_another(stage: Stage) -> None:
    other = "AC" + "f" * 32
    stage.carriers.add_twilio_account(
        account_id="other",
        number="+15557770000",
        account_sid=other,
        auth_token="another-token",
        voice_url=f"{stage.gateway.url}/answer",
    )
    stage.gateway.on("/answer", response("<Hangup/>"))
    call = over(stage.call())

    path = f"/2010-04-01/Accounts/{other}/Calls"
    auth = (other, "another-token")
    seen = stage.ask("GET", f"{path}/{call.sid}.json", auth=auth)
    listed = stage.ask("GET", f"{path}.json", auth=auth)
    foreign = stage.ask("GET", f"{path}.json")

    assert (seen.status_code, seen.json()["code"]) == (404, 20404)
    assert listed.json()["calls"] == []
    assert foreign.status_code == 401


def test_a_call_that_never_was_is_not_found(stage: Stage) -> None:
    path = f"{PATH}/CA{'0' * 32}.json"

    for answer in (stage.ask("GET", path), stage.ask("POST", path, data={"Status": "completed"})):
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)


def test_other_addresses_and_methods_are_refused(stage: Stage) -> None:
    assert stage.ask("GET", "/2010-04-01/Nothing.json").status_code == 404
    assert stage.ask("DELETE", f"{PATH}.json").status_code == 405


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"Status": "ended"},
        {"Status": "completed", "Url": "http://127.0.0.1/a"},
        {"Url": "http://127.0.0.1/a", "Twiml": "<Response/>"},
        {"Url": "/a"},
        {"Volume": "11"},
    ],
)
def test_a_change_that_makes_no_sense_is_refused(stage: Stage, form: dict[str, str]) -> None:
    call = stage.call(ScriptedFarEnd(ringing=NeverPicksUp()))

    answer = stage.update(call, **form)

    assert answer.status_code == 400
    assert answer.json()["code"] in {20001, 21205}


def test_a_body_that_is_no_form_is_refused(stage: Stage) -> None:
    answer = stage.ask("POST", f"{PATH}.json", data='{"To": "+15559876543"}')

    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_calls_are_listed_newest_first_and_can_be_filtered(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Hangup/>"))
    first, second = over(stage.call()), over(stage.call())
    today = first.created_at.date().isoformat()

    def sids(**params: str) -> list[str]:
        answer = stage.ask("GET", f"{PATH}.json", params=params)
        assert answer.status_code == 200
        return [call["sid"] for call in answer.json()["calls"]]

    assert sids() == [second.sid, first.sid]
    assert sids(To=THEIRS, From=OURS, **{"StartTime>": today}) == [second.sid, first.sid]
    assert sids(**{"StartTime<": today, "StartTime": today, "PageSize": "1"}) == [second.sid]
    assert sids(To=OURS) == sids(Status="busy") == sids(**{"StartTime>": "2999-01-01"}) == []
    for wrong in ({"StartTime>": "yesterday"}, {"PageSize": "many"}, {"Colour": "red"}):
        assert stage.ask("GET", f"{PATH}.json", params=wrong).status_code == 400
