"""The environment, read once into one frozen value."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Final

from chalicelib.errors import ConfigurationError

VERSION: Final = "0.1.0"

_NAMES: Final = {
    "table_name": "MOLTIS_TABLE",
    "call_timer_arn": "MOLTIS_CALL_TIMER_ARN",
    "secret_prefix": "MOLTIS_SECRET_PREFIX",
    "take_turn_function": "MOLTIS_TAKE_TURN_FUNCTION",
}
_AUDIO_BUCKET: Final = "MOLTIS_AUDIO_BUCKET"
_SHORT_TIMER: Final = "MOLTIS_SHORT_TIMER_ARN"
_LOST_TIMERS: Final = "MOLTIS_LOST_TIMERS_QUEUE"
_SOFT_PHONE: Final = "MOLTIS_SOFT_PHONE"
_CARRIER_SPEED: Final = "MOLTIS_CARRIER_SPEED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment tells its functions."""

    table_name: str
    call_timer_arn: str
    secret_prefix: str
    take_turn_function: str
    short_timer_arn: str = ""
    """The state machine of timers of seconds; without one, the other has them, too."""
    audio_bucket: str = ""
    """Where sounds are kept; without one, the carriers speak."""
    lost_timers_queue: str = ""
    """The address of the queue of timers that were given up; without one, none is fired again."""
    has_soft_phone: bool = False
    """Whether a telephone can be had in the browser; only a local gateway has one."""
    carrier_speed: float = 1.0
    """How many times as fast as ours the clock of simulated carriers runs."""


@cache
def settings() -> Settings:
    """Read the environment, once per container.

    Raises:
        ConfigurationError: variables are missing; all of them are named.
    """
    missing = [variable for variable in _NAMES.values() if not os.environ.get(variable)]
    if missing:
        message = f"the environment lacks {', '.join(missing)}; deploy with the stack's template"
        raise ConfigurationError(message)
    named = {name: os.environ[variable] for name, variable in _NAMES.items()}
    return Settings(
        **named,
        short_timer_arn=os.environ.get(_SHORT_TIMER, ""),
        audio_bucket=os.environ.get(_AUDIO_BUCKET, ""),
        lost_timers_queue=os.environ.get(_LOST_TIMERS, ""),
        has_soft_phone=bool(os.environ.get(_SOFT_PHONE)),
        carrier_speed=float(os.environ.get(_CARRIER_SPEED, "1")),
    )
