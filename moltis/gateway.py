"""The local gateway: the very app that is deployed, with its cloud and carriers on this machine."""

import re
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import chalice
import chalice.local
from chalice.config import Config

import app as deployed
from chalicelib import log, wiring
from chalicelib.calls.terms import AgentKind
from chalicelib.errors import ConfigurationError
from chalicelib.phone_config import PhoneConfig
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.carriers.server import SimulatedCarriers
from moltis.http_server import Answer, HttpServer, Question
from moltis.local_cloud import cloud
from moltis.local_functions import Function, LocalFunctions
from moltis.seeding import Seeded, connect, seed, seeded
from moltis.soft_phone.doors import is_about_soft_phone, soft_phone_app

SWEEP_SECS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that runs."""

    url: str
    token: str = field(repr=False)
    seeded: tuple[Seeded, ...]
    carriers: SimulatedCarriers

    @property
    def ready(self) -> dict[str, Any]:
        """What the gateway says of itself once it is ready."""
        kinds = {
            one.account.account_id: "simulated" if one.account.simulated else "live"
            for one in self.seeded
        }
        return {
            "event": "ready",
            "url": self.url,
            "token": self.token,
            "carriers": kinds,
            "simulator": {"url": self.carriers.control_url, "token": self.carriers.token},
        }


@contextmanager
def running(
    config: PhoneConfig | None, *, host: str = "127.0.0.1", port: int = 0, speed: float = 1.0
) -> Iterator[Gateway]:
    """Run the gateway while the context lasts; simulated carriers run *speed* times as fast.

    Without a *config*, the settings are those that the cloud has, if it has any.

    Raises:
        OSError: the port is in use, or may not be used.
        ConfigurationError: an account of *config* is incomplete, or its agent cannot be had here.
    """
    with ExitStack() as stack:
        stack.enter_context(_alone())
        server = HttpServer(host, port)
        stack.callback(server.stop)
        functions = LocalFunctions(_functions())
        functions.start()
        stack.callback(functions.stop)
        if stack.enter_context(cloud(functions.url, speed=speed)):
            _check_agents(config)
        wiring.forget()
        stack.callback(wiring.forget)
        carriers = SimulatedCarriers(speed=speed)
        carriers.start()
        stack.callback(carriers.stop)
        seed(config, gateway_url=server.url, carriers=carriers)
        connect(carriers)
        token = make_token("gateway", Scope.WRITE, at=wiring.now())
        wiring.tokens().add(token.kept)
        stack.callback(wiring.tokens().remove, token.kept.digest)
        server.start(_answers(carriers))
        stack.enter_context(_sweeping())
        yield Gateway(server.url, token.text, tuple(seeded()), carriers)


def _check_agents(config: PhoneConfig | None) -> None:
    accounts = config.accounts if config else ()
    agents = [
        account.terms_on(number).agent for account in accounts for number in ("", *account.numbers)
    ]
    for agent in agents:
        missing = _NOT_EMBEDDED.get(agent.kind)
        if missing:
            message = (
                f"phone.agent.kind: the embedded cloud has no {missing}; "
                "set AWS_ENDPOINT_URL to a cloud that has, or take kind openai or offline"
            )
            raise ConfigurationError(message)


_NOT_EMBEDDED: Final = {AgentKind.BEDROCK: "Bedrock", AgentKind.LAMBDA: "functions of yours"}


@contextmanager
def _alone() -> Iterator[None]:
    """Keep a second gateway out: the environment, and so the cloud, is the process's."""
    if not _ONLY_ONE.acquire(blocking=False):
        message = "a gateway runs in this process already"
        raise RuntimeError(message)
    try:
        yield
    finally:
        _ONLY_ONE.release()


_ONLY_ONE: Final = threading.Lock()


@contextmanager
def _sweeping() -> Iterator[None]:
    stopped = threading.Event()

    def sweep() -> None:
        while not stopped.wait(SWEEP_SECS):
            try:
                _functions()["sweep"](SCHEDULED, None)
            except Exception:  # noqa: BLE001  # as on AWS: the next minute comes anyway
                log.error("sweep failed")

    thread = threading.Thread(target=sweep, name="sweep")
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


SCHEDULED: Final = {
    "version": "0",
    "id": "local",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "1970-01-01T00:00:00Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {},
}
"""What EventBridge sends to a scheduled function."""


def _functions() -> dict[str, Function]:
    return dict(deployed.app.handler_map)


def _answers(carriers: SimulatedCarriers) -> Callable[[Question], Answer]:
    app = _following(answers_of(deployed.app), carriers)
    soft_phone = answers_of(soft_phone_app(carriers))

    def answer(question: Question) -> Answer:
        return (soft_phone if is_about_soft_phone(question.path) else app)(question)

    return answer


def _following(
    answers: Callable[[Question], Answer], carriers: SimulatedCarriers
) -> Callable[[Question], Answer]:
    """Have the simulated carriers know of new settings before whoever made them is answered."""

    def answer(question: Question) -> Answer:
        given = answers(question)
        if question.path == "/rpc" and _CHANGES.search(question.body):
            connect(carriers)
        return given

    return answer


_CHANGES: Final = re.compile(rb"phone\.(save|import|secrets)")


def answers_of(app: chalice.Chalice) -> Callable[[Question], Answer]:
    """Give what *app* answers, asked by many at once."""
    # Chalice keeps the request that is being answered on the app: one for each thread here.
    if not isinstance(app, chalice.local.LocalChalice):
        app.__class__ = chalice.local.LocalChalice
    gateway = chalice.local.LocalGateway(app, Config())

    def answer(question: Question) -> Answer:
        try:
            response = gateway.handle_request(
                question.method, question.path, dict(question.headers), question.body
            )
        except chalice.local.LocalGatewayException as error:
            return Answer(HTTPStatus(error.CODE), error.headers, error.body or b"")
        return _answer(response)

    return answer


def _answer(response: dict[str, Any]) -> Answer:
    headers = {
        **{name: values[-1] for name, values in response.get("multiValueHeaders", {}).items()},
        **response.get("headers", {}),
    }
    body = response.get("body") or ""
    if response.get("isBase64Encoded"):
        return Answer(HTTPStatus(response["statusCode"]), headers, b64decode(body))
    return Answer(HTTPStatus(response["statusCode"]), headers, body.encode())
