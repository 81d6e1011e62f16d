"""A DynamoDB that is full of calls, in a process of its own: moto, loaded behind its back.

`python -m tests.bench.full_table CALLS LIVE LINES` says where it is, and ends with its input.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.server import ThreadedMotoServer

from chalicelib.calls.call import Call, CallId, State
from chalicelib.calls.transcript import Line, Slot, Speaker
from chalicelib.overriding import override
from chalicelib.store.items import call_item, line_item
from chalicelib.store.tables import SHARDS, create_table, shard, use_table
from tests.bench import occasions

TABLE: Final = occasions.ENVIRONMENT["MOLTIS_TABLE"]
REGION: Final = "us-east-1"
LONG_CALL: Final = CallId("00000000-0000-4000-8000-00000000feed")
"""The call that has a transcript."""


class _Unlogged(ThreadedMotoServer):
    @override
    def start(self) -> None:
        import logging  # noqa: PLC0415  # before werkzeug has made its own

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        super().start()


@contextmanager
def running(calls: int, live: int, lines: int = 0) -> Iterator[str]:
    """Have a table with so many *calls*, *live* of them, and a transcript of *lines*."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, str(calls), str(live), str(lines)],
        env={**os.environ, **keys()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def keys() -> dict[str, str]:
    """What an AWS SDK wants to have."""
    return {
        "AWS_ACCESS_KEY_ID": "AKIDBENCH",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": REGION,
    }


def a_call(number: int, *, live: bool) -> Call:
    """The call with that *number*: live ones began just now, the others one after another."""
    begun = occasions.BEGUN if live else occasions.BEGUN - timedelta(seconds=number + 1)
    return replace(
        occasions.CALL,
        call_id=CallId(str(UUID(int=number, version=4))),
        provider_call_id=f"CA{number:032x}",
        started_at=begun,
        deadline=begun + timedelta(hours=1),
        state=State.LISTENING if live else State.COMPLETED,
        ended_at=None if live else begun + timedelta(seconds=90),
    )


def _load(table: Table, calls: int, live: int, lines: int) -> None:
    kept = call_item(a_call(0, live=False)).serialize()
    pattern = Item(DynamoType(kept["pk"]), DynamoType(kept["sk"]), kept)
    for number in range(live, calls):
        call = a_call(number, live=False)
        key = DynamoType({"S": f"CALL#{call.call_id}"})
        item = Item(key, pattern.range_key, {})
        own = {
            "pk": key,
            "call_id": DynamoType({"S": call.call_id}),
            "provider_call_id": DynamoType({"S": call.provider_call_id}),
            "started_at": DynamoType({"S": _text(call.started_at)}),
        }
        # Past moto's own way, which measures the whole item once for each of its attributes.
        dict.update(item.attrs, {**pattern.attrs, **own})
        table.items[key][pattern.range_key] = item
    for number in range(live):
        table.put_item(call_item(a_call(number, live=True)).serialize(), overwrite=True)
    long = replace(a_call(live, live=True), call_id=LONG_CALL, turn=lines // 2 + 1)
    table.put_item(call_item(long).serialize(), overwrite=True)
    for number in range(lines):
        user = number % 2 == 0
        slot = Slot.user(number // 2 + 1) if user else Slot.bot(number // 2 + 2)
        speaker = Speaker.USER if user else Speaker.BOT
        line = Line(speaker=speaker, text="A sentence, as people say.", at=occasions.BEGUN, part=1)
        table.put_item(line_item(LONG_CALL, slot, line).serialize(), overwrite=True)


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _itself(table: Table, _memo: Any) -> Table:
    """moto copies the whole table for each transaction, should it be refused: here none is."""
    return table


def main() -> None:
    """Be there until standard input is closed."""
    calls, live, lines = map(int, sys.argv[1:])
    assert shard(LONG_CALL) in SHARDS
    server = _Unlogged(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ["AWS_ENDPOINT_URL"] = f"http://{host}:{port}"
    use_table(TABLE)
    create_table()
    Table.__deepcopy__ = _itself  # type: ignore[attr-defined]
    _load(dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION].tables[TABLE], calls, live, lines)
    sys.stdout.write(f"{os.environ['AWS_ENDPOINT_URL']}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
