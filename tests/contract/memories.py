"""Every memory we have: what a fake promises, DynamoDB must keep, and the other way round."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from moto import mock_aws

from chalicelib.store.base import AccountStore, CallStore, TokenStore
from chalicelib.store.dynamo import DynamoCallStore
from chalicelib.store.dynamo_accounts import DynamoAccountStore, DynamoTokenStore
from chalicelib.store.items import running_counter
from chalicelib.store.tables import CounterItem, create_table, use_table
from tests.fakes import FakeAccountStore, FakeCallStore, FakeTokenStore


@dataclass(frozen=True, slots=True)
class Memory:
    calls: CallStore
    accounts: AccountStore
    tokens: TokenStore
    running: Callable[[str], int]


@contextmanager
def fake_memory() -> Iterator[Memory]:
    calls = FakeCallStore()
    yield Memory(calls, FakeAccountStore(), FakeTokenStore(), calls.running)


@contextmanager
def dynamo_memory() -> Iterator[Memory]:
    with mock_aws():
        use_table("phone")
        create_table()
        yield Memory(DynamoCallStore(), DynamoAccountStore(), DynamoTokenStore(), _running)


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
