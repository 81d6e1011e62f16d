"""What every page promises: links that lead somewhere, headings that are agreed, true numbers."""

import re
from pathlib import Path

import pytest

from tests.aws_calls import WEBHOOKS
from tests.docs.pages import DOCS, PAGES, name, rows, sections

PROVIDER_HEADINGS = [
    "Credentials",
    "Webhooks to configure",
    "How it signs",
    "What its words become",
    "Limits and quirks",
    "Escape hatch",
]
DECISION_HEADINGS = ["Status", "Context", "Decision", "Consequences"]
CARRIERS = sorted(set((DOCS / "providers").glob("*.md")) - {DOCS / "providers" / "README.md"})


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))

    broken = [
        link for link in links if "://" not in link and not (page.parent / link).resolve().exists()
    ]

    assert broken == []


@pytest.mark.parametrize("page", CARRIERS, ids=name)
def test_a_page_about_a_carrier_has_the_agreed_headings(page: Path) -> None:
    assert list(sections(page)) == PROVIDER_HEADINGS


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("*.md")), ids=name)
def test_a_decision_has_the_agreed_headings(page: Path) -> None:
    assert list(sections(page)) == DECISION_HEADINGS


def test_the_table_of_aws_calls_is_the_one_that_is_measured() -> None:
    table = rows(sections(DOCS / "architecture.md")["AWS calls per webhook"])

    assert {webhook: int(calls) for webhook, calls in table} == {
        webhook: allowed for webhook, (_, allowed) in WEBHOOKS.items()
    }
