from dataclasses import replace
from threading import Event

import pytest

from chalicelib.actions.spoken import ENGLISH
from chalicelib.calls.call import State
from chalicelib.calls.replies import AskKeys, EndCall, SendKeys, Speak, StaySilent, Transfer
from chalicelib.calls.transcript import Kind
from chalicelib.calls.verbs import Say, SendDigits
from chalicelib.errors import AgentError, ProviderUnavailableError
from chalicelib.timers.base import TimerKind
from tests.builders import said
from tests.fake_carriers import Slowly
from tests.worlds import CALL, LEG, PATIENT, World, until


def test_the_first_sentence_is_spoken_before_the_second_comes_to_mind() -> None:
    second = Event()
    world = World.of(Slowly(Speak("Let me look."), second, Speak("On Friday.")), account=PATIENT)
    world.greet()

    answering = world.begin(world.says("When?"))
    until(lambda: "turn-2" in world.provider.marks)
    before = list(world.provider.marks)
    second.set()
    answering.join(timeout=5)

    assert before == ["opening", "turn-2"]
    assert world.provider.verbs("turn-2") == (Say(text="Let me look."),)
    assert world.provider.verbs("turn-2-2") == (Say(text="On Friday."),)


def test_a_reply_in_parts_is_one_line_of_the_transcript() -> None:
    second = Event()
    world = World.of(Slowly(Speak("Let me look."), second, Speak("On Friday.")), account=PATIENT)
    world.greet()

    answering = world.begin(world.says("When?"))
    until(lambda: "turn-2" in world.provider.marks)
    second.set()
    answering.join(timeout=5)

    assert world.said == [CALL.opening, "Let me look. On Friday."]


def test_we_listen_only_when_all_parts_were_spoken() -> None:
    second = Event()
    world = World.of(Slowly(Speak("Let me look."), second, Speak("On Friday.")), account=PATIENT)
    world.greet()
    answering = world.begin(world.says("When?"))
    until(lambda: "turn-2" in world.provider.marks)

    world.ends()
    after_the_first = world.call.state
    second.set()
    answering.join(timeout=5)
    world.ends()

    assert (after_the_first, world.call.state) == (State.SPEAKING, State.LISTENING)


def test_who_speaks_between_two_parts_is_answered_and_the_rest_is_dropped() -> None:
    second = Event()
    world = World.of(
        Slowly(Speak("Let me look."), second, Speak("On Friday.")),
        said("Never mind, then."),
        account=PATIENT,
    )
    world.greet()
    answering = world.begin(world.says("When?"))
    until(lambda: "turn-2" in world.provider.marks)

    world.take(world.says("Never mind."))
    second.set()
    answering.join(timeout=5)

    assert world.provider.marks == ["opening", "turn-2", "stop-2", "turn-3"]
    assert world.said == [CALL.opening, "Let me look.", "Never mind, then."]
    assert world.agent.told == [["When?"], ["When?", "Never mind."]]


def test_an_agent_that_fails_in_the_middle_has_said_what_it_said() -> None:
    world = World.of(Slowly(Speak("Let me look."), AgentError("no")), account=PATIENT)
    world.greet()

    world.take(world.says("When?"))
    world.ends()
    world.ends()

    assert world.said == [CALL.opening, f"Let me look. {ENGLISH.apology}"]
    assert len(world.agent.told) == 1
    assert world.call.state is State.LISTENING


def test_who_has_nothing_to_say_listens_on() -> None:
    world = World.of((StaySilent(),))
    world.greet()

    world.take(world.says("Hm."))

    assert world.provider.marks == ["opening"]
    assert (world.call.state, world.call.turn) == (State.LISTENING, 2)
    assert [timer.mark for timer in world.timers.of(CALL.call_id)] == ["1-0-0", "2-1-0"]
    assert [line.text for line in world.conversation.lines] == [CALL.opening, "Hm."]


def test_an_end_without_a_word_is_an_end() -> None:
    world = World.of((EndCall(),))
    world.greet()

    world.take(world.says("Bye."))

    assert world.provider.hung_up == [LEG]


def test_keys_are_pressed_once_the_words_before_them_were_spoken() -> None:
    world = World.of((Speak("I dial now."), SendKeys("1w2#")))
    world.greet()
    world.take(world.says("Go on."))
    before = list(world.provider.marks)

    world.ends("end-1")
    world.ends("end-1")

    assert (before, world.provider.marks) == (
        ["opening", "turn-2"],
        ["opening", "turn-2", "keys-2"],
    )
    assert world.provider.verbs("keys-2") == (SendDigits("1w2#"),)
    told = [(line.text, line.kind) for line in world.conversation.lines[-2:]]
    assert told == [("I dial now.", Kind.SPEECH), ("1w2#", Kind.DTMF)]


@pytest.mark.parametrize("act", [SendKeys("x"), AskKeys(0), AskKeys(2, "ab"), Transfer("+1555")])
def test_an_act_that_cannot_be_done_is_apologised_for(act: SendKeys | AskKeys | Transfer) -> None:
    world = World.of((act,), (act,), account=PATIENT)
    world.greet()

    world.take(world.says("Go on."))

    assert world.said == [CALL.opening, ENGLISH.apology]


@pytest.mark.parametrize("nothing", [(), said(""), said("```\n---\n```")])
def test_an_empty_reply_is_asked_for_again(nothing: tuple[Speak, ...]) -> None:
    world = World.of(nothing, said("On Friday, then."), account=PATIENT)
    world.greet()

    world.take(world.says("Friday?"))

    assert world.said == [CALL.opening, "On Friday, then."]


def test_what_is_no_speech_is_taken_out_of_what_is_said_and_of_the_transcript() -> None:
    world = World.of(said("**On** [Friday](https://a.example/), then. \U0001f389"))
    world.greet()

    world.take(world.says("Friday?"))

    assert world.provider.verbs("turn-2") == (Say(text="On Friday, then."),)
    assert world.said == [CALL.opening, "On Friday, then."]


def test_after_three_turns_in_a_row_without_a_reply_the_call_ends_politely() -> None:
    no = AgentError("no")
    world = World.of(no, no, no, no, no, no, account=PATIENT)
    world.greet()

    for words in ("One.", "Two.", "Three."):
        world.take(world.says(words))
        world.ends()

    assert world.said[1:] == [ENGLISH.apology, ENGLISH.apology, ENGLISH.trouble]
    assert world.provider.hung_up == [LEG]


def test_a_reply_in_between_makes_the_failures_count_anew() -> None:
    no, yes = AgentError("no"), said("Yes.")
    world = World.of(no, no, no, no, yes, no, no, account=PATIENT)
    world.greet()

    for words in ("One.", "Two.", "Three.", "Four."):
        world.take(world.says(words))
        world.ends()

    assert world.said[1:] == [ENGLISH.apology, ENGLISH.apology, "Yes.", ENGLISH.apology]
    assert world.provider.hung_up == []


def test_who_failed_before_it_asked_the_agent_asks_it_when_it_comes_again() -> None:
    world = World.of(said("On Friday, then."), account=PATIENT)
    world.greet()
    heard = world.says("Friday!")
    line = world.line_of(heard)
    world.calls.overhear(
        CALL.call_id, line, delivery=heard.delivery, account=CALL.account, by="request-1"
    )

    world.take(heard, by="request-2")
    by_another = list(world.provider.marks)
    world.take(heard, by="request-1")

    assert (by_another, world.provider.marks) == (["opening"], ["opening", "turn-2"])


def test_who_failed_before_it_spoke_speaks_when_it_comes_again_and_does_not_ask_again() -> None:
    world = World.of(said("On Friday, then."), account=PATIENT)
    world.greet()
    heard = world.says("Friday!")
    world.provider.broken = ProviderUnavailableError("down", provider="telnyx")

    with pytest.raises(ProviderUnavailableError):
        world.take(heard, by="request-1")
    world.provider.broken = None
    world.take(heard, by="request-1")
    world.ends()
    world.take(heard, by="request-1")

    assert world.provider.marks == ["opening", "turn-2"]
    assert world.agent.told == [["Friday!"]]
    assert world.call.state is State.LISTENING


def test_who_failed_between_two_parts_says_the_rest_of_what_is_kept_and_apologises() -> None:
    second = Event()
    world = World.of(Slowly(Speak("Let me look."), second, Speak("On Friday.")), account=PATIENT)
    world.greet()
    heard = world.says("When?")
    answering = world.begin(heard, by="request-1")
    until(lambda: "turn-2" in world.provider.marks)
    world.ends()
    # The process is gone, and with it what it would have said.
    world.take(heard, by="request-1")
    second.set()
    answering.join(timeout=5)
    world.ends()

    assert world.said == [CALL.opening, f"Let me look. {ENGLISH.apology}"]
    assert world.provider.marks == ["opening", "turn-2", "turn-2-2"]
    assert world.call.state is State.LISTENING


def test_who_comes_again_when_more_was_said_does_nothing() -> None:
    world = World.of(said("On Friday, then."), said("Or Monday."), account=PATIENT)
    world.greet()
    heard = world.says("Friday!")
    world.take(heard, by="request-1")
    world.take(world.says("Or Monday?"), by="request-2")
    before = list(world.provider.marks)

    world.take(heard, by="request-1")

    assert world.provider.marks == before


def test_a_silence_after_three_words_is_told_as_such() -> None:
    world = World.of((Speak("Your number, please."), AskKeys(4)))
    world.greet()
    world.take(world.says("Hello."))
    world.ends()

    world.stays_silent("2-1-0")

    assert world.call.act == AskKeys(4)
    assert [timer.kind for timer in world.timers.of(CALL.call_id)] == [TimerKind.SILENCE] * 2


def test_a_longer_answer_keeps_its_place_whatever_is_put_in_between() -> None:
    second = Event()
    world = World.of(Slowly(Speak("Let me look."), second, Speak("On Friday.")), account=PATIENT)
    world.greet()
    answering = world.begin(world.says("When?"))
    until(lambda: "turn-2" in world.provider.marks)
    world.interject("A word from our sponsor.")
    second.set()
    answering.join(timeout=5)

    assert world.said[1:] == ["Let me look.", "A word from our sponsor.", "On Friday."]
    assert replace(world.call, version=0).given == 3
