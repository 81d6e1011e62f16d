"""The clock on AWS: one Standard execution of `infra/call-timer.asl.json` per timer."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.overriding import override
from chalicelib.timers.base import LASTING, TimerKind, Timers


class StepFunctionsTimers(Timers):
    """The clock whose state machine is *call_timer_arn*."""

    def __init__(self, call_timer_arn: str) -> None:
        self._machine = call_timer_arn

    @override
    def start(self, call_id: str, kind: TimerKind, at: datetime, *, mark: str = "") -> None:
        at_text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        timer = {"call_id": call_id, "kind": kind, "at": at_text, "mark": mark}
        try:
            aws.client("stepfunctions").start_execution(
                stateMachineArn=self._machine,
                name=_name(call_id, kind, mark),
                input=json.dumps(timer),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    @override
    def stop(self, call_id: str, kinds: Iterable[TimerKind] = LASTING) -> None:
        for kind in kinds:
            execution = self._machine.replace(":stateMachine:", ":execution:", 1)
            try:
                aws.client("stepfunctions").stop_execution(
                    executionArn=f"{execution}:{_name(call_id, kind)}", cause="the call is over"
                )
            except ClientError as error:
                if not _is_over(error):
                    raise


def _is_over(error: ClientError) -> bool:
    """Whether there is nothing left to stop: it never began, or it has ended."""
    code, words = error.response["Error"]["Code"], str(error)
    return code == "ExecutionDoesNotExist" or (
        code == "ValidationException" and "not running" in words
    )


def _name(call_id: str, kind: TimerKind, mark: str = "") -> str:
    return f"{call_id}-{kind}-{mark}" if mark else f"{call_id}-{kind}"
