import pytest

from moltis.carriers.clock import Clock
from moltis.carriers.far_end import FarEnd, PolitePerson, ScriptedFarEnd
from moltis.carriers.line import (
    HangsUp,
    Line,
    PicksUp,
    Presses,
    Refusal,
    Refuses,
    Says,
    Side,
    Sound,
    StaysSilent,
)
from moltis.carriers.network import ANY_NUMBER, Network, OwnedNumber, UnknownNumberError
from tests.carriers.gateway import response
from tests.carriers.stage import THEIRS, Stage, gather, heard, over, understood


def connected(far_end: FarEnd) -> Line:
    line = Line(Clock(speed=100), far_end)
    far_end.connected()
    return line


def test_steps_are_done_one_at_each_turn() -> None:
    far_end = ScriptedFarEnd([Says("one"), StaysSilent(), Presses("2")])
    line = connected(far_end)

    acts = []
    for _ in range(4):
        far_end.gets_turn()
        acts.append(line.wait(1))

    assert acts == [Says("one"), None, Presses("2"), None]
    assert far_end.steps_left == ()


def test_a_step_can_wait_for_certain_words() -> None:
    far_end = ScriptedFarEnd([Says("Ann", when="your name")])
    line = connected(far_end)

    far_end.hears(Sound.SPEECH, "How are you?", 1)
    far_end.gets_turn()
    early = line.wait(1)
    far_end.hears(Sound.SPEECH, "And what is Your Name?", 1)
    far_end.gets_turn()

    assert (early, line.wait(1)) == (None, Says("Ann", when="your name"))


def test_an_interrupting_step_comes_in_the_middle_of_the_words_and_not_in_a_turn() -> None:
    step = HangsUp(when="offer", interrupting=2)
    far_end = ScriptedFarEnd([step])
    line = connected(far_end)

    far_end.gets_turn()
    assert line.wait(1) is None
    far_end.hears(Sound.SPEECH, "Here is an offer", 10)

    assert (line.wait(1), line.wait(2)) == (None, step)


def test_who_is_about_to_speak_listens_first_when_the_other_begins() -> None:
    far_end = ScriptedFarEnd([Says("Hello", after=1)])
    line = connected(far_end)

    far_end.gets_turn()
    far_end.hears(Sound.SPEECH, "One more thing", 5)
    assert line.wait(2) is None
    assert far_end.steps_left == (Says("Hello", after=1),)

    far_end.gets_turn()
    assert line.wait(2) == Says("Hello", after=1)


@pytest.mark.parametrize("ringing", [PicksUp(2), Refuses(Refusal.BUSY, after=2)])
def test_the_telephone_is_picked_up_or_not_in_its_time(ringing: PicksUp | Refuses) -> None:
    far_end = ScriptedFarEnd(ringing=ringing)
    line = Line(Clock(speed=100), far_end)

    far_end.rings("+15551234567", THEIRS)

    assert (line.wait(1), line.wait(2)) == (None, ringing)


def test_a_far_end_remembers_all_it_heard_with_times(stage: Stage) -> None:
    stage.gateway.on(
        "/answer",
        response("<Say>One</Say>", "<Pause/>", '<Play digits="5"/>', "<Say>Two</Say>", "<Hangup/>"),
    )

    far_end = over(stage.call()).far_end

    assert [(m.sound, m.text) for m in far_end.heard] == [
        (Sound.SPEECH, "One"),
        (Sound.SILENCE, ""),
        (Sound.KEYS, "5"),
        (Sound.SPEECH, "Two"),
    ]
    assert all(moment.whole and moment.side is Side.AGENT for moment in far_end.heard)
    times = [moment.at for moment in far_end.heard]
    assert times == sorted(times)
    assert times[2] - times[1] >= 1
    assert far_end.words == ("One", "Two")


def test_a_far_end_outside_a_call_has_heard_nothing() -> None:
    far_end = ScriptedFarEnd()

    assert (far_end.heard, far_end.words) == ((), ())
    with pytest.raises(RuntimeError):
        _ = far_end.line


def test_an_unattended_number_is_answered_by_a_polite_person(stage: Stage) -> None:
    url = f"{stage.gateway.url}/answer"
    stage.gateway.on(
        "/answer",
        response(gather(url, "<Say>Hello! Who is there?</Say>", speechTimeout="auto")),
        response(gather(url, "<Say>Do you like tea?</Say>", speechTimeout="auto")),
        response(gather(url, "<Say>Fine.</Say>", speechTimeout="auto")),
    )

    created = stage.create().json()
    call = over(stage.carriers.call(created["sid"]))

    assert understood(call) == [
        ("I am a simulated person.", True),
        ("Yes, please.", True),
        ("Thank you, that is all I wanted to know. Goodbye!", True),
    ]
    assert call.status == "completed"
    assert len(heard(call)) == 4
    assert call.duration_secs > 5


def test_the_nearest_far_end_answers() -> None:
    exact, anybody = ScriptedFarEnd(), ScriptedFarEnd()
    network = Network()
    assert isinstance(network.far_end(THEIRS), PolitePerson)

    network.attach(ANY_NUMBER, lambda: anybody)
    network.attach(THEIRS, lambda: exact)
    assert (network.far_end(THEIRS), network.far_end("+1555")) == (exact, anybody)

    network.attach(THEIRS, lambda: None)
    assert network.far_end(THEIRS) is anybody
    network.detach(THEIRS, lambda: None)
    network.detach(ANY_NUMBER)
    network.attach(THEIRS, lambda: exact)
    network.detach(THEIRS)
    assert isinstance(network.far_end(THEIRS), PolitePerson)


def test_only_our_numbers_can_be_called_from_outside() -> None:
    network = Network()
    for carrier in ("twilio", "telnyx"):
        network.own(
            OwnedNumber(
                carrier=carrier, account_id=carrier, number="+15551234567", voice_url="http://x/"
            )
        )

    assert network.owned("+15551234567").carrier == "twilio"
    assert network.owned("+15551234567", "telnyx").carrier == "telnyx"
    with pytest.raises(UnknownNumberError, match="known: "):
        network.owned("+15550000000")


def test_credentials_of_a_number_are_not_printed() -> None:
    owned = OwnedNumber(
        carrier="twilio",
        account_id="twilio",
        number="+15551234567",
        voice_url="http://x/",
        credentials={"auth_token": "secret"},
    )

    assert "secret" not in repr(owned)


def test_a_clock_runs_as_fast_as_it_is_told() -> None:
    clock = Clock(speed=100)
    before = clock.now()
    clock.sleep(2)

    assert 2 <= clock.now() - before < 50
    with pytest.raises(ValueError, match="above zero"):
        Clock(speed=0)
