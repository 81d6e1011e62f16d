from datetime import timedelta
from typing import Any

from chalicelib.calls.published import conversation_json
from chalicelib.calls.transcript import Conversation, Speaker, Timing
from moltis.latency import STAGES, waits
from tests.builders import NOON, a_call, a_line


def later(msecs: int) -> Any:
    return NOON + timedelta(milliseconds=msecs)


TIMING = Timing(
    understood_at=NOON,
    webhook_at=later(30),
    asked_at=later(40),
    first_at=later(640),
    sent_at=later(660),
)


def shown(**changes: Any) -> dict[str, Any]:
    facts = {name: getattr(TIMING, name) for name in Timing.__slots__} | changes
    line = a_line("On Friday.", speaker=Speaker.BOT, timing=Timing(**facts))
    return conversation_json(Conversation.of(a_call(), [a_line(), line]))


def test_a_reply_says_how_long_each_stage_took_and_what_was_heard_does_not() -> None:
    heard, reply = shown()["transcript"]

    assert "timing" not in heard
    assert reply["timing"] == {
        "webhook_ms": 30,
        "agent_ms": 10,
        "first_sentence_ms": 600,
        "sent_ms": 20,
        "total_ms": 660,
    }


def test_where_no_carrier_says_when_it_understood_that_stage_is_unknown() -> None:
    timing = shown(understood_at=None)["transcript"][1]["timing"]

    assert (timing["webhook_ms"], timing["total_ms"]) == (None, 630)


def test_two_clocks_that_disagree_make_no_stage_shorter_than_nothing() -> None:
    assert shown(understood_at=later(100))["transcript"][1]["timing"]["webhook_ms"] == 0


def test_the_stages_of_many_turns_are_summed_up() -> None:
    calls = [shown(sent_at=later(640 + n)) for n in range(1, 101)]

    found = waits(calls)

    assert (found["calls"], found["turns"]) == (100, 100)
    assert found["stages"]["sent_ms"] == {"count": 100, "p50": 50, "p95": 95, "max": 100}


def test_without_turns_there_is_nothing_to_sum_up() -> None:
    nothing = {"count": 0, "p50": None, "p95": None, "max": None}

    assert waits([]) == {"calls": 0, "turns": 0, "stages": dict.fromkeys(STAGES, nothing)}
