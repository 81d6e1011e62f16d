"""Two numbers of one account, each answered in its own way, on every carrier."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from chalicelib import wiring
from chalicelib.calls.call import Call, inbound_call_id
from chalicelib.calls.terms import AgentKind, SpeechKind
from moltis.carriers.far_end import ScriptedFarEnd
from moltis.carriers.line import Says, Step
from moltis.rpc_client import RefusedError
from tests.model_server import Answers, ModelServer
from tests.phone import CALLER, Json, Phone, a_phone, audible, words

OFFICE: Final = "+15550007001"
KITCHEN: Final = "+15550007002"
VOICES: Final = {"twilio": "Polly.Vicki", "telnyx": "AWS.Polly.Vicki", "plivo": "Polly.Vicki"}


def numbers(provider: str) -> dict[str, Any]:
    return {
        OFFICE: {"inbound_greeting": "**Doctor Miller's** practice."},
        KITCHEN: {
            "inbound_greeting": "Krume, guten Tag.",
            "language": "de-DE",
            "voice": VOICES[provider],
            "agent": {"kind": "openai", "model": "baker", "system_prompt": "You bake bread."},
        },
    }


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer(otherwise=lambda _: Answers("Sehr gern.")) as server:
        yield server


@pytest.fixture(scope="module", params=["twilio", "telnyx", "plivo"])
def phone(request: pytest.FixtureRequest, model: ModelServer) -> Iterator[Phone]:
    provider: str = request.param
    settings: dict[str, Any] = {
        "agent": {"base_url": model.url},
        "numbers": numbers(provider),
        provider: {"from_number": OFFICE},
    }
    with a_phone(provider, **settings) as running:
        yield running


def dial_in(phone: Phone, number: str, *steps: Step) -> str:
    placed = phone.gateway.carriers.dial_in(CALLER, number, ScriptedFarEnd(steps))
    return inbound_call_id(phone.account, placed.sid)


def kept(call: Json) -> Call:
    return wiring.calls().get(call["call_id"])


def test_each_number_is_answered_in_its_own_way(phone: Phone, model: ModelServer) -> None:
    before = len(model.asked)
    office = phone.over(dial_in(phone, OFFICE, Says("I would like a table.")))
    after = len(model.asked)
    kitchen = phone.over(dial_in(phone, KITCHEN, Says("Zwei Brote, bitte.")))

    assert after == before
    assert audible(phone, office)[0] == ("bot", "Doctor Miller's practice.")
    assert audible(phone, kitchen)[:3] == [
        ("bot", "Krume, guten Tag."),
        ("user", "Zwei Brote, bitte."),
        ("bot", "Sehr gern."),
    ]
    assert "You bake bread." in model.asked[-1].system
    assert [(kept(one).language, kept(one).voice) for one in (office, kitchen)] == [
        ("en-US", ""),
        ("de-DE", VOICES[phone.account]),
    ]
    assert phone.at_carrier(kitchen).alerts == phone.at_carrier(office).alerts == []


def test_a_call_that_we_place_goes_as_the_number_says_that_it_comes_from(phone: Phone) -> None:
    call = phone.over(phone.initiate(phone.far_end(Says("Hello.")), ""))

    assert call["from"] == OFFICE
    assert words(call)[0] == ("bot", "Doctor Miller's practice.")


def test_a_call_may_be_spoken_unlike_its_number_and_account(phone: Phone) -> None:
    voice = VOICES[phone.account]
    asked = {"language": "fr-FR", "voice": voice, "mode": "notify"}

    spoken = phone.over(phone.initiate(phone.far_end(), "Bonjour.", **asked))
    played = phone.over(
        phone.initiate(
            phone.far_end(), "Bonjour.", tts_provider="espeak", **asked | {"voice": "fr"}
        )
    )

    assert (kept(spoken).language, kept(spoken).voice) == ("fr-FR", voice)
    assert kept(spoken).speech.provider is SpeechKind.CARRIER
    assert (kept(played).speech.provider, kept(played).speech.voice) == (SpeechKind.ESPEAK, "fr")
    assert kept(played).voice == ""


def test_a_voice_that_the_carrier_does_not_have_is_refused_before_anything_rings(
    phone: Phone,
) -> None:
    with pytest.raises(RefusedError) as refused:
        phone.initiate(phone.far_end(), voice="Nobody At All")

    assert refused.value.data["field"] == "voice"


def test_a_live_call_keeps_what_its_number_said_when_it_began(phone: Phone) -> None:
    steps = (Says(f"{count} Brote, bitte.") for count in range(1, 9))
    call_id = dial_in(phone, KITCHEN, *steps)
    phone.until(call_id, lambda call: ("bot", "Sehr gern.") in words(call))
    version = phone.rpc.ask("phone.settings")["version"]
    changes = {
        f"phone.numbers.{KITCHEN}.language": "it-IT",
        f"phone.numbers.{KITCHEN}.agent": None,
        f"phone.numbers.{KITCHEN}.inbound_greeting": "Pronto.",
    }

    phone.rpc.ask("phone.save", version=version, changes=changes)
    after = phone.over(dial_in(phone, KITCHEN, Says("I would like a table.")))
    live = kept(phone.over(call_id))

    assert (live.language, live.opening) == ("de-DE", "Krume, guten Tag.")
    assert live.agent is not None
    assert live.agent.kind is AgentKind.OPENAI
    assert words(phone.status(call_id)).count(("bot", "Sehr gern.")) == 8
    assert words(after)[0] == ("bot", "Pronto.")
    assert ("bot", "Sehr gern.") not in words(after)
    assert kept(after).voice == VOICES[phone.account]
