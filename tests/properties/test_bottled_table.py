"""The bottled table against moto's, request by request, in any order of events."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from chalicelib import aws
from chalicelib.overriding import override
from tests.bottle.cloud import one_moto
from tests.bottle.table import BottledTable
from tests.bottle.world import CARRIERS
from tests.properties.machine import AnyOrder

SEQUENCES = 6
COMPARED = ("Item", "Attributes", "Items", "Count", "LastEvaluatedKey", "CancellationReasons")


@pytest.fixture(scope="module", autouse=True)
def moto() -> Iterator[None]:
    with one_moto():
        yield


class ComparedTable(BottledTable):
    """Asks moto too, and compares the answers."""

    requests = 0

    def __init__(self) -> None:
        super().__init__()
        # A client of its own: what it asks is not answered by us.
        self._moto = aws.session().create_client("dynamodb")

    @override
    def answer(self, operation: str, body: bytes | str) -> Any:
        if operation == "CreateTable":
            self._forget(json.loads(body)["TableName"])
        asked = json.loads(body)
        theirs = self._ask(operation, asked) if operation != "DescribeTable" else None
        ours = super().answer(operation, body)
        if theirs is not None:
            assert _told(ours[1]) == _told(theirs), (operation, asked)
            type(self).requests += 1
        return ours

    def _ask(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        method = "".join(
            f"_{letter.lower()}" if letter.isupper() else letter for letter in operation
        )
        try:
            told: dict[str, Any] = getattr(self._moto, method.lstrip("_"))(**asked)
        except ClientError as error:
            return dict(error.response)
        return told

    def _forget(self, name: str) -> None:
        if name in self._moto.list_tables()["TableNames"]:
            self._moto.delete_table(TableName=name)


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says, whatever the order in a set."""
    told = {name: answer[name] for name in COMPARED if answer.get(name)}
    code = answer.get("Error", {}).get("Code", "")
    found: dict[str, Any] = json.loads(json.dumps(told, sort_keys=True), object_hook=_sorted)
    return {"code": code, **found}


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(content) if name in {"SS", "NS"} else content
        for name, content in value.items()
        if name != "Message"
    }


@pytest.mark.parametrize("provider", CARRIERS)
def test_the_bottled_table_answers_as_moto_does_whatever_happens(provider: str) -> None:
    machine = type(
        f"Compared{provider.title()}", (AnyOrder,), {"provider": provider, "table": ComparedTable}
    )
    ComparedTable.requests = 0

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert ComparedTable.requests > 10 * SEQUENCES
