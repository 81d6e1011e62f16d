from typing import Any, Final

import pytest

from tests.infra.conftest import Template
from tests.infra.review import Finding, accepted, complaints

ENTRIES: Final[list[dict[str, Any]]] = [
    {"check": "CKV_AWS_1", "resources": ["Table", "*Log"], "reason": "it is so"}
]
EXPECTED: Final = {Finding("CKV_AWS_1", "Table"), Finding("CKV_AWS_1", "SweepLog")}


def test_what_is_explained_is_not_complained_of() -> None:
    assert list(complaints(EXPECTED, ENTRIES)) == []


def test_a_finding_without_a_reason_is_named() -> None:
    found = EXPECTED | {Finding("CKV_AWS_2", "Table", "Ensure it is so")}

    (said,) = complaints(found, ENTRIES)

    assert said == "CKV_AWS_2 of Table: Ensure it is so; mend it, or say why not"


def test_a_reason_without_a_finding_is_named() -> None:
    (said,) = complaints(EXPECTED - {Finding("CKV_AWS_1", "SweepLog")}, ENTRIES)

    assert said == "CKV_AWS_1 of *Log is explained, and not found any more"


@pytest.mark.parametrize("entry", accepted(), ids=lambda entry: entry["check"])
def test_each_accepted_finding_has_a_reason_of_its_own(
    entry: dict[str, Any], prod: Template
) -> None:
    assert len(entry["reason"].split()) > 10
    for name in entry["resources"]:
        assert name in prod["Resources"] or name.startswith("*")
