"""The clock on AWS: one execution of `infra/call-timer.asl.json` per timer.

Timers of seconds have an Express execution, which costs a tenth of a Standard one. It may happen
twice and cannot be stopped: each of these timers knows by its mark whether it still counts.
https://docs.aws.amazon.com/step-functions/latest/dg/express-at-least-once-execution.html
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from chalicelib import aws
from chalicelib.overriding import override
from chalicelib.timers.base import LASTING, TimerKind, Timers


class StepFunctionsTimers(Timers):
    """The clock of two state machines; without *short_timer_arn*, of one."""

    def __init__(self, call_timer_arn: str, short_timer_arn: str = "") -> None:
        self._machine = call_timer_arn
        self._short = short_timer_arn or call_timer_arn

    @override
    def start(self, call_id: str, kind: TimerKind, at: datetime, *, mark: str = "") -> None:
        at_text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        timer = {"call_id": call_id, "kind": kind, "at": at_text, "mark": mark}
        try:
            aws.client("stepfunctions").start_execution(
                stateMachineArn=self._machine if kind in LASTING else self._short,
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
