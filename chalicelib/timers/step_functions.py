"""The clock on AWS: one Standard execution of `infra/call-timer.asl.json` per timer."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.overriding import override
from chalicelib.timers.base import TimerKind, Timers


class StepFunctionsTimers(Timers):
    """The clock whose state machine is *call_timer_arn*."""

    def __init__(self, call_timer_arn: str) -> None:
        self._machine = call_timer_arn

    @override
    def start(self, call_id: str, kind: TimerKind, at: datetime) -> None:
        at_text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        try:
            aws.client("stepfunctions").start_execution(
                stateMachineArn=self._machine,
                name=_name(call_id, kind),
                input=json.dumps({"call_id": call_id, "kind": kind, "at": at_text}),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    @override
    def stop(self, call_id: str, kinds: Iterable[TimerKind] = TimerKind) -> None:
        for kind in kinds:
            execution = self._machine.replace(":stateMachine:", ":execution:", 1)
            try:
                aws.client("stepfunctions").stop_execution(
                    executionArn=f"{execution}:{_name(call_id, kind)}", cause="the call is over"
                )
            except ClientError as error:
                if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                    raise


def _name(call_id: str, kind: TimerKind) -> str:
    return f"{call_id}-{kind}"
