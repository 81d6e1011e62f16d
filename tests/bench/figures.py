"""What the benches have in common: rounds in turn, tables, and floors that must hold."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import click

Row = dict[str, Any]


def in_turn(what: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Do all of *what* in turn, *rounds* times: what slows the machine slows all of it."""
    took: dict[str, list[float]] = {name: [] for name in what}
    for number in range(rounds):
        # The order changes, so that nobody always comes after the same one.
        names = list(what) if number % 2 else list(what)[::-1]
        for name in names:
            took[name].append(what[name]())
    return took


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """How often *those* go into *these*, round by round: the median."""
    return round(median(one / other for one, other in zip(these, those, strict=True)), 3)


def at_most(name: str, value: float, limit: float) -> Row:
    """A floor: *value* may not be more than *limit*."""
    return _floor(name, value, {"at_most": limit}, ok=value <= limit)


def at_least(name: str, value: float, limit: float) -> Row:
    """A floor: *value* may not be less than *limit*."""
    return _floor(name, value, {"at_least": limit}, ok=value >= limit)


def table(title: str, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print *columns* of *rows*."""
    width = max(len(str(row["name"])) for row in rows)
    click.echo(f"{title:<{width + 2}} {' '.join(f'{column:>14}' for column in columns)}")
    for row in rows:
        cells = " ".join(f"{row.get(column, '')!s:>14}" for column in columns)
        click.echo(f"  {row['name']:<{width}} {cells}")


def _floor(name: str, value: float, limit: dict[str, float], *, ok: bool) -> Row:
    click.echo(f"{'ok ' if ok else 'NOT'} {name}: {value:.2f}")
    return {"name": name, "value": round(value, 3), **limit, "ok": ok}
