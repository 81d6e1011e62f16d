import pytest

from chalicelib.agents.acts import TOOLS
from chalicelib.agents.prompt import Turn, system_prompt, turns
from chalicelib.calls.call import Call, Direction
from chalicelib.calls.terms import AgentSettings
from chalicelib.calls.transcript import Conversation, Kind, Line, Speaker
from tests.builders import a_call, a_line


def told(*lines: Line) -> list[Turn]:
    return turns(Conversation(a_call(), lines))


def bot(text: str, kind: Kind = Kind.SPEECH) -> Line:
    return a_line(text, speaker=Speaker.BOT, kind=kind)


def ours(text: str) -> Turn:
    return Turn(is_ours=True, text=text)


def theirs(text: str) -> Turn:
    return Turn(is_ours=False, text=text)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (a_call(), "You are +15551234567, and you have called +15559876543."),
        (
            a_call(
                direction=Direction.INBOUND, from_number="15559876543", to_number="+15551234567"
            ),
            "You are +15551234567, and +15559876543 has called you.",
        ),
        (
            a_call(direction=Direction.INBOUND, from_number="anonymous", to_number="+15551234567"),
            "You are +15551234567, and a withheld number has called you.",
        ),
    ],
)
def test_a_model_knows_who_it_is_and_whom_it_talks_to(call: Call, sentence: str) -> None:
    assert sentence in system_prompt(call, "", has_tools=True)


def test_a_model_knows_the_day_and_the_language() -> None:
    prompt = system_prompt(a_call(language="de-AT"), "", has_tools=True)

    assert "It is Monday, 2 March 2026, 12:00 in UTC. Speak the language de-AT." in prompt


def test_the_owners_wishes_come_last() -> None:
    assert system_prompt(a_call(), " Be kind.\n", has_tools=True).endswith("\n\nBe kind.")
    assert not system_prompt(a_call(), "  ", has_tools=True).endswith("\n")


def test_acts_are_described_only_to_a_model_that_has_no_tools() -> None:
    call = a_call(agent=AgentSettings(transfer_to=("+15550009999", "+15550008888")))
    written = system_prompt(call, "", has_tools=False)
    with_tools = system_prompt(call, "", has_tools=True)

    assert [name for name in TOOLS if f"- {name}: " in written] == list(TOOLS)
    assert [name for name in TOOLS if name in with_tools] == ["end_call"]
    assert '"digits" (how many keys at most), "finish_key" if you like (the key' in written
    assert '"to" (the number of the person: +15550009999 or +15550008888)' in written


def test_who_is_named_nobody_is_not_told_of_handing_calls_over() -> None:
    assert "transfer_call" not in system_prompt(a_call(), "", has_tools=False)


def test_lines_of_one_side_are_one_message() -> None:
    assert told(a_line("One."), a_line("Two."), bot("Yes."), bot("Well."), a_line("Three.")) == [
        theirs("One.\nTwo."),
        ours("Yes.\nWell."),
        theirs("Three."),
    ]


def test_keys_are_shown_as_keys() -> None:
    assert told(a_line("1#", kind=Kind.DTMF), bot("5w", Kind.DTMF), a_line("Hm.")) == [
        theirs("[keys pressed: 1 #]"),
        ours("[keys pressed: 5 w]"),
        theirs("Hm."),
    ]


def test_the_other_side_has_the_first_word_and_the_last() -> None:
    assert told(bot("Hello.")) == [theirs("[on the line]"), ours("Hello."), theirs("[waiting]")]
    assert told() == [theirs("[on the line]")]


def test_a_line_in_which_nothing_is_said_is_not_told() -> None:
    assert told(a_line("Hello."), bot("  "), a_line("You there?")) == [theirs("Hello.\nYou there?")]
