from collections.abc import Iterator
from datetime import timedelta

import pytest
from moto import mock_aws

from chalicelib import aws
from chalicelib.timers.base import LASTING, TimerKind
from chalicelib.timers.step_functions import StepFunctionsTimers
from tests.builders import NOON

DEFINITION = '{"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}'
ROLE = "arn:aws:iam::123456789012:role/clock"


@pytest.fixture
def machines() -> Iterator[tuple[str, str]]:
    """The state machine of timers that last, and that of those which are over in seconds."""
    with mock_aws():
        aws.client.cache_clear()
        aws.session.cache_clear()
        make = aws.client("stepfunctions").create_state_machine
        lasting, short = (
            make(name=name, definition=DEFINITION, roleArn=ROLE)["stateMachineArn"]
            for name in ("call-timer", "short-timer")
        )
        yield lasting, short
    aws.client.cache_clear()
    aws.session.cache_clear()


def begun(arn: str) -> set[str]:
    found = aws.client("stepfunctions").list_executions(stateMachineArn=arn)["executions"]
    return {one["name"] for one in found}


def test_what_is_over_in_seconds_has_the_cheap_clock_and_all_else_the_lasting_one(
    machines: tuple[str, str],
) -> None:
    timers = StepFunctionsTimers(*machines)

    for kind in TimerKind:
        timers.start("c", kind, NOON + timedelta(seconds=6), mark="1-0-0")

    assert begun(machines[0]) == {f"c-{kind}-1-0-0" for kind in LASTING}
    assert begun(machines[1]) == {"c-silence-1-0-0"}


def test_without_a_cheap_clock_there_is_one_for_all(machines: tuple[str, str]) -> None:
    timers = StepFunctionsTimers(machines[0])

    for kind in TimerKind:
        timers.start("c", kind, NOON)

    assert begun(machines[0]) == {f"c-{kind}" for kind in TimerKind}
    assert begun(machines[1]) == set()
