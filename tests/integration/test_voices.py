from collections.abc import Iterator
from time import monotonic, sleep
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests

from chalicelib import aws, wiring
from chalicelib.audio.containers import read
from chalicelib.audio.s3_shelf import PREFIX
from chalicelib.calls.call import inbound_call_id
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import HangsUp, Moment, Says, Side, Sound
from moltis.listening import listen
from moltis.recording import record
from tests.phone import CALLER, Json, Phone, a_phone, words

ESPEAK = {"provider": "espeak", "voice": "en-us+f3"}
BUCKET = "moltis-phone-local-sounds"
EVERYTHING = 9
"""The greeting, and what we say of our own accord."""


@pytest.fixture(scope="module", params=["twilio", "telnyx", "plivo"])
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param, tts=ESPEAK, agent={"kind": "offline"}) as running:
        yield running


def played(phone: Phone, call: Json) -> list[Moment]:
    return [m for m in phone.at_carrier(call).moments if m.sound is Sound.AUDIO]


def spoken_by_the_carrier(phone: Phone, call: Json) -> list[str]:
    return [
        m.text
        for m in phone.at_carrier(call).moments
        if m.sound is Sound.SPEECH and m.side is Side.AGENT
    ]


def conversation(phone: Phone) -> Json:
    steps = (Says("I would like to order flowers."), Says("No, thank you. Goodbye!"))
    return phone.over(phone.dial_in(CALLER, *steps))


@pytest.fixture(scope="module")
def call(phone: Phone) -> Json:
    """A call in which everything that we may say was read aloud before, for the first one."""
    first = conversation(phone)
    phone.until(first["call_id"], lambda _: len(sounds()) >= EVERYTHING)
    return conversation(phone)


def sounds() -> list[str]:
    there = aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=PREFIX)
    return [one["Key"] for one in there.get("Contents", [])]


def test_every_word_of_ours_is_heard_in_our_voice_on_every_carrier(
    phone: Phone, call: Json
) -> None:

    at_carrier = phone.at_carrier(call)
    ours = [text for who, text in words(call) if who == "bot"]
    assert spoken_by_the_carrier(phone, call) == []
    assert len(played(phone, call)) >= len(ours) >= 3
    assert all(moment.whole for moment in played(phone, call))
    assert at_carrier.alerts == []
    heard = listen(record(at_carrier.moments, at_carrier.audio).wav())
    assert -24 <= heard.agent.level_db <= -16
    assert heard.seconds > sum(map(len, ours)) / 30


def test_the_message_of_a_call_that_we_place_is_read_aloud_while_it_rings(phone: Phone) -> None:
    far_end = phone.far_end()
    call_id = phone.initiate(far_end, "Your bread is ready at the bakery.", mode="notify")

    notify = phone.over(call_id)

    assert notify["end_reason"] == "completed"
    assert len(played(phone, notify)) + len(spoken_by_the_carrier(phone, notify)) == 1


def test_the_same_greeting_costs_nothing_the_second_time(phone: Phone, call: Json) -> None:
    again = conversation(phone)

    ours = {text for who, text in words(again) if who == "bot"}
    assert ours == {text for who, text in words(call) if who == "bot"}
    assert len(sounds()) == len(set(sounds())) <= EVERYTHING + len(ours)
    assert [one.text for one in played(phone, again)] == [one.text for one in played(phone, call)]


def test_a_carrier_gets_the_kind_of_sound_that_it_plays(phone: Phone, call: Json) -> None:
    url = played(phone, call)[0].text

    answer = requests.get(url, timeout=20)

    sound = read(answer.content)
    assert answer.headers["Content-Type"] == "audio/x-wav"
    assert answer.content[20] == (7 if phone.account == "twilio" else 1)
    assert sound.rate == 8_000
    assert np.abs(sound.samples).max() > 2_000


@pytest.mark.parametrize("accept", ["*/*", "audio/*", "text/html", None])
def test_a_sound_is_given_to_whoever_has_its_address_whatever_it_accepts(
    phone: Phone, call: Json, accept: str | None
) -> None:
    url = played(phone, call)[0].text
    headers = {"Accept": accept, "User-Agent": None, "Accept-Encoding": None}

    answer = requests.get(url, headers=headers, timeout=20)

    assert (answer.status_code, answer.content[:4]) == (200, b"RIFF")
    again = requests.get(url, headers={"If-None-Match": answer.headers["ETag"]}, timeout=20)
    assert (again.status_code, again.content) == (304, b"")
    assert "max-age=" in answer.headers["Cache-Control"]


def test_an_address_that_we_did_not_write_is_refused(phone: Phone, call: Json) -> None:
    url = played(phone, call)[0].text
    base, name = url.rsplit("/", 1)
    other = base.replace(f"/{phone.account}/", "/nobody/")

    for forged in (f"{base}/{name[1:]}", f"{base}/A{name}", f"{base}/hello.wav"):
        refused = requests.get(forged, timeout=20)
        assert (refused.status_code, refused.content) == (403, b"")
    assert requests.get(f"{other}/{name}", timeout=20).status_code == 404


def test_a_sound_that_is_gone_is_made_again_of_its_address(phone: Phone, call: Json) -> None:
    url = played(phone, call)[0].text
    before = read(requests.get(url, timeout=20).content)
    for key in sounds():
        aws.client("s3").delete_object(Bucket=BUCKET, Key=key)

    again = requests.get(url, timeout=20)

    # eSpeak breathes differently each time.
    assert read(again.content).seconds == pytest.approx(before.seconds, abs=0.05)
    assert len(sounds()) == 1
    wiring.aloud.cache_clear()


def test_the_address_of_a_sound_is_below_the_account(phone: Phone, call: Json) -> None:
    path = urlsplit(played(phone, call)[0].text).path

    assert path.startswith(f"/api/channels/telephony/{phone.account}/audio/")


def test_the_first_call_of_all_is_greeted_in_our_voice_on_each_number(phone: Phone) -> None:
    number, greeting = "+15550007003", f"Welcome to {phone.account}."
    version = phone.rpc.ask("phone.settings")["version"]
    before = len(sounds())
    changes = {f"phone.numbers.{number}": {"inbound_greeting": greeting}}
    phone.rpc.ask("phone.save", version=version, changes=changes)
    deadline = monotonic() + 30
    while len(sounds()) == before:
        assert monotonic() < deadline
        sleep(0.05)

    placed = phone.gateway.carriers.dial_in(CALLER, number, ScriptedFarEnd((HangsUp(),)))

    first = phone.over(inbound_call_id(phone.account, placed.sid))
    assert words(first)[0] == ("bot", greeting)
    assert spoken_by_the_carrier(phone, first) == []
