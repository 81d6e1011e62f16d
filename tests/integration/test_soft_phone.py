"""The soft phone's door: who may use its telephones, and what they do."""

import io
import re
import wave
from typing import Any

import pytest
import requests

import app as deployed
from chalicelib import wiring
from chalicelib.routes.pages import PAGES, SOFT_PHONE, rendered
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.soft_phone.doors import WEB
from tests.phone import Json, Phone, words

FILES = [f"web/{path.name}" for path in WEB.iterdir() if path.suffix != ".html"]
PATHS = ["phone", *FILES]


class Handset:
    """A telephone, worked as the page works it."""

    def __init__(self, phone: Phone, number: str) -> None:
        self.phone = phone
        self.seen = 0
        self.path = f"phones/{ask(phone, 'POST', 'phones', number=number).json()['phone']}"

    def does(self, act: str, **content: str) -> None:
        assert ask(self.phone, "POST", f"{self.path}/{act}", **content).ok

    def sees(self, wanted: str) -> Json:
        while True:
            path = f"{self.path}/events?after={self.seen}&wait=20"
            events = ask(self.phone, "GET", path).json()["events"]
            assert events, f"no {wanted!r} came"
            for event in events:
                self.seen = event["number"]
                if event["event"] == wanted:
                    return dict(event)


def ask(
    phone: Phone, method: str, path: str, *, headers: Any = None, **content: Any
) -> requests.Response:
    bearer = {"Authorization": f"Bearer {phone.gateway.token}"}
    return requests.request(
        method,
        f"{phone.gateway.url}/phone/control/{path}",
        json=content or None,
        headers=bearer if headers is None else headers,
        timeout=30,
    )


def test_a_person_is_called_talks_presses_keys_and_hangs_up(phone: Phone) -> None:
    number = phone.new_number()
    handset = Handset(phone, number)
    call_id = phone.initiate(number, "Hello, can you hear me?")

    assert handset.sees("ringing")["called"] == number
    handset.does("answer")
    assert handset.sees("said")["text"] == "Hello, can you hear me?"
    handset.sees("listening")
    handset.does("say", text="Yes, I can")
    handset.sees("listening")
    handset.does("press", digits="1#")
    assert handset.sees("you pressed")["understood"]
    handset.sees("said")
    handset.does("hang-up")
    handset.sees("ended")

    said = words(phone.over(call_id))
    assert ("user", "Yes, I can") in said
    assert ("user", "1") in said


def test_how_a_call_sounded_can_be_heard_once_it_is_over(phone: Phone) -> None:
    number = phone.new_number()
    handset = Handset(phone, number)
    call_id = phone.initiate(number, "Hello, can you hear me?")
    handset.sees("ringing")
    assert told_of(phone, call_id)["recording"] is None
    handset.does("answer")
    handset.sees("listening")
    handset.does("hang-up")
    phone.over(call_id)

    path = told_of(phone, call_id)["recording"]
    heard = get(phone, path)

    assert heard.headers["Content-Type"] == "audio/wav"
    with wave.open(io.BytesIO(heard.content)) as sound:
        assert (sound.getnchannels(), sound.getframerate()) == (2, 8_000)
        assert sound.getnframes() > sound.getframerate()
        assert any(sound.readframes(sound.getnframes()))
    assert requests.get(f"{phone.gateway.url}/{path}", timeout=20).status_code == 401
    assert get(phone, "phone/recordings/nobody").status_code == 404


def told_of(phone: Phone, call_id: str) -> Json:
    return dict(get(phone, f"data/calls/{call_id}").json())


def get(phone: Phone, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {phone.gateway.token}"}
    return requests.get(f"{phone.gateway.url}/{path}", headers=headers, timeout=30)


def test_a_person_calls_the_agent(phone: Phone) -> None:
    caller = "+15559876543"
    handset = Handset(phone, caller)

    (ours,) = ask(phone, "GET", "numbers").json()["numbers"]
    handset.does("dial", to=ours["number"])
    handset.sees("answered")
    assert handset.sees("said")["text"] == "Hello! How can I help?"
    handset.does("hang-up")
    handset.sees("ended")
    ask(phone, "DELETE", handset.path)

    newest = phone.rpc.ask("voicecall.history", limit=1)["calls"][0]
    assert (newest["direction"], newest["from"]) == ("inbound", caller)


def test_a_telephone_is_for_whoever_may_make_calls(phone: Phone) -> None:
    reader = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(reader.kept)

    assert ask(phone, "GET", "numbers", headers={}).status_code == 401
    assert ask(phone, "POST", "phones", headers={}, number="").status_code == 401
    wrong = {"Authorization": "Bearer mp_wrong"}
    assert ask(phone, "GET", "numbers", headers=wrong).status_code == 401
    reading = {"Authorization": f"Bearer {reader.text}"}
    refused = ask(phone, "GET", "numbers", headers=reading)
    assert (refused.status_code, "scope write" in refused.json()["error"]) == (403, True)


def test_a_session_works_a_telephone_only_from_a_page_of_ours(phone: Phone) -> None:
    with requests.Session() as browser:
        url = f"{phone.gateway.url}/phone/control/phones"
        signed_in = browser.post(
            f"{phone.gateway.url}/session", json={"token": phone.gateway.token}, timeout=20
        )
        proof = {"X-Moltis-Page": signed_in.json()["proof"]}

        from_elsewhere = browser.post(url, json={"number": ""}, timeout=20)
        from_our_page = browser.post(url, json={"number": "12"}, headers=proof, timeout=20)

    assert from_elsewhere.status_code == 401
    assert from_our_page.status_code == 400


def test_what_makes_no_sense_is_refused_with_a_sentence(phone: Phone) -> None:
    assert ask(phone, "POST", "phones", number="12").status_code == 400
    assert ask(phone, "POST", "phones/nobody/answer").status_code == 404
    assert ask(phone, "POST", "phones", number="1" * 70_000).status_code == 413
    assert "telephone" in ask(phone, "GET", "phones/nobody/events").json()["error"]


@pytest.mark.parametrize("path", PATHS)
def test_the_page_and_its_files_are_there_and_strict(phone: Phone, path: str) -> None:
    first = requests.get(f"{phone.gateway.url}/{path}", timeout=20)
    again = {"If-None-Match": first.headers["ETag"]}
    second = requests.get(f"{phone.gateway.url}/{path}", headers=again, timeout=20)

    assert (first.status_code, second.status_code) == (200, 304)
    assert "default-src 'none'" in first.headers["Content-Security-Policy"]
    assert "unsafe" not in first.headers["Content-Security-Policy"]


def test_every_page_of_a_local_gateway_leads_to_the_soft_phone(phone: Phone) -> None:
    for page in (*PAGES, SOFT_PHONE):
        text = requests.get(f"{phone.gateway.url}{page.path}", timeout=20).text
        assert re.search(r'href="[./]*phone"', text)


def test_a_deployed_app_has_no_soft_phone() -> None:
    assert [path for path in deployed.app.routes if path.startswith(SOFT_PHONE.path)] == []
    assert not re.search(r'href="[./]*phone"', rendered(PAGES[0]))
