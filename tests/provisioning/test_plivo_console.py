import inspect
from typing import Any

import pytest
from plivo.resources.applications import Applications
from plivo.resources.numbers import Numbers

from chalicelib.provisioning.plivo import PlivoConsole
from moltis.carriers.server import SimulatedCarriers
from tests.provisioning.consoles import ADDRESSES, NUMBER, OTHER_NUMBER, Stage

OURS = "moltis-phone-15551234567"


@pytest.fixture
def plivo(carriers: SimulatedCarriers) -> Stage:
    return Stage.blank("plivo", carriers)


def path(stage: Stage, rest: str) -> str:
    return f"/v1/Account/{stage.credentials['auth_id']}/{rest}"


def applications(stage: Stage) -> dict[str, Any]:
    listed = stage.ask("GET", path(stage, "Application/")).json()["objects"]
    return {one["app_name"]: one for one in listed}


def make(stage: Stage, name: str, url: str, **more: str) -> str:
    body = {"app_name": name, "answer_url": url, **more}
    return str(stage.ask("POST", path(stage, "Application/"), json=body).json()["app_id"])


def attach(stage: Stage, app_id: str, number: str = NUMBER) -> None:
    stage.ask("POST", path(stage, f"Number/{number.strip('+')}/"), json={"app_id": app_id})


def test_plivos_own_library_knows_what_is_written(plivo: Stage) -> None:
    entries = plivo.console().survey(NUMBER, ADDRESSES).entries
    written = {entry.name for entry in entries} - {"application"}

    assert written <= set(inspect.signature(Applications.create).parameters)
    assert written <= set(inspect.signature(Applications.update).parameters)
    assert "app_id" in inspect.signature(Numbers.update).parameters


def test_an_application_that_others_may_share_is_left_alone(plivo: Stage) -> None:
    shared = make(plivo, "shared", "http://127.0.0.1:9/theirs")
    plivo.own(OTHER_NUMBER)
    attach(plivo, shared)
    attach(plivo, shared, OTHER_NUMBER)

    survey = plivo.console().survey(NUMBER, ADDRESSES)
    plivo.settled()

    assert (survey.entries[0].found, survey.entries[0].wanted) == ("shared", OURS)
    assert survey.entries[1].found == "http://127.0.0.1:9/theirs"
    assert applications(plivo)["shared"]["answer_url"] == "http://127.0.0.1:9/theirs"
    assert applications(plivo)[OURS]["answer_url"] == ADDRESSES.answer


def test_messages_go_on_to_wherever_they_went(plivo: Stage) -> None:
    url = "http://127.0.0.1:9/messages"
    attach(plivo, make(plivo, "texts", url, message_url=url, message_method="GET"))

    plivo.settled()

    made = applications(plivo)[OURS]
    assert (made["message_url"], made["message_method"]) == (url, "GET")


def test_an_application_that_asks_us_already_is_ours_whatever_its_name(plivo: Stage) -> None:
    attach(plivo, make(plivo, "mine", ADDRESSES.answer))

    plivo.settled()

    assert set(applications(plivo)) == {"mine"}
    assert applications(plivo)["mine"]["hangup_url"] == ADDRESSES.status


def test_an_application_that_was_made_and_not_named_is_found_again(plivo: Stage) -> None:
    make(plivo, OURS, "http://127.0.0.1:9/half")

    plivo.settled()

    assert set(applications(plivo)) == {OURS}
    assert plivo.console().survey(NUMBER, ADDRESSES).is_right


def test_an_account_with_many_applications_is_searched_to_the_end(plivo: Stage) -> None:
    make(plivo, OURS, "http://127.0.0.1:9/first")
    for place in range(25):
        make(plivo, f"later-{place}", "http://127.0.0.1:9/later")

    plivo.settled()

    assert plivo.console().survey(NUMBER, ADDRESSES).is_right


def test_a_disabled_application_is_for_its_owner_to_enable(
    plivo: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plivo.settled()
    get = PlivoConsole._get  # noqa: SLF001  # the simulated Plivo disables nothing

    def disabled(console: PlivoConsole, where: str) -> Any:
        found = get(console, where)
        return found if found is None else {**found, "enabled": False}

    monkeypatch.setattr(PlivoConsole, "_get", disabled)

    (note,) = plivo.console().survey(NUMBER, ADDRESSES).notes
    assert f"{OURS} is disabled" in note
