from dataclasses import dataclass, field

from chalicelib.calls.call import State
from chalicelib.calls.transcript import Conversation
from chalicelib.tool.seen import Seen
from chalicelib.tool.waiting import Clock, Wait, Waited, wait
from tests.builders import a_call, a_line


@dataclass
class Scene:
    """A call in which something happens at certain times, and how often somebody looked."""

    happens: dict[float, Conversation]
    time: float = 0
    looks: int = 0
    noticed: list[State] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, secs: float) -> None:
        self.time += secs

    def look(self) -> Conversation:
        self.looks += 1
        return [it for at, it in self.happens.items() if at <= self.time][-1]

    def wait(
        self, *, secs: float = 20, since: Seen | None = None, until_end: bool = False
    ) -> Waited:
        return wait(
            Wait(secs=secs, since=since, until_end=until_end),
            self.look,
            notice=lambda seen: self.noticed.append(seen.call.state),
            clock=Clock(self.now, self.sleep),
        )


def at(state: State, *texts: str) -> Conversation:
    return Conversation(a_call(state=state), tuple(a_line(text) for text in texts))


RINGING = at(State.RINGING)
GREETED = at(State.LISTENING, "Hello.")
HEARD = at(State.ACTIVE, "Hello.", "Hi.")
OVER = at(State.HANGUP_USER, "Hello.", "Hi.")


def test_a_change_ends_the_wait() -> None:
    scene = Scene({0: RINGING, 5: GREETED, 9: HEARD})

    assert scene.wait() == Waited(GREETED, has_news=True)
    assert 5 <= scene.time < 8


def test_what_happened_since_the_cursor_ends_the_wait_before_it_begins() -> None:
    scene = Scene({0: GREETED})

    assert scene.wait(since=Seen.of(RINGING)).has_news
    assert (scene.time, scene.looks) == (0, 1)


def test_the_end_of_the_call_can_be_waited_for_and_all_on_the_way_is_noticed() -> None:
    scene = Scene({0: RINGING, 3: GREETED, 7: HEARD, 12: OVER})

    assert scene.wait(until_end=True) == Waited(OVER, has_news=True)
    assert scene.noticed == [State.LISTENING, State.ACTIVE, State.HANGUP_USER]


def test_a_call_that_is_over_is_not_waited_for() -> None:
    scene = Scene({0: OVER})

    assert scene.wait(since=Seen.of(OVER)) == Waited(OVER, has_news=False)
    assert scene.time == 0


def test_time_runs_out() -> None:
    scene = Scene({0: RINGING})

    assert scene.wait() == Waited(RINGING, has_news=False)
    assert scene.time == 20


def test_somebody_who_waits_looks_gently() -> None:
    scene = Scene({0: RINGING})

    scene.wait()

    assert scene.looks <= 16
