import pytest

from moltis.carriers.far_end import PolitePerson, ScriptedFarEnd
from moltis.carriers.line import HangsUp, NeverPicksUp, PicksUp, Refusal, Refuses, Says
from moltis.carriers.server import SimulatedCarriers
from tests.carriers.gateway import Gateway
from tests.carriers.stage import THEIRS, heard, over, understood
from tests.carriers.telnyx_stage import (
    ANSWER,
    CONNECTION,
    HANG_UP,
    LISTEN,
    NUMBER,
    TelnyxStage,
    code,
    payloads,
    speak,
    types,
)


def test_a_call_is_dialled_answered_talks_and_ends(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(LISTEN, speak("Who is it?")))
    telnyx.when("call.transcription", telnyx.does(speak("Goodbye")))
    telnyx.when("call.speak.ended", lambda _: None, telnyx.does(HANG_UP))

    call = over(telnyx.call(ScriptedFarEnd([Says("It is me")])))

    assert types(call) == [
        "call.initiated",
        "call.answered",
        "call.speak.started",
        "call.speak.ended",
        "call.transcription",
        "call.speak.started",
        "call.speak.ended",
        "call.hangup",
    ]
    assert heard(call) == ["Who is it?", "Goodbye"]
    assert understood(call) == [("It is me", True)]
    assert [command.name for command in call.commands] == [
        "transcription_start",
        "speak",
        "speak",
        "hangup",
    ]
    assert call.alerts == []
    (end,) = payloads(call, "call.hangup")
    causes = (end["hangup_cause"], end["hangup_source"], end["sip_hangup_cause"])
    assert causes == ("normal_clearing", "caller", "200")


def test_a_call_that_arrives_is_parked_until_it_is_answered(telnyx: TelnyxStage) -> None:
    call = telnyx.dial_in(ScriptedFarEnd([HangsUp(when="Hello")]))
    (initiated,) = telnyx.wait_for(call, "call.initiated")

    assert (initiated["direction"], initiated["state"]) == ("incoming", "parked")
    assert (initiated["from"], initiated["to"]) == (THEIRS, NUMBER)
    assert initiated["client_state"] is None
    assert initiated["connection_id"] == CONNECTION
    assert not call.wait(0.1)
    assert types(call) == ["call.initiated"]

    telnyx.when("call.answered", telnyx.does(LISTEN, speak("Hello")))
    assert telnyx.command(call.sid, "answer").json() == {"data": {"result": "ok"}}

    over(call)
    assert types(call)[-1] == "call.hangup"
    (end,) = payloads(call, "call.hangup")
    causes = (end["hangup_cause"], end["hangup_source"], end["sip_hangup_cause"])
    assert causes == ("normal_clearing", "caller", "unspecified")


@pytest.mark.parametrize(
    ("cause", "told", "sip"),
    [
        ("CALL_REJECTED", "call_rejected", "603"),
        ("USER_BUSY", "user_busy", "486"),
        ("NOT_FOUND", "not_found", "404"),
    ],
)
def test_a_call_that_arrives_can_be_rejected(
    telnyx: TelnyxStage, cause: str, told: str, sip: str
) -> None:
    telnyx.when("call.initiated", telnyx.does(("reject", {"cause": cause})))

    call = over(telnyx.dial_in())

    assert types(call) == ["call.initiated", "call.hangup"]
    (end,) = payloads(call, "call.hangup")
    assert (end["hangup_cause"], end["sip_hangup_cause"]) == (told, sip)
    assert call.answered_at is None


def test_whoever_is_not_answered_gives_up(telnyx: TelnyxStage) -> None:
    call = over(telnyx.dial_in())

    (end,) = payloads(call, "call.hangup")
    assert (end["hangup_cause"], end["hangup_source"]) == ("originator_cancel", "caller")


@pytest.mark.parametrize(
    ("ringing", "cause"),
    [
        (NeverPicksUp(), "timeout"),
        (Refuses(Refusal.BUSY), "user_busy"),
        (Refuses(Refusal.REJECTED, after=2), "call_rejected"),
        (Refuses(Refusal.FAILED), "not_found"),
    ],
)
def test_a_call_that_is_not_picked_up_tells_why(
    telnyx: TelnyxStage, ringing: NeverPicksUp | Refuses, cause: str
) -> None:
    call = over(telnyx.call(ScriptedFarEnd(ringing=ringing), timeout_secs=5))

    assert types(call) == ["call.initiated", "call.hangup"]
    assert payloads(call, "call.initiated")[0]["direction"] == "outgoing"
    assert payloads(call, "call.hangup")[0]["hangup_cause"] == cause
    assert call.duration_secs == 0


def test_a_call_that_rings_can_be_cancelled(telnyx: TelnyxStage) -> None:
    call = telnyx.call(ScriptedFarEnd(ringing=NeverPicksUp()))

    telnyx.command(call.sid, "hangup")

    over(call)
    assert payloads(call, "call.hangup")[0]["hangup_cause"] == "originator_cancel"


def test_a_call_ends_at_its_time_limit(telnyx: TelnyxStage) -> None:
    call = over(telnyx.call(time_limit_secs=4))

    assert payloads(call, "call.hangup")[0]["hangup_cause"] == "time_limit"
    assert 4 <= call.duration_secs <= 6


def test_a_call_can_be_looked_up_while_it_lasts_and_a_while_after(telnyx: TelnyxStage) -> None:
    created = telnyx.dial(to="+15550009999", client_state="c3RhdGU=").json()["data"]
    call = telnyx.carriers.call(created["call_control_id"])
    alive = telnyx.ask("GET", f"/{call.sid}").json()["data"]
    telnyx.command(call.sid, "hangup")
    over(call)
    dead = telnyx.ask("GET", f"/{call.sid.replace(':', '%3A')}").json()["data"]

    assert (created["is_alive"], created["record_type"]) == (False, "call")
    assert created["client_state"] == alive["client_state"] == "c3RhdGU="
    assert (alive["is_alive"], dead["is_alive"]) == (True, False)
    assert alive["call_leg_id"] == created["call_leg_id"]
    assert dead["end_time"] > dead["start_time"]


def test_a_call_that_ended_long_ago_is_not_found(gateway: Gateway) -> None:
    with SimulatedCarriers(speed=5000) as carriers:
        telnyx = TelnyxStage(gateway, carriers)
        telnyx.set_up()
        call = over(telnyx.call(ScriptedFarEnd(ringing=Refuses(Refusal.BUSY))))
        assert telnyx.ask("GET", f"/{call.sid}").ok

        carriers.network.clock.sleep(600)

        assert code(telnyx.ask("GET", f"/{call.sid}")) == (404, "10005")
        assert code(telnyx.command(call.sid, "hangup")) == (404, "10005")


def test_the_state_that_we_give_comes_back_until_it_is_replaced(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(speak("One", client_state="dHdv")))
    telnyx.when(
        "call.speak.ended",
        telnyx.does(("client_state_update", {"client_state": "dGhyZWU="}), HANG_UP),
    )

    call = over(telnyx.call(client_state="b25l"))

    states = [event["payload"]["client_state"] for event in call.events]
    assert states == ["b25l", "b25l", "dHdv", "dHdv", "dGhyZWU="]


def test_events_of_a_call_go_to_its_own_address(telnyx: TelnyxStage) -> None:
    own = f"{telnyx.gateway.url}/mine"
    telnyx.gateway.on("/mine", telnyx.react)
    telnyx.when("call.answered", telnyx.does(HANG_UP))

    call = over(telnyx.call(webhook_url=own, webhook_url_method="POST"))

    assert {report.url for report in call.reports} == {own}
    assert len(telnyx.gateway.at("/mine")) == 3
    assert telnyx.gateway.at("/events") == []


def test_an_answer_can_change_the_address_and_start_listening(telnyx: TelnyxStage) -> None:
    own = f"{telnyx.gateway.url}/mine"
    telnyx.gateway.on("/mine", telnyx.react)
    body: dict[str, object] = {
        "webhook_url": own,
        "transcription": True,
        "transcription_config": {"transcription_engine": "A"},
    }
    telnyx.when("call.initiated", telnyx.does(("answer", body)))
    telnyx.when("call.answered", telnyx.does(speak("Well?")))
    telnyx.when("call.transcription", telnyx.does(HANG_UP))

    call = over(telnyx.dial_in(ScriptedFarEnd([Says("Yes")])))

    assert [report.url for report in call.reports[:2]] == [f"{telnyx.gateway.url}/events", own]
    assert understood(call) == [("Yes", True)]


def test_nothing_but_an_answer_is_possible_before_the_answer(telnyx: TelnyxStage) -> None:
    inbound = telnyx.dial_in()
    outbound = telnyx.call(ScriptedFarEnd(ringing=NeverPicksUp()))

    for call in (inbound, outbound):
        name, body = speak("Hello")
        assert code(telnyx.command(call.sid, name, **body)) == (422, "90034")
    assert code(telnyx.command(inbound.sid, "hangup")) == (422, "90034")
    assert code(telnyx.command(outbound.sid, "answer")) == (422, "90034")
    assert "not been answered yet" in inbound.alerts[0]
    assert telnyx.command(inbound.sid, "client_state_update", client_state="YQ==").ok


def test_a_call_cannot_be_answered_twice(telnyx: TelnyxStage) -> None:
    call = telnyx.dial_in()
    assert telnyx.command(call.sid, "answer").ok
    telnyx.wait_for(call, "call.answered")

    assert code(telnyx.command(call.sid, "answer")) == (422, "10015")
    assert code(telnyx.command(call.sid, "reject", cause="USER_BUSY")) == (422, "10015")


def test_a_call_that_is_over_takes_no_commands(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(HANG_UP))
    call = over(telnyx.call())

    for name, body in (HANG_UP, ANSWER, speak("Hello")):
        assert code(telnyx.command(call.sid, name, **body)) == (422, "90018")


def test_a_polite_person_has_a_conversation(telnyx: TelnyxStage) -> None:
    telnyx.when("call.answered", telnyx.does(LISTEN, speak("Hello! Who is there?")))
    telnyx.when(
        "call.transcription",
        telnyx.does(speak("Do you like tea?")),
        telnyx.does(speak("Fine.")),
        telnyx.does(speak("Goodbye.")),
    )

    call = over(telnyx.call(PolitePerson()))

    assert [text for text, _ in understood(call)] == [
        "I am a simulated person.",
        "Yes, please.",
        "Thank you, that is all I wanted to know. Goodbye!",
    ]
    assert payloads(call, "call.hangup")[0]["hangup_source"] == "callee"
    assert len(heard(call)) == 4


def test_keys_can_be_sent_as_soon_as_a_call_is_answered(telnyx: TelnyxStage) -> None:
    far_end = ScriptedFarEnd([HangsUp(when="12")], ringing=PicksUp(1))

    call = over(telnyx.call(far_end, send_digits_on_answer="1w2"))

    assert heard(call) == ["12"]
