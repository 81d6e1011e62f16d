import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.agents.offline import OfflineAgent
from chalicelib.calls.call import Call, Direction
from chalicelib.calls.replies import EndCall, Speak
from chalicelib.calls.transcript import Conversation, Kind, Line, Speaker
from tests.builders import NOON, Said, a_call, a_line, said

REMINDER = "This is a reminder of your appointment tomorrow at 3 PM. Can you confirm?"
GREETING = "Hello! How can I help?"
CONFIRMED = "Thank you, that is confirmed. Is there anything else?"
WHICH_DAY = "All right. Which day would suit you?"
GOODBYE = said("Thank you. Goodbye.", end_call=True)


def outbound(opening: str = REMINDER) -> Call:
    return a_call(opening=opening, opened_at=NOON)


def inbound(opening: str = GREETING) -> Call:
    return a_call(opening=opening, opened_at=NOON, direction=Direction.INBOUND)


def keyed(keys: str) -> Line:
    return a_line(keys, kind=Kind.DTMF)


def bot(text: str, kind: Kind = Kind.SPEECH) -> Line:
    return a_line(text, speaker=Speaker.BOT, kind=kind)


def answer(conversation: Conversation) -> Said:
    return tuple(OfflineAgent().reply(conversation))


def text(reply: Said) -> str:
    (spoken,) = (piece.text for piece in reply if isinstance(piece, Speak))
    return spoken


def replies(call: Call, *turns: str | Line) -> list[Said]:
    lines: list[Line] = []
    spoken: list[Said] = []
    for turn in turns:
        lines.append(a_line(turn) if isinstance(turn, str) else turn)
        reply = answer(Conversation.of(call, lines))
        lines.append(a_line(text(reply), speaker=Speaker.BOT, ends_call=EndCall() in reply))
        spoken.append(reply)
    return spoken


def words(call: Call, *turns: str | Line) -> list[str]:
    return [text(reply) for reply in replies(call, *turns)]


def test_an_appointment_is_confirmed_and_the_call_ends_on_no() -> None:
    assert replies(outbound(), "Yes.", "No, thanks.") == [said(CONFIRMED), GOODBYE]


def test_an_appointment_is_moved_step_by_step() -> None:
    assert replies(outbound(), "Can we move it?", "Friday.", "3 p.m.", "Yes.", "That's all.") == [
        said(WHICH_DAY),
        said("Friday, all right. What time would suit you?"),
        said("So that is Friday at 3 PM. Is that right?"),
        said("Done, I have noted Friday at 3 PM. Is there anything else?"),
        GOODBYE,
    ]


def test_a_caller_books_with_day_and_time_in_one_breath() -> None:
    assert words(inbound(), "I would like a table.", "Tomorrow at 7pm", "Right.", "Bye!") == [
        WHICH_DAY,
        "So that is tomorrow at 7 PM. Is that right?",
        "Done, I have noted tomorrow at 7 PM. Is there anything else?",
        "Thank you. Goodbye.",
    ]


def test_a_wish_is_corrected_before_it_is_noted() -> None:
    turns = ("Another day, please.", "Monday at 10:30 a.m.", "No, Tuesday.", "No, at four.", "Ok.")

    assert words(outbound(), *turns) == [
        WHICH_DAY,
        "So that is Monday at 10:30 AM. Is that right?",
        "So that is Tuesday at 10:30 AM. Is that right?",
        "So that is Tuesday at four. Is that right?",
        "Done, I have noted Tuesday at four. Is there anything else?",
    ]


def test_a_wish_is_thrown_away_when_it_was_heard_wrongly() -> None:
    assert words(outbound(), "Reschedule.", "Friday at noon", "No.", "Friday", "a different time")[
        2:
    ] == [
        WHICH_DAY,
        "Friday, all right. What time would suit you?",
        "Friday, all right. What time would suit you?",
    ]


def test_a_day_that_does_not_work_is_not_taken_for_a_wish() -> None:
    turns = (
        "I can't make it tomorrow.",
        "Not on Monday.",
        "I can't on Friday, but Saturday works.",
    )

    assert words(outbound(), *turns) == [
        WHICH_DAY,
        WHICH_DAY,
        "Saturday, all right. What time would suit you?",
    ]


def test_no_while_moving_leaves_everything_as_it_is() -> None:
    stays = "All right, then everything stays as it is. Is there anything else?"

    assert words(outbound(), "Move it.", "No.") == [WHICH_DAY, stays]
    assert words(outbound(), "Move it.", "Friday", "No, never mind.")[-1] == stays


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("the fifth of June at half past two", "the fifth of June at half past two"),
        ("next Friday morning", "next Friday in the morning"),
        ("March 3rd, in the evening", "March 3rd in the evening"),
        ("the 21st at quarter to four", "the 21st at quarter to four"),
        ("the day after tomorrow, 15:30", "the day after tomorrow at 15:30"),
        ("today at 9 o\u2019clock", "today at 9 o'clock"),
        ("Wednesday, midday", "Wednesday at midday"),
    ],
)
def test_a_day_and_a_time_are_repeated_as_they_were_said(said: str, wish: str) -> None:
    assert words(outbound(), "Another day.", said)[-1] == f"So that is {wish}. Is that right?"


@pytest.mark.parametrize("said", ["3", "nine thirty", "half past nine", "10 past 4", "7 pm"])
def test_a_bare_hour_is_a_time_once_we_asked_for_one(said: str) -> None:
    said_again = said.upper() if said.endswith("pm") else said

    assert words(outbound(), "Another day.", "Friday", said)[-1] == (
        f"So that is Friday at {said_again}. Is that right?"
    )


@pytest.mark.parametrize("said", ["yes tomorrow is fine", "Yes, I confirm.", "No problem!"])
def test_agreeing_to_the_day_of_the_message_confirms_it(said: str) -> None:
    assert words(outbound(), said) == [CONFIRMED]


@pytest.mark.parametrize("said", ["yes, but Friday is better", "yes Friday works", "Friday?"])
def test_another_day_than_that_of_the_message_is_a_wish(said: str) -> None:
    assert words(outbound(), said) == ["Friday, all right. What time would suit you?"]


def test_yes_and_goodbye_in_one_breath_settles_and_ends() -> None:
    moved = ("Another day.", "Friday at noon", "Yes, bye.")

    assert replies(outbound(), "Yes, goodbye.") == [
        said("Thank you, that is confirmed. Goodbye.", end_call=True)
    ]
    assert replies(outbound(), *moved)[-1] == said(
        "Done, I have noted Friday at noon. Goodbye.", end_call=True
    )


@pytest.mark.parametrize("said", ["Pardon?", "Say again, please.", "Sorry?", "I didn't catch that"])
def test_the_last_words_are_repeated_as_often_as_one_likes(said: str) -> None:
    assert words(outbound(), said, "Yes", said, said) == [
        REMINDER,
        CONFIRMED,
        CONFIRMED,
        CONFIRMED,
    ]


def test_what_somebody_else_put_in_is_repeated_too_but_keys_are_not() -> None:
    lines = [bot("Please bring your card."), bot("123", Kind.DTMF), a_line("Pardon?")]

    reply = answer(Conversation.of(outbound(), lines))

    assert reply == said("Please bring your card.")


@pytest.mark.parametrize(
    "said", ["Are you a robot?", "Am I talking to a real person?", "Is this an AI?", "Who is this?"]
)
def test_it_says_that_it_is_a_robot_and_goes_on(said: str) -> None:
    robot = "I am a robot: a small computer program with a few fixed rules, not a human being."

    assert words(outbound(), said) == [f"{robot} My message is this: {REMINDER}"]
    assert words(outbound(), "Move it.", said)[-1] == f"{robot} Which day would suit you?"


def test_it_promises_no_human_being() -> None:
    nobody = "I am a computer program, and there is nobody whom I could put you through to."

    assert (
        words(outbound(), "Move it.", "Can I talk to a person?")[-1]
        == f"{nobody} Which day would suit you?"
    )


def test_keys_confirm() -> None:
    assert replies(outbound(), keyed("1"), keyed("2")) == [said(CONFIRMED), GOODBYE]


def test_keys_and_words_move_an_appointment_together() -> None:
    turns = (keyed("2"), "Friday", "at noon", keyed("2"), "Sunday at noon", keyed("1"))

    assert words(outbound(), *turns) == [
        WHICH_DAY,
        "Friday, all right. What time would suit you?",
        "So that is Friday at noon. Is that right?",
        WHICH_DAY,
        "So that is Sunday at noon. Is that right?",
        "Done, I have noted Sunday at noon. Is there anything else?",
    ]


@pytest.mark.parametrize(
    ("keys", "heard"),
    [("5", "key 5"), ("#", "key pound"), ("12", "keys 1 and 2"), ("4*7", "keys 4, star and 7")],
)
def test_other_keys_are_named(keys: str, heard: str) -> None:
    assert words(outbound(), keyed(keys)) == [f"I heard the {heard}. Press 1 for yes, or 2 for no."]


def test_a_message_that_is_about_no_date_takes_yes_and_no_for_what_they_are() -> None:
    noted = "Thank you, I have noted your yes. Is there anything else?"

    assert words(outbound("Your parcel is at the gate."), "Yes.") == [noted]
    assert replies(outbound("Your parcel is at the gate."), "No.") == [GOODBYE]


def test_what_it_does_not_understand_it_does_not_pretend_to() -> None:
    lost = "I am sorry, I am a simple program and cannot answer that."

    assert words(outbound(), "Bananas.", "Move it.", "Bananas.") == [
        f"{lost} My message is this: {REMINDER}",
        WHICH_DAY,
        f"{lost} Which day would suit you?",
    ]
    assert words(inbound(), "How old are you?")[0].startswith(lost)


def test_questions_are_answered_with_the_message_and_nothing_more() -> None:
    assert words(outbound(), "When is it?", "Move it.", "What is it about?") == [
        f"I am a simple program, and know no more than I was told. My message is this: {REMINDER}",
        WHICH_DAY,
        f"All that I know is this: {REMINDER} Which day would suit you?",
    ]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("Hello?", "Yes, I am here. Which day would suit you?"),
        ("One moment, please.", "Take your time. Which day would suit you?"),
        ("Thank you.", "You are welcome. Which day would suit you?"),
        ("Yes.", "Gladly. Which day would suit you?"),
        ("Just confirm it.", CONFIRMED),
        (
            "Cancel it.",
            "I cannot cancel it, but I have noted that you want to. Is there anything else?",
        ),
    ],
)
def test_it_stays_with_its_question_whatever_comes_between(said: str, answer: str) -> None:
    assert words(outbound(), "Another day.", said)[-1] == answer


def test_after_all_is_said_thanks_end_the_call_and_yes_opens_it_again() -> None:
    can = "I can confirm an appointment, or note another day for it. What would you like?"

    assert replies(outbound(), "Yes", "Thank you very much.")[-1] == GOODBYE
    assert words(outbound(), "Yes", "Yes")[-1] == f"All right. {can}"


def test_confirming_what_was_just_repeated_notes_it() -> None:
    turns = ("Another day.", "Friday at noon", "I confirm.")

    assert words(outbound(), *turns)[-1] == (
        "Done, I have noted Friday at noon. Is there anything else?"
    )


def test_a_call_without_first_words_is_asked_what_it_wants() -> None:
    can = "I can confirm an appointment, or note another day for it. What would you like?"

    assert answer(Conversation.of(inbound(""), [])) == said(can)
    assert words(outbound(""), "Hello?") == [f"Yes, I am here. {can}"]


def test_what_is_said_in_several_breaths_is_answered_once() -> None:
    lines = [a_line("Yes."), a_line("Yes, that's fine.")]
    moved = [a_line("Can we move it?"), a_line("To Friday."), a_line("At noon.")]

    assert answer(Conversation.of(outbound(), lines)) == said(CONFIRMED)
    assert answer(Conversation.of(outbound(), moved)) == said(
        "So that is Friday at noon. Is that right?"
    )


def test_a_filler_after_the_last_line_changes_nothing() -> None:
    lines = [a_line("Another day."), bot("One moment, please.")]

    reply = answer(Conversation.of(outbound(), lines))

    assert reply == said(WHICH_DAY)


@settings(deadline=None, derandomize=True)
@given(
    lines=st.lists(
        st.one_of(
            st.builds(a_line, st.text(max_size=60)),
            st.builds(keyed, st.text("0123456789*#", max_size=4)),
            st.sampled_from([a_line("yes"), a_line("no"), a_line("Friday"), a_line("at 3")]),
        ),
        max_size=6,
    ),
    call=st.sampled_from([outbound(), inbound(), outbound("")]),
)
def test_whatever_is_said_the_same_conversation_has_the_same_plain_reply(
    lines: list[Line], call: Call
) -> None:
    conversation = Conversation.of(call, lines)

    first, second = answer(conversation), answer(conversation)

    assert first == second
    assert text(first).strip()
