"""docs/cost.md says what was counted, and what is counted now."""

import json

import pytest

from chalicelib.providers.registry import PROVIDERS
from moltis.cost import model
from moltis.cost.model import Plan
from tests.docs import cost, counts
from tests.docs.pages import ROOT


def test_calls_ask_of_aws_what_was_counted() -> None:
    kept = json.loads(counts.COUNTS.read_text("utf-8"))

    assert counts.timeless(kept) == counts.timeless(counts.counts()), "say `make docs`"


def test_the_page_of_costs_is_what_is_reckoned() -> None:
    assert cost.PAGE.read_text("utf-8") == cost.page(), "say `make docs`"


@pytest.mark.parametrize("provider", list(PROVIDERS))
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_call_of_five_turns_costs_less_than_it_may(provider: str, stage: str) -> None:
    bill = model.one_call(Plan(provider=provider, stage=stage, turns=5))

    assert model.total(bill) < cost.PROMISED_DOLLARS


def test_what_idling_costs_beyond_what_is_free_is_the_secrets_and_little_else() -> None:
    bill = {(entry.service, entry.what): entry.beyond_free for entry in model.idle(Plan())}
    secrets = bill.pop(("Secrets Manager", "secrets"))

    assert sum(bill.values()) < secrets / 20


def test_every_price_says_where_it_was_read() -> None:
    prices = [*model.AWS.values(), *model.CARRIERS.values()]

    assert [price for price in prices if not price.source.startswith("https://")] == []


def test_no_price_stands_in_the_template_unless_it_points_at_the_table() -> None:
    told = {
        path.name: text
        for path in sorted((ROOT / "infra").rglob("*.yaml"))
        if "$0" in (text := path.read_text("utf-8"))
    }

    assert [name for name, text in told.items() if "docs/cost.md" not in text] == []
