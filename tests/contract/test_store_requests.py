import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from pynamodb.connection import Connection
from pynamodb.exceptions import PynamoDBException, TransactWriteError

from chalicelib import aws
from chalicelib.accounts.account import OutboundLimits
from chalicelib.accounts.audit import Topic
from chalicelib.calls.call import CallId, State
from chalicelib.calls.transcript import Slot, Speaker
from chalicelib.errors import LimitReachedError
from chalicelib.store.base import (
    AccessToken,
    CallStore,
    EndedNote,
    Ending,
    Scope,
)
from chalicelib.store.tables import SHARDS, AccountItem, CallItem, Item
from chalicelib.store.turns import Heard, Reply
from tests.builders import NOON, a_call, a_line, an_account, new_settings
from tests.contract.memories import Memory, dynamo_memory

CALL = a_call(provider_call_id="CA1")
LIMITS = OutboundLimits()
REPLY = a_line("For how many?", speaker=Speaker.BOT)
SOON = NOON + timedelta(seconds=30)
TOKEN = AccessToken(
    digest="5e88",
    token_id="tok-1",
    name="cli",
    scope=Scope.WRITE,
    last_four="x7Qa",
    created_at=NOON,
)

Ask = Callable[[CallStore], object]


@pytest.fixture
def memory() -> Iterator[Memory]:
    with dynamo_memory() as opened:
        opened.calls.create(CALL, idempotency_key="order 66")
        yield opened


@contextmanager
def requests() -> Iterator[list[str]]:
    asked: list[str] = []
    events = aws.client("dynamodb").meta.events

    def note(model: Any, **_: object) -> None:  # botocore has no types
        asked.append(model.name)

    events.register("before-call.dynamodb", note)
    try:
        yield asked
    finally:
        events.unregister("before-call.dynamodb", note)


def advance(calls: CallStore) -> object:
    return calls.advance(
        CALL.call_id, State.RINGING, account="twilio", provider_call_id="CA1", at=NOON
    )


def open_call(calls: CallStore) -> object:
    return calls.open(CALL.call_id, account="twilio", provider_call_id="CA1", at=NOON)


def hear(calls: CallStore) -> Heard:
    return calls.hear(CALL.call_id, 1, a_line(), account="twilio")


def reply(calls: CallStore) -> object:
    return calls.reply(CALL.call_id, 1, Reply(line=REPLY, heard=0))


def note_spoken(calls: CallStore) -> object:
    return calls.note_spoken(CALL.call_id, "end-1", heard=0, account="twilio")


def finish(calls: CallStore) -> bool:
    return calls.finish(CALL.call_id, Ending(at=SOON), account="twilio")


def new_call(calls: CallStore) -> object:
    return calls.create(a_call(call_id=CallId("new")), limits=LIMITS, idempotency_key="order 67")


ONE_REQUEST: list[tuple[str, Ask]] = [
    ("TransactWriteItems", new_call),
    ("TransactWriteItems", lambda calls: calls.create(CALL, limits=LIMITS)),
    ("PutItem", lambda calls: calls.record(a_call(call_id=CallId("new"), state=State.ERROR))),
    ("GetItem", lambda calls: calls.get(CALL.call_id)),
    ("Query", lambda calls: calls.conversation(CALL.call_id)),
    ("UpdateItem", lambda calls: calls.attach(CALL.call_id, "CA1")),
    ("UpdateItem", advance),
    ("UpdateItem", open_call),
    ("TransactWriteItems", hear),
    ("TransactWriteItems", reply),
    ("UpdateItem", note_spoken),
    ("PutItem", lambda calls: calls.add_line(CALL.call_id, Slot.user(1), REPLY)),
    ("GetItem", lambda calls: calls.line(CALL.call_id, Slot.user(1))),
    (
        "UpdateItem",
        lambda calls: calls.request_end(CALL.call_id, State.HANGUP_BOT, at=NOON, retry_at=SOON),
    ),
    ("TransactWriteItems", finish),
    ("Scan", lambda calls: calls.live()),
    ("UpdateItem", lambda calls: calls.postpone(CALL.call_id, SOON)),
    ("Query", lambda calls: calls.history("twilio", limit=20)),
    (
        "DeleteItem",
        lambda calls: calls.drop_ended_note(EndedNote("ENDED#0/x", CALL.call_id)),
    ),
]


@pytest.mark.parametrize(("operation", "ask"), ONE_REQUEST)
def test_one_request_is_enough(memory: Memory, operation: str, ask: Ask) -> None:
    with requests() as asked:
        ask(memory.calls)

    assert asked == [operation]


@pytest.mark.parametrize("ask", [hear, finish, reply])
def test_what_happened_already_is_known_without_another_request(memory: Memory, ask: Ask) -> None:
    ask(memory.calls)

    with requests() as asked:
        ask(memory.calls)

    assert asked == ["TransactWriteItems"]


def test_an_event_that_comes_too_late_costs_one_request(memory: Memory) -> None:
    open_call(memory.calls)

    with requests() as asked:
        advance(memory.calls)

    assert asked == ["UpdateItem"]


def test_only_an_opening_that_was_refused_reads_the_call(memory: Memory) -> None:
    open_call(memory.calls)

    with requests() as asked:
        open_call(memory.calls)

    assert asked == ["UpdateItem", "GetItem"]


def test_only_a_key_that_was_used_reads_its_call(memory: Memory) -> None:
    with requests() as asked:
        memory.calls.create(a_call(call_id=CallId("new")), idempotency_key="order 66")

    assert asked == ["TransactWriteItems", "GetItem"]


def test_a_limit_that_was_reached_costs_one_request(memory: Memory) -> None:
    limits = OutboundLimits(max_concurrent_calls=1)

    with requests() as asked, pytest.raises(LimitReachedError):
        memory.calls.create(a_call(call_id=CallId("new")), limits=limits)

    assert asked == ["TransactWriteItems"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda calls: calls.overdue(SOON + timedelta(days=1), limit=5),
        lambda calls: calls.ended_notes(limit=5),
    ],
)
def test_looking_through_all_shards_costs_one_request_for_each(memory: Memory, ask: Ask) -> None:
    with requests() as asked:
        ask(memory.calls)

    assert asked == ["Query"] * len(SHARDS)


def test_settings_and_tokens_cost_one_request(memory: Memory) -> None:
    with requests() as asked:
        memory.accounts.save_settings(new_settings(an_account()))
        memory.accounts.get("twilio")
        memory.accounts.phone()
        memory.accounts.settings()
        memory.audit.page(Topic.SETTINGS, limit=3)
        memory.tokens.add(TOKEN)
        memory.tokens.find(TOKEN.digest)
        memory.tokens.all()
        memory.tokens.remove(TOKEN.digest)

    settings = ["TransactWriteItems", "GetItem", "GetItem", "GetItem", "Query"]
    token = ["TransactWriteItems", "GetItem", "Query", "TransactWriteItems"]
    assert asked == [*settings, *token]


def test_all_models_share_the_one_client() -> None:
    assert Connection().client is Connection().client is aws.client("dynamodb")


@pytest.mark.usefixtures("memory")
def test_the_table_is_paid_per_request_and_forgets_what_expired() -> None:
    client, name = aws.client("dynamodb"), Item.Meta.table_name
    table = client.describe_table(TableName=name)["Table"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]

    keys = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert keys == {"live": ["live_shard", "deadline"], "by_account": ["account", "started_at"]}
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_times_are_kept_as_texts_that_sort(memory: Memory) -> None:
    memory.calls.postpone(CALL.call_id, NOON.replace(microsecond=0))

    kept = CallItem.get(f"CALL#{CALL.call_id}", "CALL").to_simple_dict()

    assert kept["started_at"] == "2026-03-02T12:00:00.000250Z"
    assert kept["deadline"] == "2026-03-02T12:00:00.000000Z"


def test_settings_of_a_newer_version_are_read_as_far_as_they_are_known(memory: Memory) -> None:
    saved = an_account()
    memory.accounts.save_settings(new_settings(saved))
    item = AccountItem.get("ACCOUNT#twilio", "ACCOUNT")
    item.settings = json.dumps({**json.loads(item.settings), "from_the_future": True})
    item.save()

    account = memory.accounts.get("twilio")

    assert account == saved


def test_what_an_old_call_did_not_have_yet_is_as_the_value_says(memory: Memory) -> None:
    item = CallItem.get(f"CALL#{CALL.call_id}", "CALL")
    item.update([CallItem.voice.remove(), CallItem.ring_timeout_secs.remove()])

    assert memory.calls.get(CALL.call_id) == CALL


@contextmanager
def refusals(operation: str, body: dict[str, object], *, times: int) -> Iterator[list[object]]:
    left: list[object] = [body] * times
    event = f"before-call.dynamodb.{operation}"
    events = aws.client("dynamodb").meta.events

    def refuse(**_: object) -> tuple[AWSResponse, object] | None:
        return (AWSResponse("", 400, {}, None), left.pop()) if left else None

    events.register_first(event, refuse)
    try:
        yield left
    finally:
        events.unregister(event, refuse)


def cancelled(*codes: str) -> dict[str, object]:
    reasons = [{"Code": code} for code in codes]
    return {**failed("TransactionCanceledException"), "CancellationReasons": reasons}


def failed(code: str) -> dict[str, object]:
    return {"Error": {"Code": code, "Message": "no"}}


def test_two_transactions_that_meet_are_both_carried_out(memory: Memory) -> None:
    met = cancelled("None", "TransactionConflict")

    with refusals("TransactWriteItems", met, times=2) as left:
        heard = hear(memory.calls)

    assert heard is Heard.FRESH
    assert left == []


def test_a_write_that_meets_a_transaction_is_carried_out(memory: Memory) -> None:
    with refusals("UpdateItem", failed("TransactionConflictException"), times=2) as left:
        moved = advance(memory.calls)

    assert moved is True
    assert left == []


def test_transactions_that_meet_for_ever_are_an_error(memory: Memory) -> None:
    met = cancelled("None", "TransactionConflict")

    with (
        refusals("TransactWriteItems", met, times=100),
        pytest.raises(TransactWriteError),
    ):
        hear(memory.calls)


@pytest.mark.parametrize(
    ("operation", "ask", "body"),
    [
        ("TransactWriteItems", hear, cancelled("None", "ValidationError")),
        ("TransactWriteItems", finish, failed("AccessDeniedException")),
        ("UpdateItem", advance, failed("AccessDeniedException")),
        ("PutItem", lambda calls: calls.record(CALL), failed("AccessDeniedException")),
        ("GetItem", lambda calls: calls.get("x"), failed("AccessDeniedException")),
        ("Query", lambda calls: calls.conversation("x"), failed("AccessDeniedException")),
    ],
)
def test_what_dynamodb_cannot_do_is_never_swallowed(
    memory: Memory, operation: str, ask: Ask, body: dict[str, object]
) -> None:
    with refusals(operation, body, times=1) as left, pytest.raises(PynamoDBException):
        ask(memory.calls)

    assert left == []
