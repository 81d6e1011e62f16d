from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from botocore.stub import Stubber

from chalicelib import aws
from chalicelib.agents import bedrock, registry
from chalicelib.agents.deadline import LATER_SECS
from chalicelib.calls.replies import EndCall, Piece, Speak
from chalicelib.calls.terms import AgentKind, AgentSettings
from chalicelib.calls.transcript import Conversation, Speaker
from chalicelib.errors import AgentError
from tests.aws_dialects import Bedrock, stream_of
from tests.builders import a_call, a_line
from tests.contract.agents import bedrock_shape, objections_to
from tests.model_server import Answers, Json

CONVERSATION: Final = Conversation(
    a_call(), (a_line("Krume, hello.", speaker=Speaker.BOT), a_line("Two rolls, please."))
)
ENDS: Final = Answers("Thank you. Bye.", act="end_call", arguments={"say": ""})
PIECES: Final[list[Piece]] = [Speak("Thank you."), Speak("Bye."), EndCall()]
CANNOT_STREAM: Final = "This model doesn't support tool use in streaming mode."
HAS_NO_TOOLS: Final = "This model doesn't support tool use."
HAS_NO_SYSTEM: Final = "This model doesn't support system messages. Try again without one."


class Stubs(Stubber):  # type: ignore[misc]
    """The client that the agent asks, with answers that botocore has checked."""

    def __init__(self) -> None:
        settings = AgentSettings()
        client = aws.client("bedrock-runtime", read_timeout_secs=settings.timeout_secs + LATER_SECS)
        super().__init__(client)
        self.asked: list[Json] = []
        self._streams: list[list[Json]] = []
        hooks = client.meta.events
        hooks.register("provide-client-params.bedrock-runtime", self._note)
        hooks.register("after-call.bedrock-runtime.ConverseStream", self._open_stream)

    def streams(self, events: list[Json]) -> None:
        """Have *events* come as a stream, for which a stub has no place of its own."""
        shape = bedrock_shape("ConverseStream").output_shape.members["stream"]
        assert [objections_to(event, shape) for event in events] == [""] * len(events)
        self.add_response("converse_stream", {"stream": {}})
        self._streams.append(events)

    def refuses(self, operation: str, message: str) -> None:
        self.add_client_error(operation, "ValidationException", message)

    def _note(self, params: Json, **_: object) -> None:
        self.asked.append(params)

    def _open_stream(self, parsed: Json, **_: object) -> None:
        if "stream" in parsed:
            parsed["stream"] = self._streams.pop(0)


@contextmanager
def stubbed() -> Iterator[Stubs]:
    bedrock._known.clear()  # noqa: SLF001  # what one test finds out is not another's
    try:
        with Stubs() as stubs:
            yield stubs
            stubs.assert_no_pending_responses()
    finally:
        aws.client.cache_clear()


def replied(model: str = "amazon.nova-lite-v1:0") -> list[Piece]:
    settings = AgentSettings(kind=AgentKind.BEDROCK, model=model)
    return list(registry.build(settings).reply(CONVERSATION))


def test_a_streamed_reply_is_what_botocores_model_says_and_is_understood() -> None:
    with stubbed() as stubs:
        stubs.streams(stream_of(ENDS))

        assert replied() == PIECES


def test_a_model_that_cannot_stream_with_tools_is_asked_at_once_from_then_on() -> None:
    with stubbed() as stubs:
        stubs.refuses("converse_stream", CANNOT_STREAM)
        stubs.add_response("converse", Bedrock().whole(ENDS))
        stubs.add_response("converse", Bedrock().whole(ENDS))

        assert replied() == replied() == PIECES


def test_a_model_with_neither_tools_nor_system_prompt_is_told_all_in_the_first_message() -> None:
    with stubbed() as stubs:
        stubs.refuses("converse_stream", HAS_NO_TOOLS)
        stubs.refuses("converse_stream", HAS_NO_SYSTEM)
        stubs.streams(stream_of(Answers('{"say": "Thank you. Bye.", "act": "end_call"}')))

        assert replied() == PIECES

    last = stubs.asked[-1]
    assert {"toolConfig", "system"} & last.keys() == set()
    assert "on the telephone" in last["messages"][0]["content"][0]["text"]
    assert '"act": "end_call"' in last["messages"][0]["content"][0]["text"]
    assert [message["role"] for message in last["messages"]] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationException", "The provided model identifier is invalid."),
        ("ThrottlingException", "Too many tokens, this model does not support streaming."),
        ("AccessDeniedException", "You don't have access to the model."),
    ],
)
def test_any_other_refusal_is_an_error(code: str, message: str) -> None:
    with stubbed() as stubs:
        stubs.add_client_error("converse_stream", code, message)

        with pytest.raises(AgentError) as failed:
            replied()

    assert str(failed.value) == f"Bedrock refused: {code}"


@pytest.mark.parametrize("reason", ["malformed_model_output", "malformed_tool_use"])
def test_a_streamed_reply_that_bedrock_says_is_malformed_is_an_error(reason: str) -> None:
    events = [event for event in stream_of(ENDS) if "messageStop" not in event]
    with stubbed() as stubs:
        stubs.streams([*events, {"messageStop": {"stopReason": reason}}])

        with pytest.raises(AgentError, match=reason):
            replied()


def test_a_whole_reply_that_bedrock_says_is_malformed_is_an_error() -> None:
    with stubbed() as stubs:
        stubs.refuses("converse_stream", CANNOT_STREAM)
        malformed = {**Bedrock().whole(ENDS), "stopReason": "malformed_tool_use"}
        stubs.add_response("converse", malformed)

        with pytest.raises(AgentError, match="malformed_tool_use"):
            replied()


def test_what_a_model_thinks_is_not_said() -> None:
    delta = {"reasoningContent": {"text": "Hm."}}
    thought = {"contentBlockDelta": {"contentBlockIndex": 0, "delta": delta}}
    with stubbed() as stubs:
        stubs.streams([thought, *stream_of(ENDS)])

        assert replied() == PIECES


def test_a_tool_that_nobody_began_to_call_is_no_reply() -> None:
    delta = {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"toolUse": {"input": "{}"}}}}
    with stubbed() as stubs:
        stubs.streams([delta, *stream_of(ENDS)])

        with pytest.raises(AgentError, match="something that is no reply"):
            replied()
