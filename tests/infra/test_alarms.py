import re
from typing import Any

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
        page, _, place = alarm["AlarmDescription"].rpartition(" ")[2].partition("#")
        assert (page, place in known) == ("docs/running.md", True), name


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
