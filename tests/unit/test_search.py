"""Which calls fit what is looked for, and how they are found."""

from datetime import timedelta

import pytest

from chalicelib.actions.find_calls import MOST_EXAMINED, find_calls
from chalicelib.calls.call import CallId, Direction, State
from chalicelib.calls.search import ANY, Period, Wanted
from tests.builders import NOON, a_call
from tests.fakes import FakeCallStore

CALL = a_call(provider_call_id="CA0123456789", state=State.BUSY)
LATER = NOON + timedelta(minutes=1)


@pytest.mark.parametrize(
    "wanted",
    [
        ANY,
        Wanted(text="+15559876543"),
        Wanted(text="987 6543"),
        Wanted(text="(555) 123-4567"),
        Wanted(text="CA01"),
        Wanted(text=CALL.call_id[:8]),
        Wanted(direction=Direction.OUTBOUND, state=State.BUSY),
    ],
)
def test_a_call_fits_by_number_id_direction_and_state(wanted: Wanted) -> None:
    assert wanted.fits(CALL)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(text="000"),
        Wanted(text="CA9"),
        Wanted(text="(-)"),
        Wanted(text="CA"),
        Wanted(text=CALL.call_id[1:9]),
        Wanted(direction=Direction.INBOUND),
        Wanted(state=State.COMPLETED),
        Wanted(text="987", state=State.COMPLETED),
    ],
)
def test_what_is_different_in_anything_does_not_fit(wanted: Wanted) -> None:
    assert not wanted.fits(CALL)


def test_a_period_has_its_first_moment_and_not_its_last() -> None:
    noon = Period(first=NOON, last=LATER)

    assert noon.has(NOON)
    assert not noon.has(LATER)
    assert noon.latest is not None
    assert noon.has(noon.latest)


def some_calls(*, number: int) -> FakeCallStore:
    calls = FakeCallStore()
    for n in range(number):
        account = ("twilio", "plivo")[n % 2]
        at = NOON + timedelta(seconds=n)
        calls.record(a_call(call_id=CallId(f"{n:05}"), account=account, started_at=at))
    return calls


def test_what_fits_is_found_over_pages_and_accounts() -> None:
    calls = some_calls(number=30)
    seen, cursor = [], ""

    while True:
        found = find_calls(ANY, ["twilio", "plivo"], limit=7, cursor=cursor, calls=calls)
        seen += [int(call.call_id) for call in found.calls]
        cursor = found.cursor
        assert found.searched_to is None
        if not cursor:
            break

    assert seen == list(range(29, -1, -1))


def test_a_page_that_holds_the_last_fitting_call_says_whether_others_lie_behind() -> None:
    calls = some_calls(number=6)
    oldest, newest = Wanted(text="00000"), Wanted(text="00005")
    accounts = ["twilio", "plivo"]

    assert find_calls(oldest, accounts, limit=1, cursor="", calls=calls).cursor == ""
    assert find_calls(newest, accounts, limit=1, cursor="", calls=calls).cursor == "after-00005"


def test_a_search_in_vain_stops_and_says_how_far_it_came() -> None:
    calls = some_calls(number=MOST_EXAMINED + 10)
    accounts = ["twilio", "plivo"]
    nobody = Wanted(text="nobody has this")

    first = find_calls(nobody, accounts, limit=20, cursor="", calls=calls)
    second = find_calls(nobody, accounts, limit=20, cursor=first.cursor, calls=calls)

    assert (first.calls, second.calls, second.cursor) == ((), (), "")
    assert first.searched_to == NOON + timedelta(seconds=10)
