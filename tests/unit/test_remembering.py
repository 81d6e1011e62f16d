"""How long a container believes what it has read."""

from collections import Counter

import pytest

from chalicelib.errors import TooManyStrangersError
from chalicelib.remembering import (
    MOST_REMEMBERED,
    REMEMBERED_SECS,
    STRANGERS_AT_ONCE,
    STRANGERS_PER_SEC,
    Acquainted,
    Remembered,
)


class Clock:
    secs = 1000.0

    def __call__(self) -> float:
        return self.secs


class World:
    def __init__(self) -> None:
        self.clock = Clock()
        self.voice = "Amy"
        self.reads: Counter[str] = Counter()
        self.remembered = Remembered(self._read, monotonic=self.clock)

    def _read(self, key: str) -> str:
        self.reads[key] += 1
        return f"{key} {self.voice}"


def test_a_change_elsewhere_holds_here_within_thirty_seconds() -> None:
    world = World()
    world.remembered.get("twilio")

    world.voice = "Brian"
    world.clock.secs += REMEMBERED_SECS - 0.1
    before = world.remembered.get("twilio")
    world.clock.secs += 0.1
    after = world.remembered.get("twilio")

    assert (before, after) == ("twilio Amy", "twilio Brian")
    assert (REMEMBERED_SECS, world.reads) == (30, {"twilio": 2})


def test_what_was_changed_here_is_read_again_at_once() -> None:
    world = World()
    world.remembered.get("twilio")

    world.voice = "Brian"
    world.remembered.forget("twilio")
    world.remembered.forget("nobody")

    assert world.remembered.get("twilio") == "twilio Brian"


def test_made_up_keys_do_not_fill_the_memory() -> None:
    world = World()

    for number in range(MOST_REMEMBERED * 3):
        world.remembered.get(f"made up {number}")
        assert len(world.remembered) <= MOST_REMEMBERED


class Flood:
    def __init__(self) -> None:
        self.clock = Clock()
        self.kept = {"friend": "a token"}
        self.reads: Counter[str] = Counter()
        self.known = Acquainted(self._read, monotonic=self.clock)

    def _read(self, key: str) -> str | None:
        self.reads[key] += 1
        return self.kept.get(key)

    def rise(self, wave: str) -> int:
        """Make keys up until no more are looked up; tells how many were."""
        for number in range(STRANGERS_AT_ONCE * 2):
            try:
                assert self.known.get(f"{wave} {number}") is None
            except TooManyStrangersError:
                return number
        return -1


def test_only_so_many_made_up_keys_are_looked_up_at_once_and_more_a_second_later() -> None:
    flood = Flood()

    first, second = flood.rise("first"), flood.rise("second")
    flood.clock.secs += 1
    third = flood.rise("third")

    assert (first, second, third) == (STRANGERS_AT_ONCE, 0, STRANGERS_PER_SEC)
    assert sum(flood.reads.values()) == STRANGERS_AT_ONCE + STRANGERS_PER_SEC


def test_whoever_is_known_here_is_neither_kept_waiting_by_strangers_nor_forgotten() -> None:
    flood = Flood()
    flood.known.get("friend")

    flood.rise("first")
    at_once = flood.known.get("friend")
    flood.clock.secs += REMEMBERED_SECS
    flood.rise("second")
    later = flood.known.get("friend")

    assert (at_once, later, flood.reads["friend"]) == ("a token", "a token", 2)


def test_a_stranger_in_a_flood_comes_in_a_moment_later() -> None:
    flood = Flood()
    flood.rise("first")

    with pytest.raises(TooManyStrangersError):
        flood.known.get("friend")
    flood.clock.secs += 2 / STRANGERS_PER_SEC

    assert flood.known.get("friend") == "a token"


def test_a_friend_who_is_one_no_longer_is_a_stranger_again() -> None:
    flood = Flood()
    flood.known.get("friend")
    del flood.kept["friend"]

    flood.clock.secs += REMEMBERED_SECS

    assert [flood.known.get("friend") for _ in range(3)] == [None] * 3
    assert flood.reads["friend"] == 3


def test_a_stranger_is_not_looked_up_again_and_again() -> None:
    flood = Flood()

    for _ in range(STRANGERS_AT_ONCE * 2):
        assert flood.known.get("nobody") is None

    assert flood.reads["nobody"] == 1
