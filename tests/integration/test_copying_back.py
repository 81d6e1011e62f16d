"""A table is brought back as docs/running.md says: what is missing returns, nothing changes."""

import json
import shlex
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from moto import mock_aws

import app
from chalicelib import aws, wiring
from chalicelib.calls.call import CallId
from chalicelib.store.base import Ending
from chalicelib.store.dynamo import DynamoCallStore
from chalicelib.store.tables import create_table, use_table
from moltis.carriers.line import Says, StaysSilent
from moltis.commands.root import run
from moltis.gateway import SCHEDULED
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from tests.builders import NOON, a_call
from tests.docs.pages import DOCS, blocks, sections
from tests.phone import Json, Phone, a_phone

TABLE: Final = "moltis-phone-local"
RESTORED: Final = "moltis-phone-local-restored"
COPY: Final = ("data", "copy-back", "--stage", "local", "--from", RESTORED)


@pytest.fixture
def phone() -> Iterator[Phone]:
    with a_phone(max_duration_secs=1200) as running:
        yield running


def restore() -> None:
    """Restore the table as it is now: the stand-in for a moment before the accident."""
    client = aws.client("dynamodb")
    client.update_continuous_backups(
        TableName=TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    client.restore_table_to_point_in_time(
        SourceTableName=TABLE, TargetTableName=RESTORED, UseLatestRestorableTime=True
    )


def lose(phone: Phone, call_id: str) -> None:
    """Have somebody's hand delete a call, its lines and all."""
    for item in phone.stored():
        if call_id in item["pk"]["S"]:
            key = {name: item[name] for name in ("pk", "sk")}
            aws.client("dynamodb").delete_item(TableName=TABLE, Key=key)


def copied(capsys: pytest.CaptureFixture[str], *more: str) -> Json:
    capsys.readouterr()
    assert run([*COPY, "--json", *more]) == 0
    done: Json = json.loads(capsys.readouterr().out)
    return done


def by_key(phone: Phone) -> dict[tuple[str, str], Json]:
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in phone.stored()}


def test_what_was_lost_is_back_and_what_is_newer_stays(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = phone.over(phone.initiate(phone.far_end(Says("Goodbye!"))))
    version = phone.rpc.ask("phone.settings")["version"]
    restore()
    lose(phone, lost["call_id"])
    changes = {"phone.language": "de-DE"}
    phone.rpc.ask("phone.save", version=version, changes=changes)
    after = phone.over(phone.initiate(phone.far_end(), mode="notify"))
    before = by_key(phone)

    seen = copied(capsys, "--dry-run")
    untouched = by_key(phone)
    done = copied(capsys)
    again = copied(capsys)

    assert (untouched, seen) == (before, done)
    assert done["copied"]["call"] == 1
    # The first words are in the call itself.
    assert done["copied"]["line"] == len(lost["transcript"]) - 1
    assert phone.status(lost["call_id"]) == lost
    assert phone.status(after["call_id"]) == after
    assert phone.rpc.ask("phone.settings")["settings"]["phone"]["language"] == "de-DE"
    assert before.items() <= by_key(phone).items()
    assert (again["copied"], again["there"]) == ({}, done["there"] + sum(done["copied"].values()))


def test_a_token_that_was_revoked_since_stays_revoked(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    made = phone.rpc.ask("tokens.create", name="stolen", scope="write")
    rpc = RpcClient(GatewayAddress(phone.gateway.url, made["token"]))
    restore()
    phone.rpc.ask("tokens.revoke", id=made["id"])

    done = copied(capsys)

    assert done["left_out"] >= 2
    assert "token" not in done["copied"]
    with pytest.raises(RefusedError):
        rpc.ask("tokens.list")
    assert copied(capsys, "--tokens")["copied"] == {"token": 2}
    wiring.forget_token(next(one.digest for one in wiring.tokens().all() if one.name == "stolen"))
    assert rpc.ask("tokens.list")["tokens"]
    rpc.close()


def test_a_call_that_ran_at_that_time_is_settled_by_the_sweep(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    call_id = phone.initiate(phone.far_end(*(StaysSilent() for _ in range(50))))
    phone.until(call_id, lambda call: call["state"] == "listening")
    restore()
    phone.rpc.ask("voicecall.end", call_id=call_id)
    phone.over(call_id)
    lose(phone, call_id)

    code = run([*COPY])

    assert "1 of the calls were running then: the sweep settles them" in capsys.readouterr().out
    back = phone.status(call_id)
    wiring.calls().postpone(CallId(call_id), wiring.now() - timedelta(minutes=1))
    app.app.handler_map["sweep"](SCHEDULED, None)
    assert (code, back["end_reason"]) == (0, None)
    assert phone.status(call_id)["end_reason"]


def test_who_was_erased_since_is_told_of(phone: Phone, capsys: pytest.CaptureFixture[str]) -> None:
    early, late = phone.new_number(), phone.new_number()
    for number in (early, late):
        call = a_call(call_id=CallId(f"to {number}"), to_number=number, started_at=wiring.now())
        wiring.calls().create(call)
        wiring.calls().finish(call.call_id, Ending(at=wiring.now()), account=call.account)
    phone.rpc.ask("data.erase", number=early)
    restore()
    cursor: Any = ""
    while cursor is not None:
        cursor = phone.rpc.ask("data.erase", number=late, cursor=cursor)["cursor"]

    done = copied(capsys)

    (told,) = done["erased_since"]
    assert told.endswith(f"data of …{late[-4:]}")
    assert done["copied"]["call"] == 1


def test_what_has_expired_does_not_come_back(
    phone: Phone, capsys: pytest.CaptureFixture[str]
) -> None:
    old = a_call(call_id=CallId("old"), started_at=NOON)
    wiring.calls().create(old, idempotency_key="once")
    restore()
    lose(phone, "KEY#")

    done = copied(capsys)

    assert (done["expired"], "key" in done["copied"]) == (1, False)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--stage", "local", "--from", "nothing"], 2, "cannot be copied back into"),
        (["--stage", "local", "--from", TABLE], 2, "is the phone's own table"),
        (["--from", RESTORED], 2, "say --stage"),
    ],
)
@mock_aws
def test_what_cannot_be_copied_is_said_in_one_sentence(
    arguments: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["data", "copy-back", *arguments]) == code

    assert told in capsys.readouterr().err


def commands(place: int) -> list[list[str]]:
    """The commands of one of the blocks that the page has about it."""
    section = sections(DOCS / "running.md")["Bring the table back"]
    found = [block for block in blocks(DOCS / "running.md", "sh") if block in section]
    return [shlex.split(line) for line in found[place].replace("\\\n", "").splitlines()]


def by_boto3(service: str, operation: str, *flags: str) -> Any:
    """Do what `aws` does: its flags are the names of the parameters, written otherwise."""
    client: Any = aws.client(service)
    if operation == "wait":
        client, operation = client.get_waiter(flags[0].replace("-", "_")), "wait"
        flags = flags[1:]
    names = ["".join(map(str.capitalize, flag.strip("-").split("-"))) for flag in flags[::2]]
    given = dict(zip(names, map(value_of, flags[1::2]), strict=True))
    return getattr(client, operation.replace("-", "_"))(**given)


def value_of(text: str) -> Any:
    """Read a value as `aws` does, short forms of structures too."""
    if "=" not in text:
        return text
    pairs = dict(pair.split("=") for pair in text.split(","))
    return {name: True if value == "true" else value for name, value in pairs.items()}


def test_the_commands_of_the_page_bring_a_lost_call_back() -> None:
    with mock_aws():
        aws.client.cache_clear()
        use_table("moltis-phone-prod")
        create_table()
        aws.client("dynamodb").update_continuous_backups(
            TableName="moltis-phone-prod",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        calls, call = DynamoCallStore(), a_call()
        calls.create(call)

        every = commands(0)
        for program, *arguments in every:
            if program == "aws":
                by_boto3(*arguments)
                continue
            aws.client("dynamodb").delete_item(
                TableName="moltis-phone-prod",
                Key={"pk": {"S": f"CALL#{call.call_id}"}, "sk": {"S": "CALL"}},
            )
            assert run(arguments) == 0

        assert [one[:4] for one in every if one[0] == "moltis"] == [
            ["moltis", "data", "copy-back", "--stage"]
        ] * 2
        assert calls.get(call.call_id) == call
        assert aws.client("dynamodb").list_tables()["TableNames"] == ["moltis-phone-prod"]
    aws.client.cache_clear()


def test_the_commands_of_the_page_bring_a_table_back_that_was_deleted() -> None:
    name = "moltis-phone-dev"
    with mock_aws():
        aws.client.cache_clear()
        client = aws.client("dynamodb")
        use_table(name)
        create_table()
        calls, call = DynamoCallStore(), a_call()
        calls.create(call)
        # What DynamoDB does by itself when a table with such backups is deleted.
        backup = client.create_backup(TableName=name, BackupName="last")["BackupDetails"]
        client.delete_table(TableName=name)

        listing, *rest = commands(1)
        for program, *arguments in rest:
            assert program == "aws"
            by_boto3(*(backup["BackupArn"] if one == "ARN" else one for one in arguments))

        assert (listing[2], listing[-1]) == ("list-backups", "SYSTEM")
        assert calls.get(call.call_id) == call
        assert calls.live() == [call]
        ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
        backups = client.describe_continuous_backups(TableName=name)
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"
    aws.client.cache_clear()
