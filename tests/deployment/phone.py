"""A phone that `make deploy` deployed, with simulated carriers outside of its cloud."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import boto3

from chalicelib import aws, settings, wiring
from chalicelib.phone_config import parse_config
from chalicelib.providers.registry import PROVIDERS
from moltis.carriers.line import Side
from moltis.carriers.record import SimulatedCall
from moltis.carriers.server import SimulatedCarriers
from moltis.demo.scenes import ALLOWED_CALLER
from moltis.demo.stage import Stage
from moltis.deployment.cloud import open_cloud
from moltis.deployment.locked import ROOT
from moltis.deployment.stages import address_of, first_token
from moltis.gateway import SCHEDULED, Gateway
from moltis.rpc_client import GatewayAddress, NoGatewayError, RpcClient
from moltis.seeding import connect, seed, seeded
from tests.deployment import emulator

STAGE: Final = "dev"
SPEED: Final = 2.0
PATIENCE_SECS: Final = 90.0
DEPLOY_SECS: Final = 300.0
_PHONE: Final = {
    "provider": "twilio",
    "inbound_policy": "allowlist",
    "allowlist": [ALLOWED_CALLER],
    "notify_hangup_delay_secs": 1,
    "inbound_greeting": "Doctor Miller's practice, this is the assistant. How can I help?",
    **{name: {} for name in PROVIDERS},
}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DeployedPhone:
    """What tests do with it."""

    gateway: Gateway
    rpc: RpcClient
    process: int
    endpoint: str
    printed: str

    def stage(self, carrier: str) -> Stage:
        """One carrier's part of it."""
        return Stage(self.gateway, self.rpc, carrier)

    def client(self, service: str) -> Any:
        """A client of the emulated AWS."""
        return boto3.client(service)

    def status(self, call_id: str) -> Json:
        """The call as it is now."""
        return self.rpc.ask("voicecall.status", call_id=call_id)

    def wait_while_nobody_asks(self, call: SimulatedCall) -> None:
        """Wait until the agent is being heard: then its carrier wants nothing of us for a while."""
        deadline = time.monotonic() + PATIENCE_SECS
        while not call.moments or call.moments[-1].side is not Side.AGENT or call.moments[-1].whole:
            assert time.monotonic() < deadline, "the agent was not heard again"
            time.sleep(0.02)

    def wake(self) -> None:
        """Speak to every function: only then the emulator sees that its process has died.

        Lambda itself sees it at once, and lets nobody else meet it.
        """
        with suppress(NoGatewayError):
            self.rpc.ask("voicecall.status")
        for name in ("take_turn", "fire_timer", "voice_call", "sweep"):
            self.client("lambda").invoke(
                FunctionName=f"moltis-phone-{STAGE}-{name}:live", Payload=json.dumps(SCHEDULED)
            )

    def until(self, call_id: str, holds: Callable[[Json], bool]) -> Json:
        """Wait until something *holds* of the call; gives the call."""
        deadline = time.monotonic() + PATIENCE_SECS
        while not holds(seen := self.status(call_id)):
            assert time.monotonic() < deadline, f"waited in vain; last seen: {seen}"
            time.sleep(0.2)
        return seen


def make(
    target: str, endpoint: str, *, folder: Path = ROOT, answer: str = "", **environment: str
) -> str:
    """Run `make` as a person would who types *answer*, and give what it prints."""
    return _run(
        ("/usr/bin/env", "make", "--no-print-directory", target, f"STAGE={STAGE}"),
        emulator.environment(endpoint) | environment,
        answer,
        folder,
    )


def moltis(*arguments: str, endpoint: str) -> str:
    """Run the command line as a person would, and give what it prints."""
    return _run(
        (sys.executable, "-m", "moltis", "voice-call", *arguments), emulator.environment(endpoint)
    )


def _run(
    command: tuple[str, ...],
    environment: Mapping[str, str],
    answer: str = "",
    folder: Path = ROOT,
) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        # A person types in no other make's rule.
        env={k: v for k, v in os.environ.items() if "MAKE" not in k} | dict(environment),
        input=answer,
        capture_output=True,
        text=True,
        timeout=DEPLOY_SECS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def deployed(folder: Path) -> Iterator[DeployedPhone]:
    """Deploy the phone, as nobody has set it up yet, while the context lasts."""
    with emulator.running(folder) as (endpoint, process):
        printed = make("deploy", endpoint)
        os.environ.update(emulator.environment(endpoint))
        os.environ.pop("AWS_SESSION_TOKEN", None)
        cloud = open_cloud()
        address = address_of(cloud, STAGE)
        token = first_token(cloud, address)
        _as_deployed(cloud.client("lambda"))
        with (
            SimulatedCarriers(speed=SPEED) as carriers,
            closing(RpcClient(GatewayAddress(address.url, token))) as rpc,
        ):
            gateway = Gateway(address.url, token, (), carriers)
            yield DeployedPhone(gateway, rpc, process, endpoint, printed)


def furnished(phone: DeployedPhone) -> DeployedPhone:
    """Give it a simulated account at each carrier."""
    reseed(phone)
    return replace(phone, gateway=replace(phone.gateway, seeded=tuple(seeded())))


def reseed(phone: DeployedPhone, **settings_: Any) -> None:
    """Change the settings, and have nobody remember the former ones."""
    _seed(phone.gateway.url, phone.gateway.carriers, {**_PHONE, **settings_})
    emulator.kill_functions(phone.process)
    phone.wake()


def _as_deployed(functions: Any) -> None:
    """Have our own code in this process work in the deployed phone's cloud."""
    configuration = functions.get_function_configuration(FunctionName=f"moltis-phone-{STAGE}")
    os.environ.update(configuration["Environment"]["Variables"])
    aws.client.cache_clear()
    aws.session.cache_clear()
    settings.settings.cache_clear()
    wiring.forget()


def _seed(url: str, carriers: SimulatedCarriers, phone: Mapping[str, Any]) -> None:
    seed(parse_config({"phone": dict(phone)}), gateway_url=url, carriers=carriers)
    connect(carriers)
