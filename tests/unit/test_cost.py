"""`moltis cost` reckons with what was counted."""

import json

import pytest
from click.testing import CliRunner

from moltis.commands.root import moltis
from moltis.cost import model
from moltis.cost.model import Plan


def asked(*options: str) -> str:
    result = CliRunner().invoke(moltis, ["cost", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_the_bill_of_a_month_is_its_calls_and_the_idling() -> None:
    plan = Plan(calls_per_day=7)

    together = 7 * 30 * model.total(model.one_call(plan)) + model.total(model.idle(plan))

    assert model.total(model.month(plan)) == pytest.approx(together)


def test_without_calls_a_month_costs_what_idling_costs() -> None:
    told = json.loads(asked("--calls-per-day", "0", "--json"))

    assert told["per_month"]["total"] == pytest.approx(model.total(model.idle(Plan())))
    assert told["carrier_example"]["per_month"] == 0


def test_services_add_up_to_the_total() -> None:
    told = json.loads(asked("--provider", "telnyx", "--turns", "12", "--json"))

    for part in ("per_call", "per_month"):
        assert sum(told[part]["services"].values()) == pytest.approx(told[part]["total"])


def test_more_turns_cost_more_and_more_minutes_cost_more_at_the_carrier_only() -> None:
    short = json.loads(asked("--turns", "1", "--minutes", "1", "--json"))
    long = json.loads(asked("--turns", "1", "--minutes", "3", "--json"))
    talkative = json.loads(asked("--turns", "9", "--minutes", "1", "--json"))

    assert long["per_call"] == short["per_call"]
    assert long["carrier_example"]["per_call"] == 3 * short["carrier_example"]["per_call"]
    assert talkative["per_call"]["total"] > short["per_call"]["total"]


def test_an_agent_that_thinks_is_paid_for_twice_where_the_webhook_waits_for_it() -> None:
    def gb_seconds(provider: str, agent_secs: float) -> float:
        plan = Plan(provider=provider, agent_secs=agent_secs)
        return next(e.amount for e in model.one_call(plan) if e.what == "GB-seconds")

    waiting = gb_seconds("twilio", 2) - gb_seconds("twilio", 1)
    alone = gb_seconds("telnyx", 2) - gb_seconds("telnyx", 1)

    assert waiting == pytest.approx(2 * alone)


def test_people_read_what_is_not_verified() -> None:
    told = asked()

    assert "One call of 5 turns at twilio, dev:" in told
    assert "* not verified" in told


def test_nobody_makes_fewer_than_no_calls() -> None:
    assert CliRunner().invoke(moltis, ["cost", "--calls-per-day", "-1"]).exit_code == 2
