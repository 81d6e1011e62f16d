"""The tool as JSON Schema: what may be asked of it, and what it answers."""

from collections.abc import Sequence
from typing import Any, Final

from chalicelib.calls.call import AnsweredBy, Direction, Mode, State
from chalicelib.calls.transcript import Kind, Speaker
from chalicelib.parameters import PARAMETERS, Schema
from chalicelib.tool.definition import ACTIONS, Action
from chalicelib.tool.words import AFTER_ERROR, PURPOSE


def _choices(actions: Sequence[Action]) -> str:
    """Say what each of *actions* does and takes."""
    return "\n".join(f"{action.name}: {action.words} {_takes(action)}" for action in actions)


def _takes(action: Action) -> str:
    named = [f"{name} (required)" for name in action.takes.required]
    return f"Takes {', '.join([*named, *action.takes.optional])}."


def input_schema(actions: Sequence[Action]) -> Schema:
    """What may be asked, as one flat object.

    No `oneOf` and the like: model APIs refuse it at the top, and so would refuse the whole tool.
    """
    names = [name for name in PARAMETERS if any(name in action.takes.names for action in actions)]
    verb = _of(_word(*(action.name for action in actions)), _choices(actions))
    return {
        "type": "object",
        "properties": {
            "action": verb,
            **{name: PARAMETERS[name].schema() for name in names},
        },
        "required": ["action"],
        "additionalProperties": False,
    }


def exact_schema() -> Schema:
    """What may be asked, with what each action requires: exactly what is accepted."""
    return {
        "oneOf": [_of_one(action) for action in ACTIONS.values()],
        "description": PURPOSE,
    }


def _of_one(action: Action) -> Schema:
    taken = action.takes.schema()
    return {
        "title": action.name,
        "description": action.words,
        "type": "object",
        "properties": {"action": {"const": action.name}, **taken["properties"]},
        "required": ["action", *taken["required"]],
        "additionalProperties": False,
    }


def _of(schema: Schema, words: str) -> Schema:
    return {**schema, "description": words}


def _word(*choices: str, or_null: bool = False) -> Schema:
    if not or_null:
        return {"type": "string", "enum": list(choices)}
    return {"type": ["string", "null"], "enum": [*choices, None]}


_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_FINAL: Final = [state for state in State if state.is_final]

_LINE: Final[Schema] = {
    "type": "object",
    "properties": {
        "speaker": _of(_word(*Speaker), "bot is our side, user the other one."),
        "text": _TEXT,
        "kind": _of(_word(*Kind), "Whether it was said or keyed."),
        "at": _of(_TEXT, "Time in UTC, RFC 3339."),
        "timing": {
            "type": "object",
            "description": "Of a reply: how long each stage took, in milliseconds.",
            "additionalProperties": {"type": ["integer", "null"]},
        },
    },
    "required": ["speaker", "text", "kind", "at"],
}
_CALL_ERROR: Final[Schema] = {
    "type": ["object", "null"],
    "properties": {"code": _TEXT, "message": _TEXT},
    "required": ["code", "message"],
}
CALL_PROPERTIES: Final[Schema] = {
    "call_id": _of(_TEXT, "Names the call in every further request."),
    "account": _TEXT,
    "provider": _of(_TEXT, "The carrier."),
    "provider_call_id": _of(_TEXT_OR_NULL, "What the carrier calls it."),
    "direction": _word(*Direction),
    "mode": _word(*Mode),
    "from": _TEXT,
    "to": _TEXT,
    "state": _of(_word(*State), "Where the call stands now."),
    "answered_by": _of(_word(*AnsweredBy, or_null=True), "null: nobody looked."),
    "started_at": _of(_TEXT, "Time in UTC, RFC 3339."),
    "answered_at": _TEXT_OR_NULL,
    "ended_at": _TEXT_OR_NULL,
    "end_reason": _of(
        _word(*_FINAL, or_null=True), "How the call ended; null as long as it goes on."
    ),
    "error": _of(_CALL_ERROR, "Why, if the call ended in state error."),
    "max_duration_secs": {"type": "integer"},
    "transcript": {
        "type": "array",
        "items": _LINE,
        "description": "What was said and keyed, oldest first.",
    },
}
"""What a call may show of itself."""

REFUSAL: Final[Schema] = {
    "type": "object",
    "properties": {
        "code": _word(*AFTER_ERROR),
        "message": _of(_TEXT, "What went wrong, with the names of the fields that are wrong."),
        "field": _of(_TEXT, "The first field that is wrong."),
        "provider": _of(_TEXT, "The carrier that refused or failed."),
        "carrier_code": _of(_TEXT, "Its own word for why."),
    },
    "required": ["code", "message"],
}


def output_schema() -> Schema:
    """What is answered, whichever action it was."""
    listed = {"type": "object", "properties": CALL_PROPERTIES}
    either: dict[str, Any] = {
        "anyOf": [REFUSAL, _CALL_ERROR],
        "description": "With status error: why it was not done. Else: why the call failed.",
    }
    return {
        "type": "object",
        "properties": {
            "status": _of(
                _word("initiated", "ended", "ok", "sent", "error"),
                "What became of the request; error: it was not done.",
            ),
            **CALL_PROPERTIES,
            "error": either,
            "changed": {"type": "boolean", "description": "Whether anything happened meanwhile."},
            "calls": {"type": "array", "items": listed, "description": "Newest first."},
            "more": {"type": "boolean", "description": "Whether lines were left out for length."},
            "cursor": _of(
                _TEXT_OR_NULL,
                "Of a call: give it as since. Of a list: as cursor; null: that is all.",
            ),
            "next": _of(_TEXT, "What to do next."),
        },
        "required": ["status"],
    }
