"""What CloudWatch counts: lines of the log that say which of their facts are metrics.

Embedded Metric Format: CloudWatch takes them out of the log, so that nothing of AWS is asked.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import os
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Final

from chalicelib import log

STAGE: Final = "MOLTIS_METRICS_STAGE"
"""Where this variable says which stage it is, metrics are written: in a deployment."""
NAMESPACE: Final = "MoltisPhone"


class Metric(StrEnum):
    """What is counted and measured; each name with each set of dimension values has its price."""

    CALLS_ENDED = "CallsEnded"
    CALL_MINUTES = "CallMinutes"
    """Minutes begun since the answer: carriers bill them whole."""
    CALLS_REFUSED = "CallsRefused"
    """Calls that our owner's settings, or the carrier's abilities, forbade."""
    WEBHOOK_LATENCY = "WebhookLatency"
    TURN_LATENCY = "TurnLatency"
    """From what the far end said to the first words of the answer, on their way."""
    AGENT_LATENCY = "AgentLatency"
    """From the question to the first words that can be spoken."""
    AGENT_FAILURES = "AgentFailures"
    """Turns in which the far end heard an apology instead of a reply, or of its rest."""
    CARRIER_FAILURES = "CarrierFailures"
    """Requests that a carrier did not answer, or not as it should."""
    SIGNATURES_REFUSED = "SignaturesRefused"
    CALLS_STUCK = "CallsStuck"
    """Calls that should have been over, and that the sweep had to look after."""
    OLDEST_STUCK = "OldestStuck"
    """For how long the oldest of them should have been over."""
    CALLS_MISCOUNTED = "CallsMiscounted"
    """By how many the number of an account's running calls was wrong."""


Dimensions = tuple[str, ...]

KINDS: Final[Mapping[Metric, tuple[str, tuple[Dimensions, ...]]]] = {
    Metric.CALLS_ENDED: ("Count", (("provider", "direction", "outcome"),)),
    Metric.CALL_MINUTES: ("Count", (("provider", "direction"),)),
    Metric.CALLS_REFUSED: ("Count", (("rule",),)),
    Metric.WEBHOOK_LATENCY: ("Milliseconds", (("provider", "route"),)),
    Metric.TURN_LATENCY: ("Milliseconds", (("agent",),)),
    Metric.AGENT_LATENCY: ("Milliseconds", (("agent",),)),
    # An alarm cannot search: what has one is also kept for the stage as a whole.
    Metric.AGENT_FAILURES: ("Count", ((), ("agent",))),
    Metric.CARRIER_FAILURES: ("Count", ((), ("provider", "failure"))),
    Metric.SIGNATURES_REFUSED: ("Count", ((), ("provider", "reason"))),
    Metric.CALLS_STUCK: ("Count", ((),)),
    Metric.OLDEST_STUCK: ("Seconds", ((),)),
    Metric.CALLS_MISCOUNTED: ("Count", ((),)),
}
"""The unit of each, and by which facts it is told apart, besides the stage. None of them is free
text: each has few values, and no number, no account and no call is one of them."""


def of(values: Mapping[Metric, float], **dimensions: str) -> dict[str, object]:
    """Give the facts with which a line of the log tells *values*, too.

    *dimensions* are facts of the line in any case.
    """
    stage = os.environ.get(STAGE)
    if not stage:
        return dict(dimensions)
    told = {metric.value: value for metric, value in values.items()}
    return {"stage": stage, **dimensions, **told, log.METRICS: _directives(tuple(values))}


def write(event: str, values: Mapping[Metric, float], **dimensions: str) -> None:
    """Write a line that is there for *values* only: none where nobody counts."""
    if os.environ.get(STAGE):
        log.info(event, **of(values, **dimensions))


@cache
def _directives(metrics: tuple[Metric, ...]) -> str:
    """Say which facts are metrics, as JSON: those with the same dimensions together."""
    by_dimensions: dict[tuple[Dimensions, ...], list[dict[str, str]]] = {}
    for metric in metrics:
        unit, sets = KINDS[metric]
        by_dimensions.setdefault(sets, []).append({"Name": metric, "Unit": unit})
    directives = [
        {
            "Namespace": NAMESPACE,
            "Dimensions": [["stage", *names] for names in sets],
            "Metrics": told,
        }
        for sets, told in by_dimensions.items()
    ]
    return json.dumps(directives)
