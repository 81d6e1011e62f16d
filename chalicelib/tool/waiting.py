"""Waiting for something to happen in a call, looking gently."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from chalicelib.calls.transcript import Conversation
from chalicelib.tool.seen import Seen

FIRST_PAUSE_SECS: Final = 0.25
LONGEST_PAUSE_SECS: Final = 2.0
GROWTH: Final = 1.4
"""Somebody who waits 20 seconds looks 14 times."""

Look = Callable[[], Conversation]
Notice = Callable[[Conversation], None]


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, on a clock that only runs on, and how to let some pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """For what to wait, and how long."""

    secs: float
    since: Seen | None = None
    until_end: bool = False


@dataclass(frozen=True, slots=True)
class Waited:
    """The conversation after waiting, and whether anything happened that was not known."""

    conversation: Conversation
    has_news: bool


def nobody(_conversation: Conversation) -> None:
    """Tell nobody of what was noticed on the way."""


def wait(
    wanted: Wait, look: Look, *, notice: Notice = nobody, clock: Clock | None = None
) -> Waited:
    """Give the conversation once it is what is *wanted*, or as it is when the time is up.

    Each change on the way is told to *notice*.
    """
    clock = clock or Clock()
    deadline = clock.now() + wanted.secs
    conversation = look()
    known = wanted.since or Seen.of(conversation)
    noticed = known
    pause = FIRST_PAUSE_SECS
    while True:
        if not noticed.is_all_of(conversation):
            noticed = Seen.of(conversation)
            notice(conversation)
        is_over = conversation.call.state.is_final
        has_news = not known.is_all_of(conversation)
        left = deadline - clock.now()
        if is_over or (has_news and not wanted.until_end) or left <= 0:
            return Waited(conversation, has_news)
        clock.sleep(min(pause, left))
        pause = min(pause * GROWTH, LONGEST_PAUSE_SECS)
        conversation = look()
