"""Plays sequences of events, each another one, for as long as it is told."""

import logging
import sys
import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.bottle.cloud import one_moto
from tests.bottle.world import CARRIERS
from tests.properties.machine import AnyOrder

AT_ONCE = 50


def main() -> None:
    """Go round the carriers until the minutes given are over; what is found ends it."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    logging.disable(logging.CRITICAL)
    until = time.monotonic() + minutes * 60
    played = 0
    with one_moto():
        while time.monotonic() < until:
            for provider in CARRIERS:
                machine = type(f"Soak{provider}", (AnyOrder,), {"provider": provider})
                run_state_machine_as_test(machine, settings=_any())
                played += AT_ONCE
            sys.stdout.write(f"{played} sequences, nothing found\n")
            sys.stdout.flush()


def _any() -> settings:
    return settings(
        max_examples=AT_ONCE,
        stateful_step_count=30,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        database=None,
    )


if __name__ == "__main__":
    main()
