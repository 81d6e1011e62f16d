"""Plays calls that begin at random, second by second, and finds the walls they run into.

    python infra/simulate_scale.py

Calls are what moltis/cost/counts.json counted: five turns, 15 seconds each, all of one account.
What each needs is spread over its seconds: half of what a call without turns needs when it is
dialled, a turn's part in each turn, the rest at its end. The random numbers are always the same.
"""

import random
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from moltis.cost import model
from moltis.cost.model import Plan

_TABLE: Final = tomllib.loads((Path(__file__).parent / "quotas.toml").read_text("utf-8"))
QUOTAS: Final[list[dict[str, Any]]] = _TABLE["quota"]
READ_ON: Final = str(_TABLE["read"])
PLAN: Final = Plan(provider="twilio", stage="prod")
RATES: Final = {
    "1 a day": 1 / 86_400,
    "1 a minute": 1 / 60,
    "1 a second": 1.0,
    "10 a second": 10.0,
    "100 a second": 100.0,
    "1,000 a second": 1000.0,
}
CLOCK_SECS: Final = 3600
"""What `max_duration_secs` is by default."""
WARM_UP: Final = CLOCK_SECS
"""From then on as many clocks end as begin."""
SECONDS: Final = WARM_UP + 300
TURN_SECS: Final = 15
RINGS_SECS: Final = 8
RING_TIMER_SECS: Final = 30
REMEMBERED_SECS: Final = 30
SHARDS: Final = 8
MOST_EXACT: Final = 50
"""Above it a Poisson distribution is taken for a normal one."""

Need = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Wall:
    """A quota, and how much of it is needed."""

    quota: Mapping[str, Any]
    needed: float

    @property
    def share(self) -> float:
        """How much of it: above 1 it is not enough."""
        return self.needed / float(self.quota["limit"])


def walls(rate: float) -> list[Wall]:
    """Every quota at *rate* calls begun in a second, the most needed first."""
    peak = simulate(rate)
    found = [Wall(quota, peak[quota["demand"]]) for quota in QUOTAS]
    return sorted(found, key=lambda wall: -wall.share)


def reached_at(quota: Mapping[str, Any]) -> float:
    """Calls begun in a second, evenly, that need all of *quota*."""
    profile = _profile()
    each = sum(needs.get(quota["demand"], 0.0) for needs in profile)
    return float(quota["limit"]) / _level(quota["demand"], each, 1.0)


def simulate(rate: float) -> dict[str, float]:
    """The most that is needed of each thing in any second, *rate* calls begun in each."""
    begun = _arrivals(rate)
    profile = _profile()
    peak: dict[str, float] = {}
    for demand in sorted({name for needs in profile for name in needs}):
        needs = [at.get(demand, 0.0) for at in profile]
        most = max(
            sum(begun[second - age] * need for age, need in enumerate(needs) if need)
            for second in range(WARM_UP, SECONDS)
        )
        peak[demand] = _level(demand, most, rate)
    return peak


def _level(demand: str, needed: float, rate: float) -> float:
    """What is needed, where more calls do not need as much more: containers remember."""
    if demand == "secrets read":
        return min(needed, _containers(rate) / REMEMBERED_SECS)
    return needed


def _containers(rate: float) -> float:
    # No more than there are webhooks at once, and one at least.
    return max(1.0, rate * sum(needs.get("concurrency", 0.0) for needs in _profile()))


def _arrivals(rate: float) -> list[int]:
    """How many calls begin in each second; one of them in the first that counts."""
    chance = random.Random(rate)  # noqa: S311  # it plays, and keeps no secret
    begun = [_poisson(rate, chance) for _ in range(SECONDS)]
    begun[WARM_UP] = max(1, begun[WARM_UP])
    return begun


def _poisson(mean: float, chance: random.Random) -> int:
    if mean > MOST_EXACT:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    left, count = chance.expovariate(1.0), 0
    while left < mean:
        left += chance.expovariate(1.0)
        count += 1
    return count


def _profile() -> Sequence[Need]:
    """What one call needs in each second after it began."""
    end = RINGS_SECS + PLAN.turns * TURN_SECS
    seconds: list[defaultdict[str, float]] = [defaultdict(float) for _ in range(CLOCK_SECS)]
    none, turn = _counted(0), _counted(PLAN.turns)
    for name, value in none.items():
        seconds[0][name] += value / 2
        seconds[end][name] += value / 2
    for number in range(PLAN.turns):
        for name, value in turn.items():
            more = (value - none.get(name, 0.0)) / PLAN.turns
            seconds[RINGS_SECS + number * TURN_SECS][name] += more
    seconds[0]["dials"] = 1.0
    for second in range(end, end + 60):
        seconds[second]["ended calls a minute"] = 1.0
    for second in range(CLOCK_SECS):
        # Above what the sweep stops, clocks run to their end: the most there can be.
        seconds[second]["open executions"] = 1.0 + (second < RING_TIMER_SECS)
    return seconds


def _counted(turns: int) -> dict[str, float]:
    plan = Plan(provider=PLAN.provider, stage=PLAN.stage, turns=turns)
    counts = model.call_counts(plan)
    hot = model.COUNTS["calls"][plan.provider][str(turns)]["hot"]
    busy = model.seconds_of(counts, plan)
    turn_secs = turns * plan.agent_secs
    return {
        "api requests": counts["api_handler invocations"],
        "concurrency": busy,
        "webhook concurrency": busy - turn_secs,
        "write units": counts["write units"],
        "starts": counts["stepfunctions StartExecution"],
        "transitions": counts["state transitions"],
        "secrets read": counts["secretsmanager GetSecretValue"],
        "index by_account": hot["index by_account"],
        "index live": hot["index live"] / SHARDS,
        "ACCOUNT RUNNING": hot["ACCOUNT RUNNING"],
    }


def table(rates: Iterable[str] = RATES) -> list[str]:
    """The table of sizes and walls, as Markdown."""
    rows = [
        "| calls begun | carriers too narrow | else too small, the worst first | the next wall |",
        "|---|---|---|---|",
    ]
    for name in rates:
        found = [wall for wall in walls(RATES[name]) if wall.quota.get("stage") != "dev"]
        beyond = [wall for wall in found if wall.share > 1]
        carriers = [wall for wall in beyond if wall.quota.get("carrier")]
        others = [wall for wall in beyond if not wall.quota.get("carrier")]
        after = [w for w in found if w not in beyond and not w.quota.get("carrier")][:1]
        rows.append(f"| {name} | {_listed(carriers)} | {_listed(others)} | {_listed(after)} |")
    return rows


def _listed(found: list[Wall]) -> str:
    told = (f"{wall.quota['name']} ({_times(wall.share)})" for wall in found)
    return "; ".join(told) or "none"


def _times(share: float) -> str:
    return f"{share:.1%}" if share < 1 else f"{share:,.1f} times"


if __name__ == "__main__":
    print("\n".join(table()))  # noqa: T201  # a program
