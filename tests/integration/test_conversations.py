"""Whole calls over HTTP, with signed webhooks, against the simulated carrier."""

from collections.abc import Iterator

import pytest

from chalicelib import wiring
from chalicelib.providers import registry
from moltis.carriers.line import (
    HangsUp,
    NeverPicksUp,
    Presses,
    Refusal,
    Refuses,
    Says,
    Sound,
    StaysSilent,
)
from tests.phone import (
    CALLER,
    GREETING,
    STRANGER,
    Phone,
    a_phone,
    audible,
    words,
)

OPENING = "You have an appointment on Tuesday at ten. Can you confirm it?"
OWN_CODES = {"twilio": "failed", "plivo": "3050", "telnyx": "not_found"}
"""What each carrier says of a number that does not exist."""


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(request.param) as running:
        yield running


def test_an_outbound_conversation_of_several_turns_is_written_down_as_it_was_heard(
    phone: Phone,
) -> None:
    to = phone.far_end(
        Says("Can we move it to another day?"),
        Says("Thursday, please."),
        Says("At three o'clock."),
        Says("Yes."),
        Says("No, thank you. Goodbye!"),
    )

    call = phone.over(phone.initiate(to, OPENING))

    assert call["end_reason"] in {"hangup_bot", "hangup_user"}
    assert words(call)[0] == ("bot", OPENING)
    assert sum(speaker == "user" for speaker, _ in words(call)) == 5
    assert words(call) == audible(phone, call)
    assert phone.at_carrier(call).alerts == []


def test_a_notify_call_is_heard_to_its_last_word_and_then_hung_up(phone: Phone) -> None:
    to = phone.far_end()

    call = phone.over(phone.initiate(to, "Your table is ready.", mode="notify"))

    heard = phone.at_carrier(call).heard
    assert [(moment.text, moment.whole) for moment in heard if moment.text] == [
        ("Your table is ready.", True)
    ]
    assert call["end_reason"] == "completed"
    assert words(call) == [("bot", "Your table is ready.")]


def test_an_allowed_caller_is_greeted_and_answered(phone: Phone) -> None:
    call = phone.over(phone.dial_in(CALLER, Says("Hello there."), Says("Goodbye!")))

    assert call["direction"] == "inbound"
    assert call["from"] == CALLER
    assert words(call)[0] == ("bot", GREETING)
    assert words(call) == audible(phone, call)


def test_a_stranger_is_refused_without_being_answered_and_remembered(phone: Phone) -> None:
    call = phone.over(phone.dial_in(STRANGER))

    assert (call["state"], call["error"]["code"]) == ("error", "refused_by_policy")
    assert call["answered_at"] is None
    assert phone.at_carrier(call).answered_at is None


def test_an_anonymous_caller_never_passes_the_allowlist(phone: Phone) -> None:
    call = phone.over(phone.dial_in("anonymous"))

    assert call["error"]["code"] == "refused_by_policy"


def test_silence_is_asked_about_twice_and_then_comes_a_goodbye(phone: Phone) -> None:
    to = phone.far_end()

    call = phone.over(phone.initiate(to, OPENING))

    said = [text for _, text in words(call)]
    assert said == [
        OPENING,
        "Are you still there?",
        "I did not hear anything. Please say something, or press a key.",
        "I cannot hear you, so I will hang up now. Goodbye.",
    ]
    assert call["end_reason"] == "hangup_bot"
    assert phone.at_carrier(call).alerts == []


def test_somebody_who_speaks_after_a_silence_is_answered(phone: Phone) -> None:
    to = phone.far_end(StaysSilent(), Says("Yes, here I am."), Says("Goodbye!"))

    call = phone.over(phone.initiate(to, OPENING))

    assert ("user", "Yes, here I am.") in words(call)
    assert words(call) == audible(phone, call)


def test_keys_of_the_far_end_reach_the_agent_and_the_transcript(phone: Phone) -> None:
    to = phone.far_end(Presses("1"), Says("Goodbye!"))

    call = phone.over(phone.initiate(to, OPENING))

    assert call["transcript"][1] | {"at": ""} == {
        "speaker": "user",
        "text": "1",
        "kind": "dtmf",
        "at": "",
    }
    assert call["transcript"][2]["speaker"] == "bot"


def test_keys_that_we_send_are_heard_and_the_conversation_goes_on(phone: Phone) -> None:
    to = phone.far_end(Says("Please dial."), Says("I heard your keys. Goodbye!", when="42#"))
    call_id = phone.initiate(to, OPENING)
    phone.until(call_id, lambda call: len(call["transcript"]) >= 3)

    sent = phone.rpc.ask("voicecall.dtmf", call_id=call_id, digits="42#")

    call = phone.over(call_id)
    keys = [moment.text for moment in phone.at_carrier(call).heard if moment.sound is Sound.KEYS]
    assert sent["call_id"] == call_id
    assert keys == ["42#"]
    assert ("bot", "42#") in words(call)
    assert ("user", "I heard your keys. Goodbye!") in words(call)


def test_words_from_outside_are_spoken_and_the_conversation_goes_on(phone: Phone) -> None:
    to = phone.far_end(Says("Who is it?"), Says("Thank you. Goodbye!", when="One more thing."))
    call_id = phone.initiate(to, OPENING)
    phone.until(call_id, lambda call: len(call["transcript"]) >= 3)

    phone.rpc.ask("voicecall.speak", call_id=call_id, message="One more thing.")

    call = phone.over(call_id)
    assert ("bot", "One more thing.") in words(call)
    assert ("user", "Thank you. Goodbye!") in words(call)


def test_a_far_end_that_hangs_up_ends_the_call(phone: Phone) -> None:
    to = phone.far_end(Says("No."), HangsUp())

    call = phone.over(phone.initiate(to, OPENING))

    assert (call["state"], call["end_reason"]) == ("hangup_user", "hangup_user")


def test_we_can_hang_up_and_hanging_up_again_is_harmless(phone: Phone) -> None:
    to = phone.far_end(*(Says(f"And {n}.") for n in range(100)))
    call_id = phone.initiate(to, OPENING)
    phone.until(call_id, lambda call: call["state"] in {"listening", "active"})

    phone.rpc.ask("voicecall.end", call_id=call_id)

    call = phone.over(call_id)
    again = phone.rpc.ask("voicecall.end", call_id=call_id)
    assert call["end_reason"] == "hangup_bot"
    assert again == call


def test_a_call_can_be_ended_while_it_rings(phone: Phone) -> None:
    to = phone.far_end(ringing=Refuses(after=1000))
    call_id = phone.initiate(to, OPENING)

    phone.rpc.ask("voicecall.end", call_id=call_id)

    assert phone.over(call_id)["end_reason"] == "hangup_bot"


def test_a_busy_line_a_refusal_and_a_dead_number_have_their_own_ends(phone: Phone) -> None:
    busy = phone.initiate(phone.far_end(ringing=Refuses(Refusal.BUSY)))
    failed = phone.initiate(phone.far_end(ringing=Refuses(Refusal.FAILED)))

    assert phone.over(busy)["end_reason"] == "busy"
    dead = phone.over(failed)
    assert (dead["end_reason"], dead["error"]["code"]) == ("error", OWN_CODES[phone.account])


def test_a_telephone_that_nobody_picks_up_stops_ringing(phone: Phone) -> None:
    call = phone.over(phone.initiate(phone.far_end(ringing=NeverPicksUp())))

    assert (call["end_reason"], call["answered_at"]) == ("no_answer", None)


def test_a_call_that_somebody_else_cancels_is_said_to_be_canceled(phone: Phone) -> None:
    call_id = phone.initiate(phone.far_end(ringing=Refuses(after=1000)))
    call = phone.until(call_id, lambda call: call["provider_call_id"] is not None)

    # As its owner may do it in the carrier's own console.
    wiring.exchange(phone.account).provider.hang_up(call["provider_call_id"])

    ended = phone.over(call_id)
    assert (ended["end_reason"], ended["error"]["code"]) == ("error", "canceled")


def test_somebody_who_interrupts_is_heard_and_answered(phone: Phone) -> None:
    to = phone.far_end(
        Says("Stop, stop.", when="appointment", interrupting=1.0), Says("Goodbye!", after=2.0)
    )

    long = " ".join([OPENING] * 8)

    call = phone.over(phone.initiate(to, long))

    opening = phone.at_carrier(call).heard[0]
    assert (opening.text, opening.whole) == (long, False)
    assert ("user", "Stop, stop.") in words(call)
    assert words(call) == audible(phone, call)
