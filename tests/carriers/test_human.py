import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from moltis.carriers import human
from moltis.carriers.far_end import PolitePerson
from moltis.carriers.human import Telephone
from tests.carriers.gateway import response
from tests.carriers.stage import OURS, THEIRS, Stage, gather, over, understood

if TYPE_CHECKING:
    from collections.abc import Callable


class Person:
    """Somebody who uses the control interface as a web page would."""

    def __init__(self, stage: Stage, **content: str) -> None:
        self._stage = stage
        self._seen = 0
        answer = self.ask("POST", "/phones", **content)
        self.path = f"/phones/{answer.json()['phone']}"

    def ask(self, method: str, path: str, **content: object) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                self._stage.carriers.control_url + path,
                data=json.dumps(content) if content else None,
                headers={"Authorization": f"Bearer {self._stage.carriers.token}"},
                timeout=10,
            )

    def does(self, act: str, **content: object) -> requests.Response:
        return self.ask("POST", f"{self.path}/{act}", **content)

    def sees(self, wanted: str) -> dict[str, Any]:
        """Wait for the next event *wanted*."""
        while True:
            answer = self.ask("GET", f"{self.path}/events?after={self._seen}&wait=8")
            events = answer.json()["events"]
            assert events, f"no {wanted!r} came"
            for event in events:
                self._seen = event["number"]
                if event["event"] == wanted:
                    return dict(event)


@pytest.fixture
def conversation(stage: Stage) -> Stage:
    url = f"{stage.gateway.url}/heard"
    stage.gateway.on("/answer", response(gather(url, "<Say>Who is it?</Say>")))
    stage.gateway.on(
        "/heard",
        response(gather(url, '<Say>Your code?</Say><Pause length="1"/>')),
        response('<Play digits="9"/><Say>Goodbye</Say><Hangup/>'),
    )
    return stage


def test_a_person_answers_speaks_presses_and_hears(conversation: Stage) -> None:
    person = Person(conversation, number=THEIRS)
    created = conversation.create().json()

    rings = person.sees("ringing")
    assert datetime.fromisoformat(rings.pop("at")) <= datetime.now(UTC)
    assert rings == {"number": 1, "event": "ringing", "caller": OURS, "called": THEIRS}
    assert person.does("say", text="too early").status_code == 409
    assert person.does("answer").status_code == 200
    assert person.sees("said")["text"] == "Who is it?"
    person.sees("listening")
    person.does("say", text="It is me")
    person.sees("listening")
    person.does("press", digits="42#")
    assert person.sees("keys")["digits"] == "9"
    assert person.sees("ended")["how"] == "completed"

    call = over(conversation.carriers.call(created["sid"]))
    assert understood(call) == [("It is me", True), ("42#", True)]
    assert conversation.gateway.at("/heard")[1].form["Digits"] == "42"


def test_a_person_is_told_whether_the_carrier_listened(stage: Stage) -> None:
    url = f"{stage.gateway.url}/heard"
    stage.gateway.on("/answer", response(f"<Say>{'A long story. ' * 20}</Say>{gather(url, '')}"))
    stage.gateway.on("/heard", response("<Hangup/>"))
    person = Person(stage, number=THEIRS)
    stage.create()
    person.sees("ringing")
    person.does("answer")
    person.sees("said")

    person.does("say", text="Let me speak")
    too_early = person.sees("you said")
    person.sees("listening")
    person.does("press", digits="7")

    assert (too_early["text"], too_early["understood"]) == ("Let me speak", False)
    pressed = person.sees("you pressed")
    assert (pressed["digits"], pressed["understood"]) == ("7", True)
    person.sees("ended")


def test_a_person_can_refuse_and_hang_up(conversation: Stage) -> None:
    person = Person(conversation)
    calls = []
    acts: list[Callable[[], object]] = [
        lambda: person.does("reject", reason="busy"),
        lambda: person.does("reject"),
        lambda: person.does("hang-up"),
        lambda: (person.does("answer"), person.sees("listening"), person.does("hang-up")),
    ]
    for act in acts:
        created = conversation.create().json()
        person.sees("ringing")
        act()
        person.sees("ended")
        calls.append(over(conversation.carriers.call(created["sid"])).status)

    assert calls == ["busy", "no-answer", "no-answer", "completed"]


def test_a_person_calls_us(conversation: Stage) -> None:
    person = Person(conversation, number="+15550001111")

    assert person.does("dial").status_code == 200
    assert person.sees("dialling")["called"] == OURS
    person.sees("answered")
    person.sees("listening")
    assert person.does("dial", to=OURS).status_code == 409
    person.does("hang-up")
    person.sees("ended")

    call = over(conversation.carriers.calls[0])
    assert (call.from_number, call.direction) == ("+15550001111", "inbound")
    assert person.does("dial", to="+15550000000").status_code == 400


def test_a_telephone_in_use_is_busy(conversation: Stage) -> None:
    person = Person(conversation, number=THEIRS)
    conversation.create()
    person.sees("ringing")

    second = over(conversation.carriers.call(conversation.create().json()["sid"]))

    assert second.status == "busy"


def test_putting_the_telephone_away_ends_its_call_and_frees_the_number(
    conversation: Stage,
) -> None:
    person = Person(conversation, number=THEIRS)
    created = conversation.create().json()
    person.sees("ringing")
    person.does("answer")
    person.sees("listening")

    assert person.ask("DELETE", person.path).status_code == 200

    assert over(conversation.carriers.call(created["sid"])).status == "completed"
    assert person.does("answer").status_code == 404
    assert isinstance(conversation.carriers.network.far_end(THEIRS), PolitePerson)


def test_a_deserted_telephone_rings_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    telephone = Telephone(THEIRS)
    monkeypatch.setattr(human, "LEASE_SECS", -1.0)

    assert telephone.take_call() is None


def test_a_person_has_more_time_than_a_speaking_far_end(conversation: Stage) -> None:
    person = Person(conversation, number=THEIRS)
    conversation.create()
    person.sees("ringing")
    person.does("answer")
    person.sees("listening")
    time.sleep(8 / 40)  # longer than the five seconds of the gather
    person.does("say", text="I type slowly")

    assert conversation.gateway.wait_for("/heard").form["SpeechResult"] == "I type slowly"
    person.does("hang-up")
    person.sees("ended")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}])
def test_nobody_gets_in_without_the_token(stage: Stage, header: dict[str, str]) -> None:
    with requests.Session() as session:
        answer = session.get(f"{stage.carriers.control_url}/numbers", headers=header, timeout=5)

    assert answer.status_code == 401


def test_the_numbers_and_the_calls_can_be_looked_at(stage: Stage) -> None:
    stage.gateway.on("/answer", response("<Say>Hi</Say><Hangup/>"))
    over(stage.call())
    person = Person(stage)

    assert person.ask("GET", "/numbers").json() == {
        "numbers": [{"number": OURS, "carrier": "twilio", "account": "twilio"}]
    }
    [call] = person.ask("GET", "/calls").json()["calls"]
    assert (call["status"], call["conversation"][0]["text"]) == ("completed", "Hi")


def test_requests_that_make_no_sense_are_refused(stage: Stage) -> None:
    person = Person(stage)

    assert person.ask("POST", "/phones", number="12").status_code == 400
    assert person.ask("POST", "/phones", number=12).status_code == 400
    assert person.ask("POST", "/accounts", carrier="twilio", number="12").status_code == 400
    assert person.ask("POST", "/accounts").status_code == 400
    assert person.ask("GET", "/nothing").status_code == 404
    assert person.ask("GET", "/phones/unknown/events").status_code == 404
    assert person.ask("GET", f"{person.path}/events?after=x").status_code == 400
    assert person.ask("PUT", person.path).status_code == 405
    assert person.does("dance").status_code == 404
    assert person.does("say").status_code == 400
    assert person.does("press", digits="x").status_code == 400
    assert person.does("reject", reason="tired").status_code == 400
    assert person.does("answer").status_code == 409
