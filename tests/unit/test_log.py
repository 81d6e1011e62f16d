import json
import logging
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import log

NUMBER = "+15559876543"


@pytest.fixture
def stream() -> Iterator[StringIO]:
    logger = logging.getLogger("moltis_phone")
    before = logger.handlers
    lines = StringIO()
    log.set_up(lines)
    yield lines
    logger.handlers = before


def written(stream: StringIO) -> dict[str, Any]:
    (line,) = stream.getvalue().splitlines()
    entry: dict[str, Any] = json.loads(line)
    return entry


def formatted(event: str, **facts: object) -> str:
    record = logging.LogRecord("moltis_phone", logging.INFO, "", 0, event, (), None)
    record.moltis_facts = facts
    return log.JsonFormatter().format(record)


def test_an_event_is_one_line_with_its_facts(stream: StringIO) -> None:
    log.info("webhook refused", reason="mismatch", turn=3)

    entry = written(stream)
    assert datetime.fromisoformat(entry.pop("time")).tzinfo is not None
    assert entry == {"level": "info", "event": "webhook refused", "reason": "mismatch", "turn": 3}


def test_a_warning_says_that_it_is_one(stream: StringIO) -> None:
    log.warning("agent failed")

    assert written(stream)["level"] == "warning"


def test_an_error_brings_its_traceback_with_numbers_masked(stream: StringIO) -> None:
    try:
        float(f"to {NUMBER}")
    except ValueError:
        log.error("call failed", call_id="c-1")

    entry = written(stream)
    assert (entry["level"], entry["call_id"]) == ("error", "c-1")
    assert entry["error"].startswith("Traceback")
    assert entry["error"].endswith("'to …6543'\n")


def test_setting_up_twice_writes_each_line_once(stream: StringIO) -> None:
    log.set_up()
    log.info("once")

    assert written(stream)["event"] == "once"


@pytest.mark.parametrize(
    "facts",
    [
        {"to": NUMBER},
        {"url": "https://x.example/?To=%2B15559876543"},
        {"form": [("From", NUMBER), ("To", NUMBER)]},
        {"nested": {"deep": [NUMBER]}},
        {"anything": ValueError(f"bad number {NUMBER}!")},
    ],
    ids=["plain", "encoded", "listed", "nested", "an error"],
)
def test_no_whole_number_is_written_wherever_it_stands(facts: dict[str, object]) -> None:
    line = formatted("call placed", **facts)

    assert "5559876543" not in line
    assert "…6543" in line


@settings(deadline=None, derandomize=True)
@given(number=st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), around=st.text(max_size=9))
def test_any_number_in_international_form_is_masked(number: str, around: str) -> None:
    line = formatted("call placed", to=f"{around} {number} {around}")

    assert number[1:] not in line
    assert json.loads(line)["event"] == "call placed"


def test_times_and_ids_stay_as_they_are() -> None:
    line = formatted("timer set", at="2026-03-02T12:00:00+00:00", since=1772452800, sid="CA001122")

    facts = {"at": "2026-03-02T12:00:00+00:00", "since": 1772452800, "sid": "CA001122"}
    assert json.loads(line).items() >= facts.items()


def test_what_a_stretch_of_work_is_about_stands_in_each_of_its_lines(stream: StringIO) -> None:
    with log.about(call_id="c-1", turn=1) as known:
        log.info("begun")
        known["account"] = "twilio"
        log.info("gone on", turn=2)
    log.info("over")

    begun, gone_on, over = map(json.loads, stream.getvalue().splitlines())
    assert (begun["call_id"], begun["turn"]) == ("c-1", 1)
    assert (gone_on["call_id"], gone_on["account"], gone_on["turn"]) == ("c-1", "twilio", 2)
    assert "call_id" not in over
