from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest

from chalicelib import aws
from chalicelib.agents import registry
from chalicelib.agents.function import event
from chalicelib.calls.replies import EndCall, Piece, Speak, StaySilent
from chalicelib.calls.terms import AgentKind, AgentSettings
from chalicelib.calls.transcript import Conversation
from chalicelib.errors import AgentError
from moltis.local_functions import LocalFunctions
from tests.builders import a_call, a_line

CONVERSATION: Final = Conversation(a_call(), (a_line("My code is 4711."),))
NAMES: Final = (
    "bakery",
    "bakery:live",
    "123456789012:function:bakery",
    "arn:aws:lambda:us-east-1:123456789012:function:bakery",
    "arn:aws:lambda:us-east-1:123456789012:function:bakery:3",
)


@contextmanager
def served(function: Callable[[Any, Any], Any], patch: pytest.MonkeyPatch) -> Iterator[None]:
    functions = LocalFunctions({"bakery": function})
    functions.start()
    patch.setenv("AWS_ENDPOINT_URL_LAMBDA", functions.url)
    aws.client.cache_clear()
    try:
        yield
    finally:
        aws.client.cache_clear()
        functions.stop()


def replied(name: str = "bakery") -> list[Piece]:
    settings = AgentSettings(
        kind=AgentKind.LAMBDA, function_name=name, system_prompt="Be kind.", timeout_secs=60
    )
    return list(registry.build(settings).reply(CONVERSATION))


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_given_the_call_and_its_reply_is_spoken(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []

    def bakery(asked: Any, _context: object) -> str:
        given.append(asked)
        return "Yes. Two rolls."

    with served(bakery, monkeypatch):
        assert replied(name) == [Speak("Yes."), Speak("Two rolls.")]

    assert given == [event(CONVERSATION, "Be kind.")]


@pytest.mark.parametrize(
    ("reply", "pieces"),
    [
        ({"say": "Yes. No."}, [Speak("Yes."), Speak("No.")]),
        ({"say": "Yes.", "act": ""}, [Speak("Yes.")]),
        ({"say": "Bye.", "act": "end_call"}, [Speak("Bye."), EndCall()]),
        ({"act": "stay_silent"}, [StaySilent()]),
        ('{"say": "Bye.", "act": "end_call"}', [Speak("Bye."), EndCall()]),
    ],
)
def test_a_function_may_write_its_reply_in_several_ways(
    reply: object, pieces: list[Piece], monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(lambda _event, _context: reply, monkeypatch):
        assert replied() == pieces


@pytest.mark.parametrize(
    "reply", [None, "", {}, [], 5, {"say": ""}, {"say": None}, {"act": 5}, {"act": "fly"}]
)
def test_a_function_that_gives_no_reply_is_an_error(
    reply: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(lambda _event, _context: reply, monkeypatch), pytest.raises(AgentError):
        replied()


def test_a_function_that_fails_is_an_error_that_quotes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(asked: Any, _context: object) -> None:
        raise LookupError(asked["messages"][-1]["content"])

    with served(fails, monkeypatch), pytest.raises(AgentError) as failed:
        replied()

    assert str(failed.value) == "the function failed: LookupError"


def test_a_function_that_there_is_not_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with served(print, monkeypatch), pytest.raises(AgentError) as failed:
        replied("butcher")

    assert str(failed.value) == "the function refused: ResourceNotFoundException"
