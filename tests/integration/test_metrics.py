"""What CloudWatch would count of real calls."""

import io
import json
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, get_args

import pytest
import requests

from chalicelib import log, wiring
from chalicelib.actions.sweep import sweep
from chalicelib.calls.call import Direction, State
from chalicelib.calls.callbacks import Route
from chalicelib.calls.terms import AgentKind
from chalicelib.errors import AgentError
from chalicelib.metrics import KINDS, NAMESPACE, STAGE, Metric
from chalicelib.providers import registry
from chalicelib.providers.wire import Failure
from moltis.carriers.faults import CreateFault
from moltis.carriers.line import Says
from moltis.rpc_client import RefusedError
from tests.phone import Phone, a_phone
from tests.scripted_agents import Storyteller, agent

__all__ = ["agent"]

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
UNITS: Final = frozenset({"Count", "Seconds", "Milliseconds"})
"""Those of CloudWatch's that ours may be."""
MOST_DIMENSIONS: Final = 30
MOST_METRICS: Final = 100
LONGEST_NAME: Final = 1024
LONGEST_DIMENSION: Final = 250
REASONS: Final = frozenset({"missing", "malformed", "mismatch", "stale"})
WHAT_THERE_IS: Final = {
    "provider": frozenset(registry.PROVIDERS),
    "direction": frozenset(Direction),
    "outcome": frozenset(state for state in State if state.is_final),
    "route": frozenset(Route),
    "agent": frozenset(AgentKind),
    "reason": REASONS,
    "failure": frozenset(get_args(Failure)),
    "stage": frozenset({"test"}),
}
"""Each value has its price: none is what somebody chose."""
NUMBER: Final = re.compile(r"(?<![\w.:-])\+?\d{7,15}(?![\w.:-])")


class Lines:
    """What was logged, and what of it is measured."""

    def __init__(self) -> None:
        self.stream = io.StringIO()

    def measured(self, metric: Metric) -> list[dict[str, Any]]:
        """Every line that tells *metric*."""
        lines = [json.loads(text) for text in self.stream.getvalue().splitlines()]
        return [line for line in lines if metric in line and "_aws" in line]


@pytest.fixture(scope="module", params=list(registry.PROVIDERS))
def phone(request: pytest.FixtureRequest) -> Iterator[Phone]:
    with a_phone(
        request.param,
        outbound={"deny": ["+1900"]},
        agent={"reply_budget_secs": 1, "timeout_secs": 2},
    ) as running:
        yield running


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    monkeypatch.setenv(STAGE, "test")
    caught = Lines()
    log.set_up(caught.stream)
    yield caught
    for text in caught.stream.getvalue().splitlines():
        _check(json.loads(text), text)
    log.set_up(io.StringIO())


def _check(line: dict[str, Any], text: str) -> None:
    """Hold *line* to the specification, and to what may be told to anybody."""
    about = line.pop("_aws", None)
    if about is None:
        return
    assert set(about) == {"Timestamp", "CloudWatchMetrics"}
    assert isinstance(about["Timestamp"], int)
    told_at = datetime.fromtimestamp(about["Timestamp"] / 1000, tz=UTC)
    assert abs(told_at - datetime.now(UTC)) < timedelta(hours=1)
    for directive in about["CloudWatchMetrics"]:
        assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
        assert directive["Namespace"] == NAMESPACE
        assert 1 <= len(directive["Metrics"]) <= MOST_METRICS
        for dimensions in directive["Dimensions"]:
            assert len(dimensions) <= MOST_DIMENSIONS
            for name in dimensions:
                assert 1 <= len(name) <= LONGEST_DIMENSION
                assert 1 <= len(line[name]) <= LONGEST_NAME
                assert name not in WHAT_THERE_IS or line[name] in WHAT_THERE_IS[name]
                assert not NUMBER.search(line[name])
        for one in directive["Metrics"]:
            unit, sets = KINDS[Metric(one["Name"])]
            assert (one["Unit"], len(directive["Dimensions"])) == (unit, len(sets))
            assert unit in UNITS
            assert type(line[one["Name"]]) in {int, float}
            assert math.isfinite(line[one["Name"]])
            assert line[one["Name"]] >= 0
    assert not NUMBER.search(re.sub(r'"Timestamp": \d+', "", text).replace(line["time"], ""))


def test_a_call_that_is_over_is_counted_by_how_it_ended(
    phone: Phone, agent: Storyteller, lines: Lines
) -> None:
    agent.script("On Friday, then.")
    far_end = phone.far_end(Says("On Friday?"), Says("Bye.", when="On Friday, then"))
    call = phone.over(phone.initiate(far_end, "Hi."))

    sweep(
        calls=wiring.calls(),
        timers=wiring.timers(),
        exchange_of=wiring.exchange_of,
        now=wiring.now,
    )

    (ended,) = [
        line for line in lines.measured(Metric.CALLS_ENDED) if line["call_id"] == call["call_id"]
    ]
    assert (ended["provider"], ended["direction"]) == (phone.account, "outbound")
    assert (ended["outcome"], ended["stage"]) == ("hangup_bot", "test")
    assert ended[Metric.CALL_MINUTES] >= 1
    by_documents = {Route.ANSWER, Route.GATHER, Route.STATUS}
    assert {line["route"] for line in lines.measured(Metric.WEBHOOK_LATENCY)} == (
        {Route.STATUS} if registry.PROVIDERS[phone.account].takes_commands else by_documents
    )
    turns = lines.measured(Metric.TURN_LATENCY)
    assert len(turns) == 2
    assert all(line[Metric.TURN_LATENCY] >= line[Metric.AGENT_LATENCY] for line in turns)


def test_a_turn_without_a_reply_is_counted(phone: Phone, agent: Storyteller, lines: Lines) -> None:
    agent.script((AgentError("it is broken"),), (AgentError("it is broken"),), "Yes.")
    far_end = phone.far_end(Says("Hello?"), Says("Bye.", when="could not work that out"))

    phone.over(phone.initiate(far_end, "Hi."))

    assert [line["agent"] for line in lines.measured(Metric.AGENT_FAILURES)] == ["offline"]


def test_a_webhook_that_nobody_signed_is_counted_by_its_reason(phone: Phone, lines: Lines) -> None:
    form = {"CallSid": "CA1", "CallStatus": "completed"}

    answer = requests.post(phone.url(Route.STATUS), form, timeout=10)

    assert answer.status_code == HTTPStatus.FORBIDDEN
    (refused,) = lines.measured(Metric.SIGNATURES_REFUSED)
    assert (refused["provider"], refused["reason"]) == (phone.account, "missing")
    # A flood before, in another test, may have left some without a line of their own.
    assert refused[Metric.SIGNATURES_REFUSED] == 1 + refused.get("others", 0)


def test_a_call_that_the_owner_forbids_is_counted_by_its_rule(phone: Phone, lines: Lines) -> None:
    with pytest.raises(RefusedError):
        phone.initiate("+19005550100", "Hi.")

    (refused,) = lines.measured(Metric.CALLS_REFUSED)
    assert refused["rule"] == "phone.outbound.deny"


def test_a_carrier_that_does_not_answer_is_counted(phone: Phone, lines: Lines) -> None:
    phone.carrier.faults.on_next_create(CreateFault.THROTTLES)

    with pytest.raises(RefusedError):
        phone.initiate(phone.far_end(), "Hi.")

    (failed,) = lines.measured(Metric.CARRIER_FAILURES)
    assert (failed["provider"], failed["failure"]) == (phone.account, "busy")


def test_where_no_stage_is_named_nothing_is_counted(
    phone: Phone, lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(STAGE)

    with pytest.raises(RefusedError):
        phone.initiate("+19005550100", "Hi.")

    assert lines.measured(Metric.CALLS_REFUSED) == []
    assert '"call refused"' in lines.stream.getvalue()
