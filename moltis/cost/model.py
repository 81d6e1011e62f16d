"""What a call costs, and a month without one: counted operations times listed prices."""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from chalicelib.providers import registry

MEASURED_TURNS: Final = 5
AGENT_SECS: Final = 1.0
"""How long an agent thinks about a turn, if nobody says otherwise."""
DAYS_A_MONTH: Final = 30
SWEEPS_A_MONTH: Final = DAYS_A_MONTH * 24 * 60

AWS_ROUND_TRIP_SECS: Final = 0.005
CARRIER_ROUND_TRIP_SECS: Final = 0.2
LAMBDA_LOG_BYTES: Final = 400
"""What Lambda itself writes of an invocation: START, END, REPORT. These three are assumed."""
WHOLE_CPU_MB: Final = 1769
"""Memory with which a function has one CPU.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

EXPRESS_MB: Final = 64
"""What an Express execution is billed for: 50 MB and its definition, rounded up.
https://aws.amazon.com/step-functions/pricing/"""

FIXED_SECRETS: Final = 2
"""Credentials of one account, and the agent's key; the stack's own are counted."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one *unit* costs; *free* of them cost nothing each month."""

    dollars: float
    unit: str
    source: str
    as_of: str
    verified: bool
    free: float = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a bill."""

    service: str
    what: str
    price: Price
    amount: float

    @property
    def dollars(self) -> float:
        """What it costs at list prices."""
        return self.amount * self.price.dollars

    @property
    def beyond_free(self) -> float:
        """What it costs in a month in which nobody else uses what is free."""
        return max(0.0, self.amount - self.price.free) * self.price.dollars

    def times(self, number: float) -> "Entry":
        """The same, *number* times."""
        return Entry(self.service, self.what, self.price, self.amount * number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is called for: *minutes* are billed whole."""

    provider: str = "twilio"
    stage: str = "dev"
    turns: int = MEASURED_TURNS
    minutes: float = 2
    calls_per_day: float = 10
    agent_secs: float = AGENT_SECS


def _read(name: str) -> str:
    return (files("moltis.cost") / name).read_text("utf-8")


COUNTS: Final[dict[str, Any]] = json.loads(_read("counts.json"))
_PRICES: Final = tomllib.loads(_read("prices.toml"))
READ_ON: Final = str(_PRICES["read"])
AWS: Final = {name: Price(**price) for name, price in _PRICES["aws"].items()}
CARRIERS: Final = {name: Price(**price) for name, price in _PRICES["carrier"].items()}

_ENTRIES: Final = (
    ("API Gateway", "requests", "api_request"),
    ("Lambda", "invocations", "lambda_request"),
    ("Lambda", "GB-seconds", "lambda_gb_second"),
    ("DynamoDB", "write units", "write_unit"),
    ("DynamoDB", "read units", "read_unit"),
    ("Step Functions", "transitions", "state_transition"),
    ("Step Functions", "short executions", "express_request"),
    ("Step Functions", "GB-seconds", "express_gb_second"),
    ("Secrets Manager", "requests", "secret_request"),
    ("CloudWatch", "bytes of log", "log_byte"),
    ("S3", "sounds kept", "sound_put"),
    ("S3", "sounds read", "sound_get"),
)


def one_call(plan: Plan) -> list[Entry]:
    """What one call asks of AWS."""
    return _entries(_usage(call_counts(plan), plan))


def idle(plan: Plan) -> list[Entry]:
    """What a month costs in which nobody calls."""
    swept = COUNTS["sweep"]
    usage = _usage(_parts(swept["counts"], swept["cpu_ms"]), plan)
    entries = [entry.times(SWEEPS_A_MONTH) for entry in _entries(usage) if entry.amount]
    secrets = COUNTS["stack"]["secrets"] + FIXED_SECRETS
    return [
        Entry("Secrets Manager", "secrets", AWS["secret_month"], secrets),
        Entry("CloudWatch", "alarms", AWS["alarm_month"], COUNTS["stack"]["alarms"]),
        *entries,
    ]


def carrier_minutes(plan: Plan) -> Entry:
    """The carrier's part of one call, as an example: whole minutes, outbound."""
    whole = float(-(-plan.minutes // 1))
    return Entry(plan.provider, "minutes", CARRIERS[plan.provider], whole)


def month(plan: Plan) -> list[Entry]:
    """Calls and idling together, each service's entries as one."""
    calls = plan.calls_per_day * DAYS_A_MONTH
    found: dict[tuple[str, str], Entry] = {}
    for entry in [*(entry.times(calls) for entry in one_call(plan)), *idle(plan)]:
        known = found.get((entry.service, entry.what))
        amount = entry.amount + (known.amount if known else 0)
        found[entry.service, entry.what] = Entry(entry.service, entry.what, entry.price, amount)
    return list(found.values())


def total(entries: Iterable[Entry]) -> float:
    """Dollars, at list prices."""
    return sum(entry.dollars for entry in entries)


def call_counts(plan: Plan) -> dict[str, float]:
    """What was counted, for as many turns as the plan has."""
    measured = COUNTS["calls"][plan.provider]
    none = _parts(measured["0"]["counts"], measured["0"]["cpu_ms"])
    most = _parts(measured[str(MEASURED_TURNS)]["counts"], measured[str(MEASURED_TURNS)]["cpu_ms"])
    share = plan.turns / MEASURED_TURNS
    counts = {
        name: none.get(name, 0) + share * (most.get(name, 0) - none.get(name, 0))
        for name in sorted({*none, *most})
    }
    return {**counts, "turns": plan.turns}


def seconds_of(counts: Mapping[str, float], plan: Plan) -> float:
    """How long functions run for a call, all together."""
    slower = max(1.0, WHOLE_CPU_MB / memory_mb(plan))
    # Half of what is asked of the table is asked in turns.
    turn = counts.get("take_turn cpu", 0) * slower
    turn += counts.get("dynamodb requests", 0) * AWS_ROUND_TRIP_SECS / 2
    thinks = plan.agent_secs * counts.get("turns", 0)
    own = sum(value for name, value in counts.items() if name.endswith(" cpu")) * slower
    asking = _aws_requests(counts) * AWS_ROUND_TRIP_SECS
    carrier = counts.get("carrier requests", 0) * CARRIER_ROUND_TRIP_SECS
    # A webhook that is answered by a document waits for its turn, and both are paid for.
    waits = 0.0 if registry.PROVIDERS[plan.provider].takes_commands else thinks + turn
    return own + asking + carrier + thinks + waits


def memory_mb(plan: Plan) -> int:
    """The memory of the functions."""
    return int(COUNTS["stack"]["memory_mb"][plan.stage])


def invocations(counts: Mapping[str, float]) -> float:
    """How often functions run."""
    return sum(value for name, value in counts.items() if name.endswith(" invocations"))


def _aws_requests(counts: Mapping[str, float]) -> float:
    services = ("dynamodb requests", "stepfunctions ", "secretsmanager ", "s3 ")
    return sum(value for name, value in counts.items() if name.startswith(services))


def _parts(counts: Mapping[str, float], cpu_ms: Mapping[str, float]) -> dict[str, float]:
    return {**counts, **{f"{name} cpu": value / 1000 for name, value in cpu_ms.items()}}


def _usage(counts: Mapping[str, float], plan: Plan) -> dict[str, float]:
    runs = invocations(counts)
    seconds = seconds_of(counts, plan)
    return {
        "api_request": counts.get("api_handler invocations", 0),
        "lambda_request": runs,
        "lambda_gb_second": seconds * memory_mb(plan) / 1024,
        "write_unit": counts.get("write units", 0),
        "read_unit": counts.get("read half-units", 0) / 2,
        "state_transition": counts.get("state transitions", 0),
        "express_request": counts.get("short timers", 0),
        "express_gb_second": counts.get("short timer seconds", 0) * EXPRESS_MB / 1024,
        "secret_request": counts.get("secretsmanager GetSecretValue", 0),
        "log_byte": counts.get("log bytes", 0) + runs * LAMBDA_LOG_BYTES,
        "sound_put": counts.get("s3 PutObject", 0),
        "sound_get": counts.get("s3 GetObject", 0) + counts.get("s3 HeadObject", 0),
    }


def _entries(usage: Mapping[str, float]) -> list[Entry]:
    return [Entry(service, what, AWS[price], usage[price]) for service, what, price in _ENTRIES]
