"""A gateway whose worker can be killed between any two of the things that it does.

The table, the carriers and the front door are in the test's process and stay; the worker is another
process. As Lambda and API Gateway do, a request that a dying worker held is answered with 502, and
what was invoked without waiting is invoked again, twice at most.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
import requests
from moto.server import ThreadedMotoServer

from chalicelib import wiring
from chalicelib.overriding import override
from chalicelib.phone_config import parse_config
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.carriers.server import SimulatedCarriers
from moltis.http_server import Answer, HttpServer, Question
from moltis.local_cloud import cloud
from moltis.rpc_client import GatewayAddress, RpcClient
from moltis.seeding import connect, seed
from tests.killable_worker import REQUEST_ID

ROOT: Final = Path(__file__).parents[1]
INVOCATIONS: Final = 3
BETWEEN_INVOCATIONS_SECS: Final = 0.2
HOP_BY_HOP: Final = {"connection", "content-length", "date", "keep-alive", "server", "host"}
DIED: Final = Answer(HTTPStatus.BAD_GATEWAY, {}, b"")


def forward(question: Question, to: str) -> Answer:
    """Bring *question* to somebody else, as it is."""
    with requests.Session() as session:
        session.trust_env = False
        response = session.request(
            question.method,
            f"{to}{question.path}",
            headers=dict(question.headers) | {"connection": "close"},
            data=question.body,
            timeout=60,
            allow_redirects=False,
        )
    headers = {
        name: value for name, value in response.headers.items() if name.lower() not in HOP_BY_HOP
    }
    return Answer(response.status_code, headers, response.content)


class Worker:
    """One process that serves the app."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.killable_worker"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._addresses: dict[str, str] = {}
        self._lock = threading.Lock()

    def address(self, name: str) -> str:
        """Where its door or its functions are, once it is ready."""
        with self._lock:
            if not self._addresses:
                assert self._process.stdout is not None
                self._addresses = json.loads(self._process.stdout.readline())
        return self._addresses[name]

    def is_dying(self) -> bool:
        """Whether a connection that broke was its last breath."""
        try:
            self._process.wait(2)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it as nothing ends that could say a word about it."""
        self._process.kill()
        self._process.wait(10)
        if self._process.stdout:
            self._process.stdout.close()


@dataclass(slots=True)
class Death:
    """Comes once, behind so many requests of the worker, from when *word* is in a webhook.

    Or not at all, when *last_word* is in one before.
    """

    word: bytes
    last_word: bytes
    after: int
    begun: bool = False
    is_past: bool = False
    counted: int = 0
    came: bool = False


class Behind(SimulatedCarriers):
    """Simulated carriers that are asked by way of somebody who counts."""

    proxy: str

    @override
    def base_url(self, carrier: str) -> str:
        return f"{self.proxy}/{carrier}"


@dataclass
class Killable:
    """The front door, and who stands behind it."""

    carriers: Behind
    door: HttpServer
    aws: HttpServer
    functions: HttpServer
    rest: HttpServer
    moto_url: str
    death: Death = field(default_factory=lambda: Death(b"", b"", -1))
    rpc: RpcClient = field(init=False)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._aws_lock = threading.Lock()
        self._invocations: list[threading.Thread] = []
        self._environment = dict(os.environ) | {"AWS_ENDPOINT_URL": self.aws.url}
        self._worker, self._spare = Worker(self._environment), Worker(self._environment)
        self.door.start(self._knock)
        self.aws.start(self._ask_aws)
        self.functions.start(self._invoke)
        self.rest.start(self._ask_carrier)

    def stop(self) -> None:
        for server in (self.door, self.functions, self.aws, self.rest):
            server.stop()
        for thread in self._invocations:
            thread.join()
        for worker in (self._worker, self._spare):
            worker.kill()

    def _knock(self, question: Question) -> Answer:
        death = self.death
        if death.word and death.word in question.body:
            death.begun = True
        if death.begun and death.last_word in question.body:
            death.is_past = True
        if self._dies_here():
            return DIED
        return self._ask_worker(question, "door")

    def _ask_worker(self, question: Question, name: str) -> Answer:
        worker = self._worker
        try:
            return forward(question, worker.address(name))
        except requests.RequestException:
            if worker.is_dying():
                return DIED
            raise

    def _ask_aws(self, question: Question) -> Answer:
        # moto's conditional writes are not atomic between threads.
        with self._aws_lock:
            answer = forward(question, self.moto_url)
        self._done()
        return answer

    def _ask_carrier(self, question: Question) -> Answer:
        answer = forward(question, self.carriers.url)
        self._done()
        return answer

    def _invoke(self, question: Question) -> Answer:
        if question.headers.get("x-amz-invocation-type") != "Event":
            return self._ask_worker(question, "functions")
        headers = {
            name: value
            for name, value in question.headers.items()
            if name != "x-amz-invocation-type"
        }
        # It stays the same invocation, however often it is tried.
        headers[REQUEST_ID] = str(uuid4())
        errand = Question(question.method, question.path, headers, question.body)
        thread = threading.Thread(target=self._run, args=(errand,))
        self._invocations.append(thread)
        thread.start()
        self._done()
        return Answer(HTTPStatus.ACCEPTED, {}, b"")

    def _run(self, errand: Question) -> None:
        for _ in range(INVOCATIONS):
            answer = self._ask_worker(errand, "functions")
            failed = any(name.lower() == "x-amz-function-error" for name in answer.headers)
            if answer.status == HTTPStatus.OK and not failed:
                return
            time.sleep(BETWEEN_INVOCATIONS_SECS)

    def _done(self) -> None:
        """Note that the worker did something; it may have been the last thing."""
        with self._lock:
            if self.death.begun and not self.death.came:
                self.death.counted += 1
        self._dies_here()

    def _dies_here(self) -> bool:
        with self._lock:
            death = self.death
            is_due = death.begun and not death.is_past and death.counted == death.after
            if death.came or not is_due:
                return False
            death.came = True
            self._worker.kill()
            # One that is cold already waits, as on Lambda; the next is made ready behind it.
            self._worker, self._spare = self._spare, Worker(self._environment)
            return True


@contextmanager
def killable(provider: str, *, speed: float, **settings: Any) -> Iterator[Killable]:
    """Run a gateway with one account at *provider* whose worker can be killed."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        stack.callback(moto.stop)
        host, port = moto.get_host_and_port()
        moto_url = f"http://{host}:{port}"
        for name, value in {
            "AWS_ENDPOINT_URL": moto_url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        }.items():
            patch.setenv(name, value)
        door, aws, functions, rest = (HttpServer("127.0.0.1", 0) for _ in range(4))
        stack.enter_context(cloud(functions.url, speed=speed))
        wiring.forget()
        stack.callback(wiring.forget)
        carriers = Behind(speed=speed)
        carriers.proxy = rest.url
        carriers.start()
        stack.callback(carriers.stop)
        table = {"provider": provider, provider: {}, **settings}
        seed(parse_config({"phone": table}), gateway_url=door.url, carriers=carriers)
        connect(carriers)
        token = make_token("test", Scope.WRITE, at=wiring.now())
        wiring.tokens().add(token.kept)
        phone = Killable(carriers, door, aws, functions, rest, moto_url)
        stack.callback(phone.stop)
        phone.rpc = RpcClient(GatewayAddress(door.url, token.text))
        stack.callback(phone.rpc.close)
        yield phone
