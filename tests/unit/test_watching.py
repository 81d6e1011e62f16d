"""What reads the suite's log finds what must not stand there."""

import logging

import pytest

from chalicelib import log
from tests.watching import Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


def logged(watch: Watch, event: str, **facts: object) -> list[str]:
    record = logging.LogRecord("moltis_phone", logging.INFO, "", 0, event, None, None)
    record.moltis_facts = facts
    watch.filter(record)
    return watch.leaks


def test_a_number_in_any_spelling_is_masked_before_it_is_printed(watch: Watch) -> None:
    log_facts = {
        "to": "+15559876543",
        "url": "https://x/?to=%2B15559876543&n=1",
        "n": "15559876543",
    }

    assert logged(watch, "dialling", **log_facts) == []
    assert watch.lines == 1


def test_a_number_that_is_not_masked_is_found(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_masked", lambda number: number[0])

    assert len(logged(watch, "dialling", to="+15559876543")) == 1


@pytest.mark.parametrize("text", [f"mp_{'x' * 43}", "a-secret-of-twilio"])
def test_a_token_and_a_stored_secret_are_found(watch: Watch, text: str) -> None:
    watch.learn({"auth_token": "a-secret-of-twilio", "account_sid": "AC-of-some-length"})

    assert len(logged(watch, "signed in", told=f"by {text}.")) == 1


def test_what_says_who_we_are_is_no_secret(watch: Watch) -> None:
    watch.learn({"auth_token": "short", "account_sid": "AC-of-some-length"})

    assert logged(watch, "asked", account="AC-of-some-length", word="short") == []
