"""What a model writes, read as the pieces of a reply: sentences, and one act at most."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.agents.acts import Arguments, pieces
from chalicelib.calls.replies import Piece, Speak
from chalicelib.calls.sentences import Sentences, sentences
from chalicelib.calls.speakable import speakable
from chalicelib.calls.thoughts import Aloud
from chalicelib.errors import AgentError

MOST_SPOKEN: Final = 4_000
"""So many characters, more than four minutes, is all that anybody listens to."""
_OBJECT: Final = re.compile(r"\{\s*(?:[\"}]|$)")
_REPLY: Final = re.compile(r"\{\s*\"(?:say|act|name)\"\s*:")
_FENCE: Final = re.compile(r"```\w*")
"""What a model puts around an object."""
_JSON: Final = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that a model calls; its arguments are JSON, as the model wrote it."""

    name: str
    arguments: str


Fragment = str | ToolCall
"""A bit of what a model writes: some text, or a whole call of a tool."""


def read_fragments(fragments: Iterable[Fragment]) -> Iterator[Piece]:
    """Give each sentence as soon as it is whole, and at last the act, if there is one.

    A model that has no tools, or forgets that it has, may write its reply as a JSON object.

    Raises:
        AgentError: an act cannot be understood, or nothing is said and nothing done.
    """
    return _checked(_read(fragments))


def read_reply(reply: object) -> Iterator[Piece]:
    """Give the pieces of a whole *reply*: text, or `{"say": …, "act": …}` and what the act needs.

    Raises:
        AgentError: it is neither, or the act cannot be understood, or nothing is said and done.
    """
    return _checked(_read([reply]) if isinstance(reply, str) else _object_pieces(reply))


def _checked(read: Iterator[Piece]) -> Iterator[Piece]:
    """Give what makes sense of what was *read*, up to the first act, and not without end."""
    spoken = 0
    for piece in read:
        if not isinstance(piece, Speak):
            yield piece
            return
        if speakable(piece.text):
            spoken += len(piece.text)
            yield piece
        if spoken > MOST_SPOKEN:
            return
    if not spoken:
        message = "the reply is empty"
        raise AgentError(message)


def _object_pieces(reply: object) -> Iterator[Piece]:
    parts = reply if isinstance(reply, Mapping) else {}
    name, arguments = parts.get("act"), parts
    if "name" in parts:
        # A tool call that was written as text.
        name, arguments = parts["name"], parts.get("arguments", parts.get("parameters", {}))
    if name and isinstance(name, str) and isinstance(arguments, Mapping):
        yield from pieces(name, arguments)
    elif not name and isinstance(parts.get("say"), str):
        yield from (Speak(sentence) for sentence in sentences(parts["say"]))
    else:
        message = "the reply is neither text nor an object with say or act"
        raise AgentError(message)


def _read(fragments: Iterable[Fragment]) -> Iterator[Piece]:
    aloud, whole = Aloud(), Sentences()
    calls: list[ToolCall] = []
    held = ""
    for fragment in fragments:
        if isinstance(fragment, ToolCall):
            calls.append(fragment)
            continue
        held += aloud.add(fragment)
        found = _OBJECT.search(held)
        prose = held[: found.start()] if found else held
        held = held[found.start() :] if found else ""
        yield from (Speak(sentence) for sentence in whole.add(prose))
    yield from _rest(whole, held + aloud.rest())
    yield from _called(calls)


def _rest(whole: Sentences, held: str) -> Iterator[Piece]:
    """Read what is left at the end: perhaps some prose, perhaps an object behind it."""
    reply, behind = _decoded(held)
    if reply is None:
        yield from (Speak(sentence) for sentence in [*whole.add(held), whole.rest()])
        return
    yield Speak(_FENCE.sub("", whole.rest()))
    yield from _object_pieces(reply)
    yield Speak(_FENCE.sub("", behind))


def _decoded(held: str) -> tuple[Mapping[str, object] | None, str]:
    if not _REPLY.match(held):
        return None, ""
    try:
        reply, end = _JSON.raw_decode(held)
    except json.JSONDecodeError as error:
        message = "the reply begins as a JSON object and is none"
        raise AgentError(message) from error
    return reply, held[end:]


def _called(calls: Iterable[ToolCall]) -> Iterator[Piece]:
    for call in calls:
        yield from pieces(call.name, _arguments(call))


def _arguments(call: ToolCall) -> Arguments:
    try:
        arguments = _JSON.decode(call.arguments) if call.arguments.strip() else {}
    except json.JSONDecodeError as error:
        message = f"the arguments of {call.name[:40]!r} are not JSON"
        raise AgentError(message) from error
    if not isinstance(arguments, dict):
        message = f"the arguments of {call.name[:40]!r} are not an object"
        raise AgentError(message)
    return arguments
