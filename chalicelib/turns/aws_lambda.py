"""The way to our own function `take_turn`, and what crosses it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from chalicelib import aws, log
from chalicelib.calls.call import AnsweredBy, Mode
from chalicelib.calls.events import (
    CallArrived,
    CallOpened,
    CarrierEvent,
    Input,
    InputOverheard,
    SpeechEnded,
    TransferEnded,
)
from chalicelib.calls.field_values import field_values
from chalicelib.calls.replies import read_act, write_act
from chalicelib.calls.sounds import speech_of
from chalicelib.calls.transcript import Kind, Line, Speaker
from chalicelib.calls.verbs import Manner
from chalicelib.errors import AgentError
from chalicelib.overriding import override
from chalicelib.turns.base import Answer, Question, Reading, Turns

_SUBMITTED: Final = {
    kind.__name__: kind
    for kind in (CallArrived, CallOpened, InputOverheard, SpeechEnded, TransferEnded)
}


class LambdaTurns(Turns):
    """Invokes *function*, and does not wait longer than it may: Lambda goes on without us."""

    def __init__(self, function: str) -> None:
        self._function = function

    @override
    def read_ahead(self, account: str, reading: Reading) -> None:
        payload = {"account": account, "reading": write_reading(reading)}
        try:
            self._hand_over(payload)
        except (BotoCoreError, ClientError) as error:
            log.warning("nothing is read ahead", account=account, reason=str(error))

    @override
    def submit(self, account: str, event: CarrierEvent) -> None:
        payload = {"account": account, "event": write_event(event)}
        try:
            self._hand_over(payload)
        except (BotoCoreError, ClientError) as error:
            message = f"the event could not be handed over: {error}"
            raise AgentError(message) from error

    @override
    def take(self, question: Question, *, wait_secs: float) -> Answer | None:
        facts = {"account": question.account, "call_id": question.call_id, "turn": question.turn}
        try:
            response = aws.client("lambda", read_timeout_secs=wait_secs).invoke(
                FunctionName=self._function,
                InvocationType="RequestResponse",
                Payload=json.dumps(write_question(question)).encode(),
            )
            payload = json.loads(response["Payload"].read())
        except ReadTimeoutError:
            log.info("reply is not whole yet", wait_secs=wait_secs, **facts)
            return None
        except (BotoCoreError, ClientError) as error:
            message = f"the turn could not be asked for: {error}"
            raise AgentError(message) from error
        if "FunctionError" in response:
            message = f"the turn failed: {payload.get('errorMessage')}"
            raise AgentError(message)
        return read_answer(payload)

    def _hand_over(self, payload: Mapping[str, Any]) -> None:
        aws.client("lambda").invoke(
            FunctionName=self._function,
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )


def write_reading(reading: Reading) -> dict[str, Any]:
    """Put *reading* into JSON."""
    return asdict(reading)


def read_reading(payload: Mapping[str, Any]) -> Reading:
    """Read what `write_reading` wrote."""
    return Reading(tuple(payload["texts"]), _manner_of(payload["manner"]))


def write_question(question: Question) -> dict[str, Any]:
    """Put *question* into JSON."""
    return field_values(question) | {"at": question.at.isoformat()}


def read_question(payload: Mapping[str, Any]) -> Question:
    """Read what `write_question` wrote."""
    return Question(**{**payload, "at": datetime.fromisoformat(payload["at"])})


def write_event(event: CarrierEvent) -> dict[str, Any]:
    """Put *event* into JSON."""
    facts = asdict(event)
    # What the carrier sent is for debugging where it arrived.
    del facts["raw"]
    if isinstance(event, InputOverheard):
        facts["at"] = event.at.isoformat()
    return {"kind": type(event).__name__, "facts": facts}


def read_event(payload: Mapping[str, Any]) -> CarrierEvent:
    """Read what `write_event` wrote."""
    kind, facts = _SUBMITTED[payload["kind"]], dict(payload["facts"])
    if kind is InputOverheard:
        facts["at"] = datetime.fromisoformat(facts["at"])
        facts["input"] = Input(facts["input"])
    if facts.get("answered_by"):
        facts["answered_by"] = AnsweredBy(facts["answered_by"])
    return kind(**facts)


def write_answer(answer: Answer | None) -> dict[str, Any] | None:
    """Put *answer* into the JSON that `take_turn` returns."""
    if answer is None:
        return None
    said = answer.line
    act = write_act(said.act) if said.act else None
    # How long it took is for those who look at the call later.
    line = field_values(said) | {"at": said.at.isoformat(), "act": act, "timing": None}
    manner = field_values(answer.manner) | {"speech": field_values(answer.manner.speech)}
    return {"line": line, "manner": manner}


def read_answer(payload: Mapping[str, Any] | None) -> Answer | None:
    """Read what `write_answer` wrote."""
    if payload is None:
        return None
    line, manner = Line(**payload["line"]), _manner_of(payload["manner"])
    return Answer(
        replace(
            line,
            speaker=Speaker(line.speaker),
            kind=Kind(line.kind),
            at=datetime.fromisoformat(payload["line"]["at"]),
            act=read_act(payload["line"]["act"]) if payload["line"]["act"] else None,
        ),
        manner,
    )


def _manner_of(facts: Mapping[str, Any]) -> Manner:
    told = {"mode": Mode(facts["mode"]), "speech": speech_of(facts["speech"])}
    return Manner(**{**facts, **told})
