import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from time import monotonic, sleep
from typing import Any, Final

import pytest

from chalicelib import aws
from chalicelib.agents.acts import TOOLS
from chalicelib.agents.deadline import Punctual
from chalicelib.calls.replies import (
    AskKeys,
    EndCall,
    Piece,
    SendKeys,
    Speak,
    StaySilent,
    Transfer,
)
from chalicelib.calls.terms import AgentKind
from chalicelib.calls.transcript import Conversation, Kind, Line, Speaker
from chalicelib.errors import AgentError
from tests.builders import a_call, a_line
from tests.contract.agents import CASES, WISHES, AgentCase, every_agent
from tests.model_server import (
    CLOSES,
    EMPTY,
    GARBAGE,
    Answers,
    BreaksOff,
    Fails,
    Hangs,
    ModelServer,
    Move,
    Writes,
)

QUESTION: Final = "Do you have 12 rolls for +15551112222?"
OPENING: Final = "Krume, good morning."
Serve = Callable[..., ModelServer]

ACTS: Final[dict[str, tuple[dict[str, Any], list[Piece]]]] = {
    "end_call": ({"say": "Goodbye."}, [Speak("Goodbye."), EndCall()]),
    "send_keys": ({"say": "", "digits": "1ww2#"}, [SendKeys("1ww2#")]),
    "ask_for_keys": (
        {"say": "Your code, please.", "digits": 4, "finish_key": "*"},
        [Speak("Your code, please."), AskKeys(4, "*")],
    ),
    "transfer_call": ({"to": "+1 555 987 6543"}, [Transfer("+15559876543")]),
    "stay_silent": ({}, [StaySilent()]),
}
IMPOSSIBLE: Final = {
    "a tool that there is not": ("fly", {}),
    "keys that are none": ("send_keys", {"digits": "abc"}),
    "no keys at all": ("send_keys", {}),
    "too many keys": ("ask_for_keys", {"say": "Go.", "digits": 99}),
    "half a key": ("ask_for_keys", {"say": "Go.", "digits": 1.5}),
    "a finish key that is none": ("ask_for_keys", {"digits": 4, "finish_key": "enter"}),
    "a number that is none": ("transfer_call", {"to": "the boss"}),
}
BROKEN: Final = {
    "garbage": GARBAGE,
    "nothing in it": EMPTY,
    "spaces": Answers(" \n "),
    "a connection that is closed": CLOSES,
    "a page": Writes(b"<html>Welcome</html>", "text/html"),
    "a page said to be JSON": Writes(b"<html>Welcome</html>", "application/json"),
    "a list": Writes(b"[1]", "application/json"),
    "an object of another kind": Writes(b'{"error": 1}', "application/json"),
    "no body": Writes(b"", "application/json"),
    "nothing but thoughts": Answers("<think>What does he want? I"),
    "nothing but code": Answers("```python\nprint(1)\n```"),
    "half an object": Answers('{"say": "Good'),
    "an object that does nothing": Answers('{"say": 5}'),
}


def line(speaker: Speaker, text: str, kind: Kind = Kind.SPEECH) -> Line:
    return a_line(text, speaker=speaker, kind=kind)


CONVERSATION: Final = Conversation(
    a_call(),
    (
        line(Speaker.BOT, OPENING),
        line(Speaker.USER, "Hello."),
        line(Speaker.USER, "Are you there?"),
        line(Speaker.BOT, "Yes, I am."),
        line(Speaker.USER, "12#", Kind.DTMF),
        line(Speaker.USER, QUESTION),
    ),
)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[AgentKind, ModelServer]]:
    """One for each agent, and clients of AWS that find them: to make those takes long."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        started = {case.kind: stack.enter_context(case.serve()) for case in CASES}
        for case in CASES:
            for name, value in case.environment(started[case.kind].url).items():
                patch.setenv(name, value)
        forget()
        stack.callback(forget)
        yield started


@pytest.fixture
def serve(case: AgentCase, servers: dict[AgentKind, ModelServer]) -> Serve:
    def start(*script: Move) -> ModelServer:
        servers[case.kind].begin(*script)
        return servers[case.kind]

    return start


def forget() -> None:
    aws.client.cache_clear()
    aws.session.cache_clear()


def replied(
    case: AgentCase, server: ModelServer, conversation: Conversation = CONVERSATION, **changes: Any
) -> list[Piece]:
    return list(case.agent(server.url, **changes).reply(conversation))


def failure(case: AgentCase, server: ModelServer, **changes: Any) -> AgentError:
    with pytest.raises(AgentError) as failed:
        replied(case, server, **changes)
    return failed.value


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what whoever was given up does yet: else it happens in the next test."""
    deadline = monotonic() + 60
    while not is_so():
        assert monotonic() < deadline
        sleep(0.005)


@every_agent
def test_a_reply_comes_sentence_by_sentence(case: AgentCase, serve: Serve) -> None:
    server = serve(Answers("Yes, we do. Shall I keep 3.5 pounds? Say yes"))

    assert replied(case, server) == [
        Speak("Yes, we do."),
        Speak("Shall I keep 3.5 pounds?"),
        Speak("Say yes"),
    ]


@every_agent
def test_a_sentence_is_given_before_the_next_one_is_thought_of(
    case: AgentCase, serve: Serve
) -> None:
    if not case.streams:
        pytest.skip("it gives its reply at once")
    server = serve(Hangs("Yes, we do. Shall I"))

    pieces = case.agent(server.url).reply(CONVERSATION)

    assert next(pieces) == Speak("Yes, we do.")


@every_agent
@pytest.mark.parametrize("name", ACTS)
def test_an_act_comes_last(case: AgentCase, name: str, serve: Serve) -> None:
    arguments, pieces = ACTS[name]
    server = serve(Answers("Well. One moment.", act=name, arguments=arguments))

    assert replied(case, server) == [Speak("Well."), Speak("One moment."), *pieces]


@every_agent
@pytest.mark.parametrize("name", ACTS)
def test_an_act_may_stand_alone(case: AgentCase, name: str, serve: Serve) -> None:
    arguments, pieces = ACTS[name]
    server = serve(Answers(act=name, arguments=arguments))

    assert replied(case, server) == pieces


def test_every_act_is_tried() -> None:
    assert set(ACTS) == set(TOOLS)


@every_agent
@pytest.mark.parametrize(
    "written",
    [
        '{"say": "Thank you. Goodbye.", "act": "end_call"}',
        'Thank you. {"act": "end_call", "say": "Goodbye."}',
        '```json\n{"say": "Thank you.\nGoodbye.", "act": "end_call"}\n```',
        '<think>{"say": "no"}</think>Thank you. Goodbye. {"name": "end_call", "arguments": {}}',
        '<tool_call>{"name": "end_call", "parameters": {"say": "Thank you. Goodbye."}}</tool_call>',
    ],
)
def test_an_act_may_be_written_as_text(case: AgentCase, written: str, serve: Serve) -> None:
    *words, act = replied(case, serve(Answers(written)))

    said = " ".join(piece.text for piece in words if isinstance(piece, Speak))
    assert (" ".join(said.split()), act) == ("Thank you. Goodbye.", EndCall())


@every_agent
def test_words_may_be_written_as_an_object_among_others(case: AgentCase, serve: Serve) -> None:
    server = serve(Answers('Well. ```json\n{"say": "Yes. We do."}\n``` Anything else?'))

    said = [piece.text for piece in replied(case, server) if isinstance(piece, Speak)]

    assert " ".join(" ".join(said).split()) == "Well. Yes. We do. Anything else?"


@every_agent
def test_braces_in_a_sentence_are_no_act(case: AgentCase, serve: Serve) -> None:
    server = serve(Answers('The set {1, 2} and {"a": 1} are such. Good.'))

    assert replied(case, server) == [
        Speak('The set {1, 2} and {"a": 1} are such.'),
        Speak("Good."),
    ]


@every_agent
@pytest.mark.parametrize(("name", "arguments"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_an_act_that_cannot_be_is_an_error(
    case: AgentCase, name: str, arguments: dict[str, Any], serve: Serve
) -> None:
    server = serve(Answers("Well.", act=name, arguments=arguments))

    assert "the agent" in str(failure(case, server))


@every_agent
@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_reply_that_is_none_is_an_error(case: AgentCase, broken: Move, serve: Serve) -> None:
    assert str(failure(case, serve(broken)))


@every_agent
def test_a_reply_that_breaks_off_is_an_error_after_its_whole_sentences(
    case: AgentCase, serve: Serve
) -> None:
    server = serve(BreaksOff("Yes, we do. Shall I"))
    pieces = case.agent(server.url).reply(CONVERSATION)

    given: list[Piece] = []
    with pytest.raises(AgentError):
        given.extend(pieces)

    assert given == ([Speak("Yes, we do.")] if case.streams else [])


@every_agent
@pytest.mark.parametrize("text", ["", "Yes, we do. Shall I"])
def test_an_agent_that_hangs_is_given_up(case: AgentCase, text: str, serve: Serve) -> None:
    server = serve(Hangs(text))

    assert "0.3 s" in str(failure(case, server, timeout_secs=0.3))
    until(lambda: bool(server.asked))


@every_agent
@pytest.mark.parametrize("text", ["", "Yes, we do. Shall I"])
def test_even_the_thread_of_an_agent_that_hangs_comes_to_an_end(
    case: AgentCase, text: str, serve: Serve
) -> None:
    server = serve(Hangs(text))
    punctual = case.agent(server.url, timeout_secs=0.1)
    assert isinstance(punctual, Punctual)

    with pytest.raises(AgentError, match=r"in time|broke off|fell silent"):
        list(punctual.agent.reply(CONVERSATION))


@every_agent
def test_an_agent_that_goes_on_and_on_is_given_up(case: AgentCase, serve: Serve) -> None:
    endless = Answers("so and " * 2_000, pause=0.02) if case.streams else Hangs()

    server = serve(endless)

    assert "0.3 s" in str(failure(case, server, timeout_secs=0.3))
    until(lambda: bool(server.asked))


@every_agent
def test_what_nobody_would_listen_to_is_not_said(case: AgentCase, serve: Serve) -> None:
    server = serve(Answers("I could go on for hours. " * 1_000))

    assert sum(len(str(piece)) for piece in replied(case, server)) < 10_000


@every_agent
@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 504])
def test_a_refusal_is_an_error_that_shows_nothing_of_what_was_sent(
    case: AgentCase, status: int, serve: Serve
) -> None:
    echo = {"message": f"no: {case.secrets} {QUESTION}", "code": "some_code", "type": QUESTION}
    server = serve(Fails(status=status, error=echo))

    error = failure(case, server)

    shown = "".join(traceback.format_exception(error))
    assert str(status) in str(error) or "some_code" in str(error)
    assert [word for word in (*case.secrets, QUESTION, WISHES) if word in shown] == []
    assert len(server.asked) == 1


@every_agent
def test_a_server_that_is_not_there_is_an_error(
    case: AgentCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    for name, value in case.environment(url).items():
        monkeypatch.setenv(name, value)
    forget()

    with pytest.raises(AgentError, match="cannot be reached"):
        list(case.agent(url).reply(CONVERSATION))
    forget()


@every_agent
def test_the_owners_wishes_are_told_after_how_one_speaks_on_the_telephone(
    case: AgentCase, serve: Serve
) -> None:
    server = serve()

    replied(case, server)

    manners, _, wishes = case.system(server.asked[0]).partition(WISHES)
    assert "on the telephone" in manners
    assert "+15559876543" in manners
    assert wishes == ""


@every_agent
def test_all_that_was_said_is_told_in_order(case: AgentCase, serve: Serve) -> None:
    server = serve()

    replied(case, server)

    assert case.told(server.asked[0]) == [
        ("user", "[on the line]"),
        ("assistant", OPENING),
        ("user", "Hello.\nAre you there?"),
        ("assistant", "Yes, I am."),
        ("user", f"[keys pressed: 1 2 #]\n{QUESTION}"),
    ]


@every_agent
def test_the_last_word_is_always_the_other_sides(case: AgentCase, serve: Serve) -> None:
    server = serve()
    waiting = Conversation(CONVERSATION.call, (*CONVERSATION.lines, line(Speaker.BOT, "Hm.")))

    replied(case, server, waiting)

    assert case.told(server.asked[0])[-2:] == [("assistant", "Hm."), ("user", "[waiting]")]


@every_agent
def test_what_is_sent_is_what_the_vendors_own_types_allow(case: AgentCase, serve: Serve) -> None:
    server = serve()

    replied(case, server)

    assert case.objections(server.asked[0]) == []


@every_agent
@pytest.mark.parametrize("need", ["model", "function_name"])
def test_an_agent_without_what_it_needs_is_not_made(case: AgentCase, need: str) -> None:
    if need not in case.needs:
        pytest.skip("it does not need that")

    with pytest.raises(AgentError, match=f"set {need} under"):
        case.agent("http://127.0.0.1:9", **{need: ""})
