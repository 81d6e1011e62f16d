"""How long a container believes what it has read."""

from collections import Counter

from chalicelib.wiring import MOST_REMEMBERED, REMEMBERED_SECS, Remembered


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
