"""What stands at the simulated Plivo about numbers and applications, by Plivo's own library."""

from dataclasses import replace
from typing import Any

import pytest
from plivo.exceptions import AuthenticationError, ResourceNotFoundError, ValidationError

from moltis.carriers.network import OwnedNumber
from tests.carriers import vendors
from tests.carriers.gateway import Reply, response
from tests.carriers.plivo_stage import AUTH_ID, NUMBER, PlivoStage
from tests.carriers.stage import over

DIGITS = NUMBER.removeprefix("+")


@pytest.fixture
def client(plivo: PlivoStage) -> Any:
    return vendors.plivo_client(plivo.carriers)


def application_of(client: Any) -> Any:
    uri = client.numbers.get(DIGITS).application
    return client.applications.get(uri.rstrip("/").rsplit("/", 1)[-1])


def test_an_account_is_told_to_whoever_has_its_token(client: Any) -> None:
    account = client.account.get()

    assert (account.auth_id, account.account_type) == (AUTH_ID, "standard")


def test_a_wrong_token_is_told_nothing(client: Any) -> None:
    client.session.auth = (AUTH_ID, "wrong")

    with pytest.raises(AuthenticationError):
        client.account.get()


def test_a_number_and_its_application_are_shown_in_plivos_fields(
    plivo: PlivoStage, client: Any
) -> None:
    number = client.numbers.get(DIGITS)
    application = application_of(client)

    assert (number.number, number.voice_enabled, number.sms_enabled) == (DIGITS, True, True)
    assert application.answer_url == f"{plivo.gateway.url}/answer"
    assert application.hangup_url == f"{plivo.gateway.url}/status"
    assert (application.answer_method, application.fallback_answer_url) == ("POST", "")
    assert (application.default_app, application.enabled) == (False, True)


def test_what_is_listed_comes_in_pages(plivo: PlivoStage, client: Any) -> None:
    for place in range(4):
        plivo.own("plivo", f"+1555123100{place}", AUTH_ID, "a-made-up-plivo-token")

    first = client.numbers.list(limit=3)
    second = client.numbers.list(limit=3, offset=3)
    some = client.numbers.list(number_startswith="1555123100")

    assert [len(page.objects) for page in (first, second, some)] == [3, 2, 4]
    assert (first.meta.previous, second.meta.next, first.meta.total_count) == (None, None, 5)
    assert "offset=3" in first.meta.next


def test_the_things_of_others_are_not_there(plivo: PlivoStage, client: Any) -> None:
    plivo.own("other", "+15551239999", "MAOTHEROTHEROTHER000", "another-token")

    with pytest.raises(ResourceNotFoundError):
        client.numbers.get("15551239999")
    assert len(client.applications.list().objects) == 1


def test_an_arriving_call_asks_the_addresses_that_were_written(
    plivo: PlivoStage, client: Any
) -> None:
    plivo.gateway.on("/new", response("<Hangup/>"))
    made = client.applications.create(
        "mine", answer_url=f"{plivo.gateway.url}/new", hangup_url=f"{plivo.gateway.url}/told"
    )
    client.numbers.update(DIGITS, app_id=made.app_id)

    call = over(plivo.dial_in())

    assert call.alerts == []
    assert [hook.path for hook in plivo.gateway.hooks] == ["/new", "/told"]
    assert client.applications.get(made.app_id).app_name == "mine"


def test_who_says_nothing_of_a_hang_up_is_told_of_it_where_calls_are_answered(
    plivo: PlivoStage, client: Any
) -> None:
    address = f"{plivo.gateway.url}/only"
    answer = plivo.ask("POST", "Application/", {"app_name": "mine", "answer_url": address})

    assert client.applications.get(answer.json()["app_id"]).hangup_url == address


@pytest.mark.parametrize("failure", [Reply("", 503), Reply("<oops", 200)])
def test_the_fallback_is_asked_where_the_first_answer_is_none(
    plivo: PlivoStage, client: Any, failure: Reply
) -> None:
    plivo.gateway.on("/answer", failure)
    plivo.gateway.on("/instead", response("<Hangup/>"))
    plivo.ask(
        "POST",
        f"Application/{application_of(client).app_id}/",
        {"fallback_answer_url": f"{plivo.gateway.url}/instead"},
    )

    over(plivo.dial_in())

    paths = [hook.path for hook in plivo.gateway.hooks]
    assert (set(paths), paths[-2:]) == ({"/answer", "/instead", "/status"}, ["/instead", "/status"])


def test_a_number_that_names_no_application_reaches_nobody(plivo: PlivoStage, client: Any) -> None:
    blank = plivo.carriers.network.owned(NUMBER, "plivo")
    plivo.carriers.network.own(replace(blank, voice_url="", status_url=""))

    call = over(plivo.dial_in())

    assert client.numbers.get(DIGITS).application is None
    assert plivo.gateway.hooks == []
    assert len(call.alerts) == 1


def test_a_number_may_lack_a_voice(plivo: PlivoStage, client: Any) -> None:
    own = plivo.carriers.network.owned(NUMBER, "plivo")
    plivo.carriers.network.own(replace(own, voice=False))

    assert client.numbers.get(DIGITS).voice_enabled is False


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("Application/", {"answer_url": "http://x/"}, "app_name"),
        ("Application/", {"app_name": "a name", "answer_url": "http://x/"}, "app_name"),
        ("Application/", {"app_name": "mine"}, "answer_url"),
        ("Application/", {"app_name": "mine", "answer_url": "/x"}, "answer_url"),
        ("Application/", {"app_name": "m", "answer_url": "http://x/", "answer_method": 1}, "GET"),
        ("Application/", {"app_name": "m", "answer_url": "http://x/", "public_uri": 1}, "true"),
        ("Application/", {"app_name": "m", "answer_url": "http://x/", "status_url": ""}, "know"),
        (f"Number/{DIGITS}/", {"app_id": "1234"}, "app_id"),
        (f"Number/{DIGITS}/", {"application": "1234"}, "know"),
    ],
)
def test_what_cannot_be_is_refused(
    plivo: PlivoStage, path: str, body: dict[str, Any], words: str
) -> None:
    answer = plivo.ask("POST", path, body)

    assert (answer.status_code, words in answer.json()["error"]) == (400, True)


def test_an_application_keeps_its_name(plivo: PlivoStage, client: Any) -> None:
    path = f"Application/{application_of(client).app_id}/"

    assert plivo.ask("POST", path, {"app_name": "other"}).status_code == 400


def test_other_requests_are_not_possible(plivo: PlivoStage, client: Any) -> None:
    app_id = application_of(client).app_id

    assert plivo.ask("POST", "Number/", {}).status_code == 405
    assert plivo.ask("DELETE", f"Number/{DIGITS}/").status_code == 405
    assert plivo.ask("DELETE", "Application/").status_code == 405
    assert plivo.ask("DELETE", f"Application/{app_id}/").status_code == 405
    assert plivo.ask("POST", "", {"name": "x"}).status_code == 405
    assert plivo.ask("GET", "Application/1/").status_code == 404
    assert plivo.ask("GET", "Application/?app_name=x").status_code == 400
    with pytest.raises(ValidationError):
        client.numbers.list(limit=21)
    assert plivo.ask("GET", "Number/?limit=21").status_code == 400


def test_a_number_that_is_given_anew_is_looked_at_anew(plivo: PlivoStage, client: Any) -> None:
    plivo.carriers.network.own(
        OwnedNumber(
            carrier="plivo",
            account_id="plivo",
            number=NUMBER,
            voice_url="http://127.0.0.1:9/other",
            credentials={"auth_id": AUTH_ID, "auth_token": "a-made-up-plivo-token"},
        )
    )

    assert application_of(client).answer_url == "http://127.0.0.1:9/other"
