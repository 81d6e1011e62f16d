"""Every memory we have: what a fake promises, DynamoDB must keep, and the other way round."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from moto import mock_aws

from chalicelib.store.base import AccountStore, AuditStore, CallStore, TokenStore
from chalicelib.store.dynamo import DynamoCallStore
from chalicelib.store.dynamo_accounts import DynamoAccountStore, DynamoTokenStore
from chalicelib.store.dynamo_audit import DynamoAuditStore
from chalicelib.store.items import running_counter
from chalicelib.store.tables import CounterItem, create_table, use_table
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
    calls, audit = FakeCallStore(), FakeAuditStore()
    accounts = FakeAccountStore(audit=audit)
    yield Memory(calls, accounts, FakeTokenStore(), audit, calls.running)


@contextmanager
def dynamo_memory() -> Iterator[Memory]:
    with mock_aws():
        use_table("phone")
        create_table()
        yield Memory(
            DynamoCallStore(),
            DynamoAccountStore(),
            DynamoTokenStore(),
            DynamoAuditStore(),
            _running,
        )


every_memory = pytest.mark.parametrize(
    "a_memory",
    [pytest.param(fake_memory, id="fake"), pytest.param(dynamo_memory, id="dynamo")],
)


def _running(account: str) -> int:
    place = running_counter(account)
    try:
        return int(CounterItem.get(place.pk, place.sk).calls)
    except CounterItem.DoesNotExist:
        return 0
