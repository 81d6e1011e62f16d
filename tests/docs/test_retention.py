"""docs/security.md says how long everything is kept; the code and the template say the same."""

import json
from datetime import timedelta
from typing import Any, Final

import pytest

from chalicelib.audio.shelf import KEPT
from chalicelib.store.items import day_counter, key_item, note_item, number_counter, seen_item
from chalicelib.tokens import SESSION_LIFE
from moltis.deployment.template import template_for
from tests.builders import NOON, a_call
from tests.docs.pages import DOCS, ROOT, rows, sections

TABLE: Final = {
    row[0]: row for row in rows(sections(DOCS / "security.md")["What is kept how long"])
}
STAGES: Final[Any] = json.loads((ROOT / ".chalice/config.json").read_text())["stages"]
RESOURCES: Final = template_for("prod", traced=False)["Resources"]


def kept(what: str) -> str:
    (row,) = [row for name, row in TABLE.items() if name.startswith(what)]
    return row[2]


@pytest.mark.parametrize(
    ("what", "life"),
    [
        ("sessions of browsers", SESSION_LIFE),
        ("idempotency keys", key_item(a_call(started_at=NOON), "k").expires_at - NOON),
        ("idempotency keys", seen_item("c", "d", NOON).expires_at - NOON),
        ("counters of a day", day_counter("twilio", NOON).expires_at - NOON),
        ("counters of a day", number_counter("twilio", "+15559876543", NOON).expires_at - NOON),
        ("clocks still", note_item("c", NOON).expires_at - NOON),
        ("sounds", KEPT),
    ],
)
def test_what_expires_does_so_when_the_page_says(what: str, life: timedelta) -> None:
    hours = round(life / timedelta(hours=1))
    days = hours // 24
    text = f"{days} day{'s' if days > 1 else ''}" if days else f"{hours} hours"

    assert kept(what) == text


def test_logs_queues_and_backups_are_kept_as_the_page_says() -> None:
    dev, prod = (STAGES[name]["log_retention_in_days"] for name in ("dev", "prod"))
    queues = {
        RESOURCES[name]["Properties"]["MessageRetentionPeriod"]
        for name in ("LostTimers", "LostEvents")
    }
    backups = RESOURCES["Table"]["Properties"]["PointInTimeRecoverySpecification"]

    assert kept("the log") == f"{dev} days in dev, {prod} in prod"
    assert {kept("timers and events")} == {f"{int(secs) // 86_400} days" for secs in queues}
    # So long, unless RecoveryPeriodInDays says otherwise.
    assert (backups, kept("all of the table")) == ({"PointInTimeRecoveryEnabled": True}, "35 days")
