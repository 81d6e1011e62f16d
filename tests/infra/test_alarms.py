import re
from datetime import timedelta
from typing import Any

from chalicelib.actions.place_call import RING_SLACK, UNANSWERED_SLACK
from chalicelib.actions.sweep import LOOK_AGAIN_AFTER
from chalicelib.calls.call import LOOK_AT_LIVE_EVERY
from moltis.deployment.locked import ROOT

RUNNING = ROOT / "docs" / "running.md"


def alarms(template: dict[str, Any]) -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::CloudWatch::Alarm"
    }


def test_every_alarm_leads_to_what_is_to_be_done(dev: dict[str, Any]) -> None:
    headings = re.findall(r"^## (.+)$", RUNNING.read_text(), re.MULTILINE)
    known = {heading.lower().replace(" ", "-") for heading in headings}

    for name, alarm in alarms(dev).items():
        page, place = leads_to(alarm)
        assert (page, place in known) == ("docs/running.md", True), name


def test_whatever_is_told_of_alarms_is_of_one_that_there_is(dev: dict[str, Any]) -> None:
    of_alarms = RUNNING.read_text().partition("\n## What is measured")[0]
    headings = re.findall(r"^## (.+)$", of_alarms, re.MULTILINE)

    places = {place for _, place in map(leads_to, alarms(dev).values())}
    assert {heading.lower().replace(" ", "-") for heading in headings} == places


def leads_to(alarm: dict[str, Any]) -> tuple[str, str]:
    page, _, place = alarm["AlarmDescription"].rpartition(" ")[2].partition("#")
    return page, place


def test_a_call_is_stuck_only_if_the_sweep_has_tried_to_settle_it(dev: dict[str, Any]) -> None:
    alarm = alarms(dev)["CallsAreStuck"]
    between_sweeps = timedelta(minutes=1)
    # Nobody knows that a goodbye was spoken; nobody has picked up.
    first_look = max(LOOK_AT_LIVE_EVERY, RING_SLACK + UNANSWERED_SLACK) + between_sweeps

    assert (alarm["MetricName"], alarm["Statistic"]) == ("OldestStuck", "Maximum")
    assert timedelta(seconds=alarm["Threshold"]) > first_look + LOOK_AGAIN_AFTER
    # The call is looked at in each of its periods, however long the carrier takes to fail.
    assert timedelta(seconds=alarm["Period"]) >= 2 * (LOOK_AGAIN_AFTER + between_sweeps)


def test_somebody_is_told_of_each_and_of_its_end(dev: dict[str, Any]) -> None:
    assert len(alarms(dev)) >= 6
    assert all(
        one["AlarmActions"] == one["OKActions"] == [{"Ref": "Alarms"}]
        for one in alarms(dev).values()
    )


def test_every_dead_letter_queue_has_an_alarm(dev: dict[str, Any]) -> None:
    queues = {name for name, one in dev["Resources"].items() if one["Type"] == "AWS::SQS::Queue"}
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in alarms(dev).values()
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }

    assert watched == queues
