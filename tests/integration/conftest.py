"""One gateway for all tests of a module: each test calls numbers of its own."""

from collections.abc import Iterator

import pytest

from tests.phone import Phone, a_phone


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running
