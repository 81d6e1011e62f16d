"""The one table: what its items look like, and nothing else.

| item      | pk                 | sk                     | goes away           |
|-----------|--------------------|------------------------|---------------------|
| Call      | CALL#{call_id}     | CALL                   | when it is erased   |
| Line      | CALL#{call_id}     | LINE#{turn:06}#{part}  | with its call       |
| Key       | KEY#{sha256}       | KEY                    | after a day         |
| Counter   | ACCOUNT#{id}       | RUNNING, DAY#{date}    | a day's, after two  |
| Counter   | ACCOUNT#{id}       | DAY#{date}#{number}    | after two days      |
| Account   | ACCOUNT#{id}       | ACCOUNT                | never               |
| Phone     | PHONE              | PHONE                  | never               |
| Settings  | PHONE              | SETTINGS               | never               |
| Simulator | PHONE              | SIMULATOR              | never               |
| Audit     | AUDIT#{topic}      | {at}#{entry_id}        | never               |
| Token     | TOKEN#{sha256}     | TOKEN                  | when removed        |
| Token     | TOKENS             | {sha256}               | with its other item |
| Session   | SESSION#{sha256}   | SESSION                | closed, or expired  |
| Seen      | CALL#{call_id}     | SEEN#{delivery}        | after a day         |
| EndedNote | ENDED#{shard}      | {ended_at}#{call_id}   | dropped, or two days|

A token stands there twice, written and removed in one transaction: under its own partition, where
every request finds it without making one partition hot, and in the list, which is one query.
"""

from datetime import UTC, datetime
from typing import Final
from zlib import crc32

from pynamodb.attributes import (
    Attribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
)
from pynamodb.connection import Connection
from pynamodb.constants import PAY_PER_REQUEST_BILLING_MODE, STRING
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from chalicelib import aws
from chalicelib.overriding import override

SHARDS: Final = tuple(str(number) for number in range(8))
"""Over how many partitions that is spread which every call would else write into one."""

# PynamoDB opens a session and a client for every model, which costs a cold start more than all
# the rest; it has no setting for that. This line is why its version is pinned.
Connection.client = property(lambda _: aws.client("dynamodb"))  # type: ignore[assignment, method-assign]


def use_table(name: str) -> None:
    """Keep everything in the table called *name* from now on."""
    Item.Meta.table_name = name


def create_table() -> None:
    """Create the table where no template does: on a laptop, and for tests."""
    Item.create_table(wait=True)


def shard(call_id: str) -> str:
    """The shard of a call: always the same one."""
    return SHARDS[crc32(call_id.encode()) % len(SHARDS)]


def time_text(at: datetime) -> str:
    """Write a time so that texts sort as times do: RFC 3339, UTC, always with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class TimeAttribute(Attribute[datetime]):
    """A time, as `time_text` writes it."""

    attr_type = STRING

    @override
    def serialize(self, value: datetime) -> str:
        return time_text(value)

    @override
    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


class Item(Model):
    """What all items have."""

    class Meta:
        """Where they are; `use_table` adds the name."""

        table_name: str
        billing_mode = PAY_PER_REQUEST_BILLING_MODE

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    item = DiscriminatorAttribute()
    expires_at = TTLAttribute(null=True)


class LiveIndex(GlobalSecondaryIndex["CallItem"]):  # type: ignore[no-untyped-call]
    """The calls that are not over; sparse, because a final call has no `live_shard`."""

    class Meta:
        """How it is called, and what it holds."""

        index_name = "live"
        projection = AllProjection()

    live_shard = UnicodeAttribute(hash_key=True)
    deadline = TimeAttribute(range_key=True)


class HistoryIndex(GlobalSecondaryIndex["CallItem"]):  # type: ignore[no-untyped-call]
    """The calls of an account in the order in which they began."""

    class Meta:
        """How it is called, and what it holds."""

        index_name = "by_account"
        projection = AllProjection()

    account = UnicodeAttribute(hash_key=True)
    started_at = TimeAttribute(range_key=True)


class CallItem(Item, discriminator="call"):
    """A call, under the names of its value."""

    call_id = UnicodeAttribute()
    account = UnicodeAttribute()
    provider = UnicodeAttribute()
    direction = UnicodeAttribute()
    mode = UnicodeAttribute()
    from_number = UnicodeAttribute()
    to_number = UnicodeAttribute()
    started_at = TimeAttribute()
    deadline = TimeAttribute()
    max_duration_secs = NumberAttribute()
    ring_timeout_secs = NumberAttribute()
    notify_hangup_delay_secs = NumberAttribute()
    opening = UnicodeAttribute()
    language = UnicodeAttribute()
    voice = UnicodeAttribute()
    speech = JSONAttribute(null=True)
    provider_call_id = UnicodeAttribute(null=True)
    state = UnicodeAttribute()
    reports_speech = BooleanAttribute(null=True)
    heard = NumberAttribute(null=True)
    given = NumberAttribute(null=True)
    spoken = UnicodeSetAttribute(null=True)
    quiet = NumberAttribute(null=True)
    parts = NumberAttribute(null=True)
    more = BooleanAttribute(null=True)
    told = NumberAttribute(null=True)
    saying = UnicodeAttribute(null=True)
    said_at = TimeAttribute(null=True)
    act = JSONAttribute(null=True)
    failures = NumberAttribute(null=True)
    fillers = NumberAttribute(null=True)
    turn = NumberAttribute()
    on_machine = UnicodeAttribute(null=True)
    answered_by = UnicodeAttribute(null=True)
    ringing_at = TimeAttribute(null=True)
    answered_at = TimeAttribute(null=True)
    opened_at = TimeAttribute(null=True)
    ended_at = TimeAttribute(null=True)
    end_requested = UnicodeAttribute(null=True)
    end_requested_at = TimeAttribute(null=True)
    error = JSONAttribute(null=True)
    agent = JSONAttribute(null=True)
    version = NumberAttribute()

    # Computed by the value and kept, so that a write can copy what it must not read first.
    state_when_opened = UnicodeAttribute()
    natural_end = UnicodeAttribute()

    live_shard = UnicodeAttribute(null=True)
    live = LiveIndex()
    by_account = HistoryIndex()


class LineItem(Item, discriminator="line"):
    """A line of a transcript."""

    speaker = UnicodeAttribute()
    text = UnicodeAttribute()
    at = TimeAttribute()
    kind = UnicodeAttribute()
    ends_call = BooleanAttribute()
    act = JSONAttribute(null=True)
    part = NumberAttribute(null=True)
    more = BooleanAttribute(null=True)
    timing = JSONAttribute(null=True)
    audio = UnicodeAttribute(null=True)


class SeenItem(Item, discriminator="seen"):
    """A webhook that was delivered, so that its next delivery is known for one.

    Of one that is acted on elsewhere: by whom, and what the far end was heard for.
    """

    by = UnicodeAttribute(null=True)
    turn = NumberAttribute(null=True)
    heard = NumberAttribute(null=True)


class KeyItem(Item, discriminator="key"):
    """Which call was created under an idempotency key."""

    call_id = UnicodeAttribute()


class CounterItem(Item, discriminator="counter"):
    """How many calls of an account there are: running, or begun in a day.

    Of those that run, also how often and when the number changed last.
    """

    calls = NumberAttribute()
    version = NumberAttribute(null=True)
    changed_at = TimeAttribute(null=True)


class NoteItem(Item, discriminator="note"):
    """A call is over, and its clock is still to be stopped."""

    call_id = UnicodeAttribute()


class AccountItem(Item, discriminator="account"):
    """An account's settings, as JSON: only the version is ever asked for apart."""

    settings = UnicodeAttribute()
    version = NumberAttribute()


class PhoneItem(Item, discriminator="phone"):
    """Which accounts there are."""

    active = UnicodeAttribute()
    account_ids = JSONAttribute()


class SettingsItem(Item, discriminator="settings"):
    """The owner's settings as they were last saved."""

    table = JSONAttribute()
    version = NumberAttribute()
    changed_at = TimeAttribute(null=True)
    changed_by = JSONAttribute(null=True)


class SimulatorItem(Item, discriminator="simulator"):
    """Where simulated carriers are, as JSON."""

    simulator = JSONAttribute()


class AuditItem(Item, discriminator="audit"):
    """Something that was done."""

    entry_id = UnicodeAttribute()
    at = TimeAttribute()
    topic = UnicodeAttribute()
    action = UnicodeAttribute()
    who = JSONAttribute()
    changes = JSONAttribute()
    facts = JSONAttribute(null=True)


class TokenItem(Item, discriminator="token"):
    """What is kept of an access token."""

    digest = UnicodeAttribute()
    token_id = UnicodeAttribute()
    name = UnicodeAttribute()
    scope = UnicodeAttribute()
    last_four = UnicodeAttribute()
    created_at = TimeAttribute()


class SessionItem(Item, discriminator="session"):
    """Which token a browser signed in with; gone when it expires."""

    token_digest = UnicodeAttribute()
