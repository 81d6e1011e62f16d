"""`moltis cost`: what calls cost at AWS and at the carrier."""

import json
from typing import Any, Final

import click

from chalicelib.providers import registry
from moltis.cost import model
from moltis.cost.model import Entry, Plan

_UNVERIFIED: Final = "*"


DAYS: Final = model.DAYS_A_MONTH
_SHOWN: Final[dict[str, Any]] = {"show_default": True}


@click.command()
@click.option(
    "--provider",
    type=click.Choice(list(registry.PROVIDERS)),
    default="twilio",
    help="The carrier.",
    **_SHOWN,
)
@click.option(
    "--stage",
    type=click.Choice(list(model.COUNTS["stack"]["memory_mb"])),
    default="dev",
    help="Whose memory the functions have.",
    **_SHOWN,
)
@click.option("--turns", type=click.IntRange(0), default=5, help="Turns in a call.", **_SHOWN)
@click.option("--minutes", type=click.FloatRange(0), default=2, help="Of a call.", **_SHOWN)
@click.option(
    "--calls-per-day", type=click.FloatRange(0), default=10, help="Calls in a day.", **_SHOWN
)
@click.option(
    "--agent-secs",
    type=click.FloatRange(0),
    default=model.AGENT_SECS,
    help="How long the agent thinks about a turn.",
    **_SHOWN,
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def cost(*, as_json: bool, **asked: Any) -> None:  # noqa: ANN401  # the fields of a plan
    """Show what a call and a month cost, by counted operations and list prices.

    \b
    moltis cost                                        ten calls a day of five turns, at Twilio
    moltis cost --calls-per-day 0                      what it costs that the phone is there
    moltis cost --provider telnyx --turns 20 --json    something else, for a program
    """
    plan = Plan(**asked)
    call, monthly = model.one_call(plan), model.month(plan)
    carrier = model.carrier_minutes(plan)
    if as_json:
        click.echo(json.dumps(_told(plan, call, monthly, carrier)))
        return
    click.echo(f"One call of {plan.turns} turns at {plan.provider}, {plan.stage}:")
    _show(call)
    click.echo(f"A month of {DAYS} days with {plan.calls_per_day:g} calls a day:")
    _show(monthly)
    beyond = sum(entry.beyond_free for entry in monthly)
    click.echo(f"  {'beyond what is free each month':37}{'':15}{_money(beyond):>14}")
    monthly_part = _money(carrier.dollars * plan.calls_per_day * DAYS)
    click.echo(
        f"The carrier's part, for example: {_money(carrier.dollars)} a call of "
        f"{plan.minutes:g} minutes, {monthly_part} a month{_mark(carrier)}"
    )
    click.echo(f"List prices of us-east-1, read on {model.READ_ON}; {_UNVERIFIED} not verified.")


def _show(entries: list[Entry]) -> None:
    for entry in entries:
        if entry.amount:
            what = f"{entry.service}, {entry.what}"
            click.echo(f"  {what:37}{entry.amount:15,.6g}{_money(entry.dollars):>14}{_mark(entry)}")
    click.echo(f"  {'all together':37}{'':15}{_money(model.total(entries)):>14}")


def _money(dollars: float) -> str:
    return f"${dollars:,.6f}" if dollars < 1 else f"${dollars:,.2f}"


def _mark(entry: Entry) -> str:
    return "" if entry.price.verified else f" {_UNVERIFIED}"


def _told(plan: Plan, call: list[Entry], monthly: list[Entry], carrier: Entry) -> dict[str, Any]:
    calls = plan.calls_per_day * DAYS
    return {
        "currency": "USD",
        "region": "us-east-1",
        "prices_read_on": model.READ_ON,
        "per_call": _bill(call),
        "per_month": _bill(monthly)
        | {"beyond_free_tier": round(sum(entry.beyond_free for entry in monthly), 6)},
        "carrier_example": {
            "per_call": round(carrier.dollars, 6),
            "per_month": round(carrier.dollars * calls, 6),
            "verified": carrier.price.verified,
            "source": carrier.price.source,
        },
    }


def _bill(entries: list[Entry]) -> dict[str, Any]:
    services: dict[str, float] = {}
    for entry in entries:
        services[entry.service] = services.get(entry.service, 0) + entry.dollars
    return {
        "total": round(model.total(entries), 9),
        "services": {name: round(dollars, 9) for name, dollars in services.items()},
    }
