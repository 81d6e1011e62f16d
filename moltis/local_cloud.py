"""The cloud in this process: DynamoDB, Secrets Manager, Step Functions and SQS by moto.

Nothing of it survives the process. With `AWS_ENDPOINT_URL` set, that endpoint is the cloud
instead, and only what is missing there is made.
"""

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from chalicelib import aws, settings
from chalicelib.audio.s3_shelf import PREFIX
from chalicelib.audio.shelf import KEPT
from chalicelib.errors import ConfigurationError
from chalicelib.store import tables
from chalicelib.vault import Credentials, Vault, shared

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
STAGE: Final = "local"
TABLE: Final = f"moltis-phone-{STAGE}"
CLOCK: Final = f"moltis-phone-{STAGE}-call-timer"
SHORT_CLOCK: Final = f"moltis-phone-{STAGE}-short-timer"
"""An Express state machine on AWS; here one more Standard one, for moto carries out no others."""
LOST_TIMERS: Final = f"moltis-phone-{STAGE}-lost-timers"
SOUNDS: Final = f"moltis-phone-{STAGE}-sounds"
_CLOCK_VARIABLE: Final = "MOLTIS_CALL_TIMER_ARN"
_SHORT_CLOCK_VARIABLE: Final = "MOLTIS_SHORT_TIMER_ARN"
_LOST_TIMERS_VARIABLE: Final = "MOLTIS_LOST_TIMERS_QUEUE"
STATE_MACHINE: Final = Path(__file__).parents[1] / "infra" / "call-timer.asl.json"
SOUNDS_GO_AWAY: Final = {
    "ID": "sounds-go-away",
    "Status": "Enabled",
    "Filter": {"Prefix": PREFIX},
    "Expiration": {"Days": KEPT.days},
}


@contextmanager
def cloud(functions_url: str, *, speed: float = 1.0) -> Iterator[bool]:
    """Have AWS there while the context lasts; tells whether it is embedded.

    *functions_url* is where our Lambda functions are invoked; simulated carriers run *speed* times
    as fast as real ones.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    with _environment(functions_url, speed=speed, embedded=not endpoint):
        aws.client.cache_clear()
        aws.session.cache_clear()
        with _nothing() if endpoint else _embedded():
            try:
                _make_what_is_missing()
            except (BotoCoreError, ClientError, PynamoDBException) as error:
                message = f"the cloud at {endpoint or 'this machine'} cannot be used: {error}"
                raise ConfigurationError(message) from error
            yield not endpoint


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _embedded() -> Iterator[None]:
    from moto import mock_aws  # noqa: PLC0415  # a second's work, and not always wanted
    from moto.core.models import botocore_stubber, responses_mock  # noqa: PLC0415

    mock = mock_aws(
        config={
            "core": {"mock_credentials": False, "passthrough": {"services": ["lambda"]}},
            "stepfunctions": {"execute_state_machine": True},
        }
    )
    mock.start()
    # moto puts itself between `requests` and the network too; carriers are to be met directly.
    responses_mock.stop()
    # moto's conditional writes are not atomic between threads, DynamoDB's are.
    process, one_at_a_time = botocore_stubber.process_request, threading.RLock()

    def process_in_turn(request: "AWSPreparedRequest") -> object:
        if "dynamodb" not in urlsplit(request.url).netloc:
            return process(request)
        with one_at_a_time:
            return process(request)

    try:
        with patch.object(botocore_stubber, "process_request", process_in_turn):
            yield
            _stop_all_timers()
    finally:
        mock.stop()


@contextmanager
def _environment(functions_url: str, *, speed: float, embedded: bool) -> Iterator[None]:
    wanted = {
        "MOLTIS_TABLE": TABLE,
        "MOLTIS_SECRET_PREFIX": f"moltis-phone/{STAGE}",
        "MOLTIS_TAKE_TURN_FUNCTION": "take_turn",
        "MOLTIS_SOFT_PHONE": "yes",
        "MOLTIS_CARRIER_SPEED": str(speed),
        "MOLTIS_AUDIO_BUCKET": SOUNDS,
        _CLOCK_VARIABLE: "known once the cloud is there",
        _SHORT_CLOCK_VARIABLE: "known once the cloud is there",
        _LOST_TIMERS_VARIABLE: "known once the cloud is there",
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", REGION),
        "AWS_ENDPOINT_URL_LAMBDA": os.environ.get("AWS_ENDPOINT_URL_LAMBDA", functions_url),
    }
    if embedded:
        wanted |= {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    settings.settings.cache_clear()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        settings.settings.cache_clear()


def _make_what_is_missing() -> None:
    tables.use_table(TABLE)
    tables.create_table()
    queue = aws.client("sqs").create_queue(QueueName=LOST_TIMERS)["QueueUrl"]
    definition = (
        STATE_MACHINE.read_text()
        .replace("${FireTimerFunction}", "fire_timer")
        .replace("${DeadLetterQueue}", queue)
    )
    os.environ[_CLOCK_VARIABLE] = _state_machine(CLOCK, definition)
    os.environ[_SHORT_CLOCK_VARIABLE] = _state_machine(SHORT_CLOCK, definition)
    os.environ[_LOST_TIMERS_VARIABLE] = queue
    settings.settings.cache_clear()
    _make_place_for_sounds()


def _state_machine(name: str, definition: str) -> str:
    clock = aws.client("stepfunctions")
    known = {machine["name"]: machine["stateMachineArn"] for machine in _state_machines()}
    role = f"arn:aws:iam::{ACCOUNT}:role/{CLOCK}"
    if name in known:
        clock.update_state_machine(stateMachineArn=known[name], definition=definition, roleArn=role)
        return str(known[name])
    made = clock.create_state_machine(name=name, definition=definition, roleArn=role)
    arn: str = made["stateMachineArn"]
    return arn


def _make_place_for_sounds() -> None:
    bucket = aws.client("s3")
    if SOUNDS not in {one["Name"] for one in bucket.list_buckets()["Buckets"]}:
        region = os.environ["AWS_DEFAULT_REGION"]
        where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        bucket.create_bucket(Bucket=SOUNDS, **({} if region == REGION else where))
        bucket.put_bucket_lifecycle_configuration(
            Bucket=SOUNDS, LifecycleConfiguration={"Rules": [SOUNDS_GO_AWAY]}
        )
    vault = Vault(settings.settings().secret_prefix, monotonic=time.monotonic)
    if not vault.credentials(shared("audio")):
        vault.store(shared("audio"), Credentials({"key": secrets.token_urlsafe(32)}))


def _stop_all_timers() -> None:
    """End moto's waiting threads: there will be no function for them to call."""
    clock, known = aws.client("stepfunctions"), settings.settings()
    for arn in (known.call_timer_arn, known.short_timer_arn):
        pages = clock.get_paginator("list_executions").paginate(
            stateMachineArn=arn, statusFilter="RUNNING"
        )
        for execution in [one for page in pages for one in page["executions"]]:
            clock.stop_execution(executionArn=execution["executionArn"])


def _state_machines() -> list[dict[str, Any]]:
    pages = aws.client("stepfunctions").get_paginator("list_state_machines").paginate()
    return [machine for page in pages for machine in page["stateMachines"]]
