"""What a person does with a page, and what a browser says about it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route, expect

from tests.phone import Phone

FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS: Final = 30_000
AXE: Final = Path(axe_playwright_python.__file__).with_name("axe.min.js")
SERIOUS: Final = frozenset({"serious", "critical"})

expect.set_options(timeout=PATIENCE_MS)


def chromium_here() -> str | None:
    """The Chromium that is installed here, if any."""
    names = (os.environ.get("MOLTIS_CHROMIUM", ""), "chromium", "chromium-browser")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@dataclass  # Playwright hangs things of its own on whoever listens
class Visit:
    """A browser with one page open."""

    phone: Phone
    page: Page
    complaints: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    """What the console may say: browsers report every answer from 400 on."""

    def open(self, path: str, *, token: str = "") -> None:
        """Go to a page; with *token*, by a link that has it."""
        # The same address with another # would not be fetched again.
        self.page.goto("about:blank")
        self.page.goto(f"{self.phone.gateway.url}/{path}{f'#token={token}' if token else ''}")

    def sign_in(self, path: str, token: str = "") -> None:
        """Open a page and sign in, with the gateway's own token or another."""
        self.open(path, token=token or self.phone.gateway.token)
        self.button("Sign in").click()
        expect(self.button("Sign out")).to_be_visible()

    def keep_back(self, path: str, text: str = "") -> list[Route]:
        """Have the first request to *path* that has *text* wait until somebody lets it go on."""
        held: list[Route] = []

        def hold(route: Route) -> None:
            is_first = not held and text in (route.request.post_data or "")
            held.append(route) if is_first else route.continue_()

        self.page.route(path, hold)
        return held

    def button(self, name: str) -> Locator:
        """The button that says so."""
        return self.page.get_by_role("button", name=name, exact=True)

    def focused(self) -> str:
        """What a screen reader would call the element that has the focus."""
        return str(
            self.page.evaluate(
                "(e => e.labels?.[0]?.textContent || e.ariaLabel || e.textContent)"
                "(document.activeElement)"
            )
        ).strip()

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        return bool(
            self.page.evaluate(
                "document.documentElement.scrollWidth > document.documentElement.clientWidth"
            )
        )

    def hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complain(f"{message.text} ({message.location.get('url', '')})")

    def fail(self, error: object) -> None:
        self._complain(str(error))

    def _complain(self, text: str) -> None:
        if not any(part in text for part in self.expected):
            self.complaints.append(text)


@contextmanager
def visiting(chromium: Browser, phone: Phone, **options: Any) -> Iterator[Visit]:
    """Open a browser that knows nothing; afterwards its console must be empty."""
    context = chromium.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    visit = Visit(phone, context.new_page())
    visit.page.on("console", visit.hear)
    visit.page.on("pageerror", visit.fail)
    try:
        yield visit
    finally:
        context.close()
    assert not visit.complaints, visit.complaints


def masked(number: str) -> str:
    """What pages show of *number* where others may look on."""
    return f"…{number[-4:]}"


def barriers(page: Page) -> list[str]:
    """What axe-core finds on the page that would keep somebody out."""
    # Evaluated by the debugger, so that the page's own policy stays as strict as it is.
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("() => axe.run(document)")
    return [
        f"{one['id']}: {node['html']}: {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
