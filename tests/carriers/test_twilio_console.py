"""What stands at the simulated Twilio about a number, by Twilio's own library."""

from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from moltis.carriers.far_end import ScriptedFarEnd
from tests.carriers import vendors
from tests.carriers.gateway import Reply, response
from tests.carriers.stage import OURS, SID, THEIRS, TOKEN, Stage, over

NUMBERS = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers"


def the_number(client: Any) -> Any:
    (number,) = client.incoming_phone_numbers.list(phone_number=OURS)
    return number


def test_an_account_is_told_to_whoever_has_its_token(stage: Stage) -> None:
    account = vendors.twilio(stage.carriers).api.accounts(SID).fetch()

    assert (account.sid, account.status, account.type) == (SID, "active", "Full")
    assert account.auth_token == TOKEN


def test_a_wrong_token_is_told_nothing(stage: Stage) -> None:
    client = vendors.twilio(stage.carriers, (SID, "wrong"))

    with pytest.raises(TwilioRestException) as refusal:
        client.api.accounts(SID).fetch()

    assert (refusal.value.status, refusal.value.code) == (401, 20003)


def test_a_number_is_shown_in_twilios_fields(stage: Stage) -> None:
    number = the_number(vendors.twilio(stage.carriers))

    assert number.phone_number == OURS
    assert number.account_sid == SID
    assert number.capabilities == {"voice": True, "sms": True, "mms": True, "fax": False}
    assert number.voice_url == f"{stage.gateway.url}/answer"
    assert (number.voice_method, number.voice_fallback_url) == ("POST", "")
    assert number.status_callback == f"{stage.gateway.url}/status"
    assert (number.voice_application_sid, number.trunk_sid) == (None, None)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(OURS, 1), ("555123", 1), ("+1555123****", 1), ("+15550000000", 0), ("*" * 12, 0)],
)
def test_numbers_are_found_by_their_parts(stage: Stage, wanted: str, found: int) -> None:
    numbers = vendors.twilio(stage.carriers).incoming_phone_numbers.list(phone_number=wanted)

    assert len(numbers) == found


def test_the_numbers_of_others_are_not_there(stage: Stage) -> None:
    other = "AC" + "f" * 32
    stage.carriers.add_twilio_account(
        account_id="other",
        number="+15557770000",
        account_sid=other,
        auth_token="another-token",
        voice_url="http://127.0.0.1:9/",
    )
    theirs = vendors.twilio(stage.carriers, (other, "another-token"))
    (number,) = theirs.incoming_phone_numbers.list()

    assert number.phone_number == "+15557770000"
    assert stage.ask("GET", f"{NUMBERS}/{number.sid}.json").status_code == 404


def test_an_arriving_call_asks_the_addresses_that_were_written(stage: Stage) -> None:
    stage.gateway.on("/new", response("<Say>Hello.</Say><Hangup/>"))
    number = the_number(vendors.twilio(stage.carriers))

    number.update(voice_url=f"{stage.gateway.url}/new", status_callback=f"{stage.gateway.url}/told")
    call = over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))

    assert call.alerts == []
    assert [hook.path for hook in stage.gateway.hooks] == ["/new", "/told"]
    assert stage.gateway.hooks[1].form["CallStatus"] == "completed"


@pytest.mark.parametrize("failure", [Reply("", 500), Reply("<oops", 200), Reply("{}", 200, "a/b")])
def test_the_fallback_is_asked_where_the_first_answer_is_none(stage: Stage, failure: Reply) -> None:
    stage.gateway.on("/answer", failure)
    stage.gateway.on("/instead", response("<Hangup/>"))
    the_number(vendors.twilio(stage.carriers)).update(
        voice_fallback_url=f"{stage.gateway.url}/instead"
    )

    over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))

    assert [hook.path for hook in stage.gateway.hooks] == ["/answer", "/instead", "/status"]


def test_a_get_is_a_get(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Hangup/>"))
    the_number(vendors.twilio(stage.carriers)).update(voice_method="GET")

    over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))

    assert [hook.method for hook in stage.gateway.hooks] == ["GET", "POST"]


@pytest.mark.parametrize(
    "elsewhere", [{"voice_application_sid": "AP" + "0" * 32}, {"trunk_sid": "TK" + "0" * 32}]
)
def test_an_application_or_a_trunk_takes_the_calls_away(
    stage: Stage, elsewhere: dict[str, str]
) -> None:
    number = the_number(vendors.twilio(stage.carriers))
    number.update(**elsewhere)

    call = over(stage.carriers.dial_in(THEIRS, OURS, ScriptedFarEnd()))

    assert stage.gateway.hooks == []
    assert len(call.alerts) == 1


def test_an_application_and_a_trunk_exclude_each_other(stage: Stage) -> None:
    number = the_number(vendors.twilio(stage.carriers))

    number.update(trunk_sid="TK" + "0" * 32)
    number.update(voice_application_sid="AP" + "0" * 32)
    both = the_number(vendors.twilio(stage.carriers))
    number.update(voice_application_sid="")
    neither = the_number(vendors.twilio(stage.carriers))

    assert (both.voice_application_sid, both.trunk_sid) == ("AP" + "0" * 32, None)
    assert (neither.voice_application_sid, neither.trunk_sid) == (None, None)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"VoiceUrl": "nowhere"}, 21502),
        ({"StatusCallback": "ftp://x/"}, 21502),
        ({"VoiceFallbackUrl": "http://under_score/"}, 21502),
        ({"VoiceMethod": "PUT"}, 20001),
        ({"VoiceApplicationSid": "AC" + "0" * 32}, 20001),
        ({"TrunkSid": "TK1"}, 20001),
        ({"VoiceReceiveMode": "telex"}, 20001),
        ({"FriendlyName": "x" * 65}, 20001),
        ({"voice_url": "http://x/"}, 20001),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    stage: Stage, form: dict[str, str], code: int
) -> None:
    client = vendors.twilio(stage.carriers)
    before = the_number(client)

    answer = stage.ask("POST", f"{NUMBERS}/{before.sid}.json", data={"SmsUrl": ""} | form)

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert the_number(client).voice_url == before.voice_url


def test_other_requests_are_not_possible(stage: Stage) -> None:
    sid = the_number(vendors.twilio(stage.carriers)).sid

    assert stage.ask("POST", f"{NUMBERS}.json", data={"PhoneNumber": OURS}).status_code == 405
    assert stage.ask("DELETE", f"{NUMBERS}/{sid}.json").status_code == 405
    assert stage.ask("POST", f"/2010-04-01/Accounts/{SID}.json", data={}).status_code == 405
    assert stage.ask("GET", f"{NUMBERS}.json", params={"PageSize": "0"}).status_code == 400
    assert stage.ask("GET", f"{NUMBERS}/PN{'0' * 32}.json").status_code == 404
