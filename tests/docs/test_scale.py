"""docs/scale.md says what the simulation finds, and the simulation plays what was counted."""

import json
import re

import pytest

from infra import simulate_scale
from infra.simulate_scale import QUOTAS, RATES, reached_at, walls
from tests.docs import scale
from tests.docs.pages import ROOT


def test_the_page_of_scale_is_what_is_simulated() -> None:
    assert scale.PAGE.read_text("utf-8") == scale.page(), "say `make docs`"


def test_the_same_rate_meets_the_same_walls() -> None:
    assert walls(10.0) == walls(10.0)


@pytest.mark.parametrize("rate", [rate for rate in RATES.values() if rate >= 10])
def test_calls_at_random_need_as_much_as_calls_that_come_evenly_and_some_more(rate: float) -> None:
    for wall in walls(rate):
        evenly = rate / reached_at(wall.quota)
        if wall.quota["demand"] != "secrets read":
            assert evenly * 0.95 < wall.share < evenly * 3, wall


def test_one_call_a_day_meets_no_wall() -> None:
    assert [wall for wall in walls(RATES["1 a day"]) if wall.share > 1] == []


def test_every_quota_is_asked_for() -> None:
    needed = simulate_scale.simulate(1.0)

    assert {quota["demand"] for quota in QUOTAS} == set(needed)


def test_limits_of_ours_are_those_that_are_set() -> None:
    ours = {quota["source"]: quota["limit"] for quota in QUOTAS if "://" not in quota["source"]}
    stages = {
        path: int(re.findall(r"ThrottlingRateLimit: (\d+)", (ROOT / path).read_text("utf-8"))[0])
        for path in ours
        if path.startswith("infra/stages/")
    }
    chalice = json.loads((ROOT / ".chalice" / "config.json").read_text("utf-8"))
    sweep = (ROOT / "chalicelib" / "actions" / "sweep.py").read_text("utf-8")

    assert stages == {path: ours[path] for path in stages}
    functions = chalice["stages"]["prod"]["lambda_functions"]
    assert functions["api_handler"]["reserved_concurrency"] == ours[".chalice/config.json"]
    assert f"MOST_PER_RUN: Final = {ours['chalicelib/actions/sweep.py']}\n" in sweep
