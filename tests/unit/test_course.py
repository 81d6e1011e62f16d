from dataclasses import replace
from datetime import timedelta

from chalicelib.calls.call import Direction, State
from chalicelib.calls.course import Happened, Happening, course
from chalicelib.calls.published import course_json
from tests.builders import NOON, a_call

CALL = a_call(
    ringing_at=NOON + timedelta(seconds=1),
    answered_at=NOON + timedelta(seconds=3),
    opened_at=NOON + timedelta(seconds=4),
)


def test_a_call_tells_what_happened_to_it_in_order() -> None:
    over = replace(
        CALL,
        state=State.HANGUP_BOT,
        end_requested_at=NOON + timedelta(seconds=9),
        ended_at=NOON + timedelta(seconds=10),
    )

    assert [(happened.what, (happened.at - NOON).seconds) for happened in course(over)] == [
        ("dialled", 0),
        ("rang", 1),
        ("answered", 3),
        ("opened", 4),
        ("end_requested", 9),
        ("ended", 10),
    ]


def test_what_has_not_happened_is_not_told() -> None:
    arrived = a_call(direction=Direction.INBOUND)

    assert course(arrived) == (Happened(Happening.ARRIVED, NOON),)


def test_what_was_heard_of_late_stands_where_it_happened() -> None:
    late = replace(CALL, ringing_at=NOON + timedelta(seconds=5))

    assert [happened.what for happened in course(late)][-1] is Happening.RANG


def test_times_are_published_as_those_of_a_call_are() -> None:
    assert course_json(a_call()) == [{"what": "dialled", "at": "2026-03-02T12:00:00.000Z"}]
