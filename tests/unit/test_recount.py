from collections.abc import Collection
from datetime import datetime, timedelta

import pytest

from chalicelib.accounts.account import Phone
from chalicelib.actions.recount import EVERY_MINUTES, recount
from chalicelib.overriding import override
from chalicelib.store.base import Recount
from tests.builders import NOON
from tests.fakes import FakeCallStore

PHONE = Phone(active="twilio", account_ids=("twilio", "plivo"))


class Miscounted(FakeCallStore):
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[list[str]] = []

    @override
    def recount(self, accounts: Collection[str], now: datetime) -> list[Recount]:
        self.asked.append(list(accounts))
        return [Recount("plivo", 9, 0)]


def test_one_sweep_in_ten_counts_the_calls_of_every_account_anew(
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls = Miscounted()

    mended = [
        recount(lambda: PHONE, calls=calls, now=NOON + timedelta(minutes=minute))
        for minute in range(EVERY_MINUTES * 2)
    ]

    assert mended == [1, *[0] * 9, 1, *[0] * 9]
    assert [record.message for record in caplog.records] == ["running calls were miscounted"] * 2
    assert calls.asked == [["twilio", "plivo"]] * 2


def test_a_phone_that_is_not_set_up_has_nothing_to_count() -> None:
    assert recount(lambda: None, calls=Miscounted(), now=NOON) == 0
