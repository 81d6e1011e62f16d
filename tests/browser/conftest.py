"""A real Chromium for the pages; where there is none, the tests say so."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.browsing import FLAGS, Visit, chromium_here, visiting
from tests.phone import Phone, a_phone

OpenBrowser = Callable[..., Visit]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    where = chromium_here()
    if where is None:
        pytest.skip("there is no Chromium here; apt-get install chromium")
    with sync_playwright() as playwright:
        # Each launch has a user data folder of its own, which is gone afterwards.
        browser = playwright.chromium.launch(executable_path=where, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running


@pytest.fixture
def browse(chromium: Browser, phone: Phone) -> Iterator[OpenBrowser]:
    """Opens browsers that know nothing of each other; what they complain about fails the test."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(visiting(chromium, phone, **options))


@pytest.fixture
def visit(browse: OpenBrowser) -> Visit:
    return browse()
