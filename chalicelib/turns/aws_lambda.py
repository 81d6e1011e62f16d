"""The way to our own function `take_turn`, and what crosses it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from chalicelib import aws, log
from chalicelib.calls.call import Mode
from chalicelib.calls.transcript import Kind, Line, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.errors import AgentError
from chalicelib.overriding import override
from chalicelib.turns.base import Answer, Turns


class LambdaTurns(Turns):
    """Invokes *function*, and does not wait longer than it may: Lambda goes on without us."""

    def __init__(self, function: str) -> None:
        self._function = function

    @override
    def take(self, call_id: str, turn: int, *, budget_secs: float) -> Answer | None:
        facts: dict[str, object] = {"call_id": call_id, "turn": turn}
        try:
            response = aws.client("lambda", read_timeout_secs=budget_secs).invoke(
                FunctionName=self._function,
                InvocationType="RequestResponse",
                Payload=json.dumps({"call_id": call_id, "turn": turn}).encode(),
            )
            payload = json.loads(response["Payload"].read())
        except ReadTimeoutError:
            log.info("reply takes longer than the budget", budget_secs=budget_secs, **facts)
            return None
        except (BotoCoreError, ClientError) as error:
            message = f"the turn could not be asked for: {error}"
            raise AgentError(message) from error
        if "FunctionError" in response:
            message = f"the turn failed: {payload.get('errorMessage')}"
            raise AgentError(message)
        return read_answer(payload)


def write_answer(answer: Answer | None) -> dict[str, Any] | None:
    """Put *answer* into the JSON that `take_turn` returns."""
    if answer is None:
        return None
    line = asdict(answer.line) | {"at": answer.line.at.isoformat()}
    return {"line": line, "manner": asdict(answer.manner)}


def read_answer(payload: Mapping[str, Any] | None) -> Answer | None:
    """Read what `write_answer` wrote."""
    if payload is None:
        return None
    line, manner = Line(**payload["line"]), Manner(**payload["manner"])
    return Answer(
        replace(
            line,
            speaker=Speaker(line.speaker),
            kind=Kind(line.kind),
            at=datetime.fromisoformat(payload["line"]["at"]),
        ),
        replace(manner, mode=Mode(manner.mode)),
    )
