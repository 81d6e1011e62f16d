"""How an account that is being set up looks in a terminal."""

from collections.abc import Iterator
from typing import Any

import click

Look = dict[str, Any]


def tell(seen: Look) -> None:
    """Print what was *seen* of one account."""
    star = " (default)" if seen["default"] else ""
    mark = "ready" if seen["ready"] else "not ready"
    number = seen["from_number"] or "no number"
    click.echo(f"{seen['id']}{star}: {seen['carrier']}, {number}, {mark}")
    for line in _lines(seen):
        click.echo(f"  {line}")


def tell_differences(seen: Look) -> None:
    """Print what is to be written at the carrier."""
    for entry in seen["entries"]:
        if entry["differs"]:
            click.echo(f"  {entry['name']}: {entry['found'] or 'nothing'} → {entry['wanted']}")


def _lines(seen: Look) -> Iterator[str]:
    for fault in seen["faults"]:
        yield f"{fault['field']} {fault['reason']}"
    if not seen["enabled"]:
        yield "the phone is off: enabled = false under [phone]"
    for note in seen["notes"]:
        yield f"note: {note}"
    differing = [entry for entry in seen["entries"] if entry["differs"]]
    if seen["entries"] and not differing:
        yield f"{seen['provider']} has everything as it should be: nothing to do there"
    for entry in differing:
        found, wanted = entry["found"], entry["wanted"]
        yield f"at {seen['provider']}: {entry['name']} is {found!r}, not {wanted!r}"
    for probe in seen["probes"]:
        yield _probe(probe)
    if seen["carrier"] == "simulated":
        yield "simulated: no credentials are set, so no real telephone will ring"
    if seen["inbound_policy"] == "disabled":
        yield 'inbound calls are refused: inbound_policy = "disabled" under [phone]'


def _probe(probe: dict[str, Any]) -> str:
    signed, unsigned = probe["signed"], probe["unsigned"]
    if probe["ok"]:
        warning = f"; {signed['warning']}" if signed["warning"] else ""
        return f"{probe['route']}: opens in {signed['millis']} ms, to nobody unsigned{warning}"
    findings = dict.fromkeys(filter(None, (signed["finding"], unsigned["finding"])))
    return f"{probe['route']}: {'; '.join(findings)}"
