"""Alarms and the dashboard look at what is really told."""

import json
import re
from typing import Any

from chalicelib.metrics import KINDS, NAMESPACE, STAGE
from moltis.cost.model import CARRIERS
from tests.docs.cost import PROMISED_DOLLARS
from tests.docs.pages import DOCS, named, rows, sections
from tests.infra.test_alarms import alarms

Template = dict[str, Any]
MOST_ALARMS = 10
"""So many are free."""


def told() -> set[tuple[str, ...]]:
    return {
        (metric, "stage", *dimensions) for metric, (_, sets) in KINDS.items() for dimensions in sets
    }


def shown(template: Template) -> set[tuple[str, ...]]:
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    found: set[tuple[str, ...]] = set()
    for widget in json.loads(body)["widgets"]:
        for metric in widget["properties"]["metrics"]:
            if isinstance(metric[0], dict):
                found |= _searched(metric[0]["expression"])
            elif metric[0] == NAMESPACE:
                found.add((metric[1], metric[2]))
    return found


def _searched(expression: str) -> set[tuple[str, ...]]:
    ((schema, wanted),) = re.findall(r"(?<!\$)\{(.*?)\} MetricName=(.*?) stage=", expression)
    namespace, *dimensions = schema.split(",")
    assert namespace == NAMESPACE
    return {(name, *dimensions) for name in re.findall(r'"([A-Za-z]+)"', wanted)}


def dollars(template: Template) -> dict[str, str]:
    """What each label of the widget is reckoned from."""
    body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    (widget,) = [
        one["properties"]
        for one in json.loads(body)["widgets"]
        if one["properties"]["title"].startswith("Dollars")
    ]
    return {metric["label"]: metric["expression"] for (metric,) in widget["metrics"]}


def test_the_dashboard_shows_what_is_told_and_nothing_else(dev: Template) -> None:
    assert shown(dev) <= told()
    assert {name for name, *_ in shown(dev)} == set(KINDS)


def test_dollars_are_minutes_times_the_price_that_the_owner_knows(dev: Template) -> None:
    shown_of = dollars(dev)
    at_aws = shown_of.pop("AWS")

    assert {label.lower() for label in shown_of} == set(CARRIERS)
    for label, expression in shown_of.items():
        name = f"{label}Minute"
        assert "CallMinutes" in expression
        assert f'provider="{label.lower()}"' in expression
        assert expression.endswith(f")) * ${{{name}}}")
        assert dev["Parameters"][name]["Default"] == CARRIERS[label.lower()].dollars
    assert "CallsEnded" in at_aws
    assert float(at_aws.rpartition("* ")[2]) == PROMISED_DOLLARS


def test_alarms_of_ours_stand_on_what_is_told(dev: Template) -> None:
    ours = [one for one in alarms(dev).values() if one["Namespace"] == NAMESPACE]

    assert {
        (one["MetricName"], *(dimension["Name"] for dimension in one["Dimensions"])) for one in ours
    } <= told()
    assert {one["MetricName"] for one in ours} == {
        *("SignaturesRefused", "CarrierFailures", "AgentFailures", "OldestStuck"),
    }
    assert all(one["TreatMissingData"] == "notBreaching" for one in ours)


def test_all_alarms_are_free(dev: Template) -> None:
    assert len(alarms(dev)) <= MOST_ALARMS


def test_every_function_tells_its_stage(dev: Template) -> None:
    variables = dev["Globals"]["Function"]["Environment"]["Variables"]

    assert variables[STAGE] == {"Ref": "Stage"}


def test_the_page_on_running_names_every_metric_with_its_unit_and_dimensions() -> None:
    table = rows(sections(DOCS / "running.md")["What is measured"])

    assert {row[0].strip("`"): row[1] for row in table} == {
        str(metric): unit for metric, (unit, _) in KINDS.items()
    }
    for metric, _, apart, _ in table:
        _, sets = KINDS[next(one for one in KINDS if one == metric.strip("`"))]
        assert named(apart) == {name for dimensions in sets for name in dimensions}
