"""Every memory we have: what a fake promises, DynamoDB must keep, and the other way round."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from moto import mock_aws

from chalicelib import aws
from chalicelib.store.base import AccountStore, AuditStore, CallStore, TokenStore
from chalicelib.store.dynamo import DynamoCallStore
from chalicelib.store.dynamo_accounts import DynamoAccountStore, DynamoTokenStore
from chalicelib.store.dynamo_audit import DynamoAuditStore
from chalicelib.store.items import running_counter
from chalicelib.store.tables import CounterItem, create_table, use_table
from tests.bottle.table import BottledTable
from tests.fake_settings import FakeAccountStore, FakeAuditStore, FakeTokenStore
from tests.fakes import FakeCallStore


@dataclass(frozen=True, slots=True)
class Memory:
    calls: CallStore
    accounts: AccountStore
    tokens: TokenStore
    audit: AuditStore
    running: Callable[[str], int]


@contextmanager
def fake_memory() -> Iterator[Memory]:
    audit = FakeAuditStore()
    calls = FakeCallStore(audit)
    accounts = FakeAccountStore(audit=audit)
    yield Memory(calls, accounts, FakeTokenStore(), audit, calls.running)


@contextmanager
def dynamo_memory() -> Iterator[Memory]:
    with mock_aws():
        yield _stores()


@contextmanager
def bottled_memory() -> Iterator[Memory]:
    """The same stores over the table that the proofs are made with."""
    table, events = BottledTable(), aws.client("dynamodb").meta.events

    def answer(model: Any, params: Mapping[str, Any], **_: object) -> object:
        return table.answer(model.name, params["body"])

    events.register("before-call.dynamodb", answer)
    try:
        yield _stores()
    finally:
        events.unregister("before-call.dynamodb", answer)


def _stores() -> Memory:
    use_table("phone")
    create_table()
    return Memory(
        DynamoCallStore(), DynamoAccountStore(), DynamoTokenStore(), DynamoAuditStore(), _running
    )


every_memory = pytest.mark.parametrize(
    "a_memory",
    [
        pytest.param(fake_memory, id="fake"),
        pytest.param(dynamo_memory, id="dynamo"),
        pytest.param(bottled_memory, id="bottled"),
    ],
)


def _running(account: str) -> int:
    place = running_counter(account)
    try:
        return int(CounterItem.get(place.pk, place.sk).calls)
    except CounterItem.DoesNotExist:
        return 0
