"""AWS in a bottle: its table and its clock by hand, and moto for the secrets."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import unquote
from uuid import UUID

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError, ReadTimeoutError
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from chalicelib import aws, settings, wiring
from chalicelib.actions import await_reply, place_call
from chalicelib.calls.call import CallId
from chalicelib.routes import received
from chalicelib.store import dynamo, tables
from tests.bottle.effects import Effects
from tests.bottle.table import BottledTable
from tests.builders import NOON

ARN: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:clock"
WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
TABLE: Final = "bottle"

_clouds: Final = count(1)

Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body, as moto gives them."""


@dataclass(slots=True)
class HandClock:
    """A time that passes when somebody says so."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def unix(self) -> float:
        return self.time.timestamp()

    def pass_by(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function that was invoked, and has not run yet."""

    function: str
    event: Any


@dataclass(slots=True)
class Timer:
    """An execution of the clock's state machine."""

    at: datetime
    event: Mapping[str, str]
    running: bool = True


@dataclass(slots=True)
class Cloud:
    """What our functions started, and has not come to its end."""

    run: Callable[[str, Any], Any]
    """Runs one of our functions."""
    effects: Effects
    clock: HandClock
    table: BottledTable = field(default_factory=BottledTable)
    timers: dict[str, Timer] = field(default_factory=dict)
    pending: list[Invocation] = field(default_factory=list)
    """Invocations that nobody waits for, or that somebody stopped waiting for."""
    is_slow: bool = False
    """Whether whoever waits for a function gives up before it has run."""

    def due(self) -> list[str]:
        """The timers whose time has come."""
        return [
            name
            for name, timer in sorted(self.timers.items(), key=lambda item: (item[1].at, item[0]))
            if timer.running and timer.at <= self.clock()
        ]

    def remember(self, model: Any, params: Mapping[str, Any], **_: object) -> Any:
        """Answer for DynamoDB, before botocore writes and signs a request of HTTP."""

        def act() -> Any:
            return self.table.answer(model.name, params["body"])

        if model.name not in WRITES:
            return act()
        # Not a failure that botocore would repeat: then nothing would have failed.
        return self.effects.happen(f"dynamodb {model.name}", act, BotoCoreError)

    def answer(self, request: AWSPreparedRequest) -> Answer | None:
        """Answer for Step Functions and Lambda; everything else is moto's."""
        target = request.headers.get("X-Amz-Target", b"")
        target = target.decode() if isinstance(target, bytes) else target
        service, _, operation = target.rpartition(".")
        if service == "AWSStepFunctions":
            return self._clockwork(operation, json.loads(request.body))
        if "/functions/" in request.url:
            return self._invoke(request)
        return None

    def _clockwork(self, operation: str, asked: Mapping[str, str]) -> Answer:
        if operation == "StartExecution":
            if asked["name"] in self.timers:
                return _answer(400, {"__type": "ExecutionAlreadyExists"})
            event = json.loads(asked["input"])
            self.timers[asked["name"]] = Timer(datetime.fromisoformat(event["at"]), event)
            return _answer(200, {"executionArn": "arn", "startDate": 0})
        name = asked["executionArn"].rpartition(":")[2]
        if name not in self.timers:
            return _answer(400, {"__type": "ExecutionDoesNotExist"})
        self.timers[name].running = False
        return _answer(200, {"stopDate": 0})

    def _invoke(self, request: AWSPreparedRequest) -> Answer:
        function = unquote(request.url.partition("/functions/")[2].partition("/")[0])
        invocation = Invocation(function, json.loads(request.body))
        if request.headers.get("X-Amz-Invocation-Type") in {"Event", b"Event"}:
            self.pending.append(invocation)
            return _answer(202, None)
        if self.is_slow:
            self.pending.append(invocation)
            raise ReadTimeoutError(endpoint_url=request.url)
        return _answer(200, self.run(function, invocation.event))


def _answer(status: int, body: object) -> Answer:
    content = b"" if body is None else json.dumps(body).encode()
    return status, {"Content-Type": "application/json"}, content


@contextmanager
def one_moto() -> Iterator[None]:
    """Have moto there, and one client of each kind, for many clouds."""
    with mock_aws(config={"core": {"passthrough": {"services": ["lambda", "stepfunctions"]}}}):
        aws.client.cache_clear()
        try:
            yield
        finally:
            aws.client.cache_clear()


@contextmanager
def a_cloud(cloud: Cloud) -> Iterator[None]:
    """Let our functions live in *cloud*, with a table of its own, while the context lasts."""
    environment = {
        "MOLTIS_TABLE": TABLE,
        "MOLTIS_SECRET_PREFIX": f"bottle-{os.getpid()}-{next(_clouds)}",
        "MOLTIS_TAKE_TURN_FUNCTION": "take_turn",
        "MOLTIS_CALL_TIMER_ARN": ARN,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in environment.items():
            patch.setenv(variable, value)
        patch.setattr(BotocoreStubber, "process_request", _answering(cloud))
        patch.setattr(wiring, "now", cloud.clock)
        # One partition instead of eight: what is spread over them is spread for speed alone.
        for room in (dynamo, tables):
            patch.setattr(room, "SHARDS", ("0",))
        # Nobody waits in a bottle: what is not there yet comes when somebody says so.
        patch.setattr(await_reply, "HOLD_SECS", 0.0)
        # The same choices lead to the same world: its calls are numbered.
        numbers = count(1)
        patch.setattr(place_call, "new_call_id", lambda: CallId(str(UUID(int=next(numbers)))))
        patch.setattr(received, "time", SimpleNamespace(time=cloud.clock.unix))
        _forget()
        events = aws.client("dynamodb").meta.events
        events.register("before-call.dynamodb", cloud.remember)
        try:
            tables.use_table(TABLE)
            tables.create_table()
            yield
        finally:
            events.unregister("before-call.dynamodb", cloud.remember)
            _forget()


def _answering(cloud: Cloud) -> Callable[[BotocoreStubber, AWSPreparedRequest], Any]:
    process = BotocoreStubber.process_request

    def process_or_answer(stubber: BotocoreStubber, request: AWSPreparedRequest) -> Any:
        name = _effect(request)

        def act() -> Any:
            found = cloud.answer(request)
            return found if found is not None else process(stubber, request)

        if not name:
            return act()
        return cloud.effects.happen(
            # Not one that botocore would repeat: then nothing would have failed.
            name,
            act,
            BotoCoreError,
        )

    return process_or_answer


def _forget() -> None:
    settings.settings.cache_clear()
    wiring.forget()


def _effect(request: AWSPreparedRequest) -> str:
    """What *request* does to the world; nothing if it only reads."""
    target = request.headers.get("X-Amz-Target", b"")
    target = target.decode() if isinstance(target, bytes) else target
    service, _, operation = target.rpartition(".")
    if service == "AWSStepFunctions":
        return f"stepfunctions {operation}"
    return "lambda Invoke" if "/functions/" in request.url else ""
