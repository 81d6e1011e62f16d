"""Whether a phone that was just deployed answers, lets its owner in, and nobody else."""

import time
from collections.abc import Callable
from contextlib import closing
from http import HTTPStatus
from typing import Final

import requests

from chalicelib.errors import ConfigurationError
from moltis.deployment.cloud import Cloud
from moltis.deployment.stages import Address, first_token
from moltis.rpc_client import GatewayAddress, NoGatewayError, RefusedError, RpcClient

PATIENCE_SECS: Final = 30.0
"""A new API is known everywhere within seconds, and not at once."""
_LOOK_EVERY_SECS: Final = 1.0
_TIMEOUT_SECS: Final = 15.0
_WEBHOOK: Final = "/api/channels/telephony/nobody/answer"


def check(cloud: Cloud, address: Address, say: Callable[[str], None]) -> None:
    """Ask the phone whether it is well.

    Raises:
        ConfigurationError: it is not.
    """
    version = _healthy(address)
    say(f"answers: version {version}")
    if not _is_shut(address):
        message = f"{address.url} takes webhooks that nobody has signed; do not use it"
        raise ConfigurationError(message)
    say("forged webhooks: refused")
    with closing(RpcClient(GatewayAddress(address.url, first_token(cloud, address)))) as rpc:
        try:
            accounts = rpc.ask("voicecall.status")["accounts"]
        except (NoGatewayError, RefusedError) as error:
            message = f"the phone does not let its first token in: {error}"
            raise ConfigurationError(message) from error
        say("first token: lets us in")
        ready = [account["id"] for account in accounts if account["ready"]]
        for account_id in ready:
            _try_webhooks(rpc, account_id, say)
    if not ready:
        say(f"no carrier yet: moltis voice-call setup --stage {address.stage}")


def _try_webhooks(rpc: RpcClient, account_id: str, say: Callable[[str], None]) -> None:
    """Tell what a probe found: the phone is deployed, whatever is wrong on the way to it."""
    try:
        probe(rpc, account_id)
    except ConfigurationError as error:
        say(f"WARNING {error}; see moltis voice-call setup --check")
    else:
        say(f"{account_id}: signed probes of its webhooks arrive, unsigned ones are refused")


def probe(rpc: RpcClient, account_id: str) -> None:
    """Have the phone knock at its own doors from outside, as the account's carrier would.

    Raises:
        ConfigurationError: they do not open as they should, or cannot be tried.
    """
    deadline = time.monotonic() + PATIENCE_SECS
    # All doors are tried at once, and behind each a new version may be starting.
    while findings := _tried(rpc, account_id):
        if time.monotonic() > deadline:
            message = f"the webhooks of {account_id} are not right: {'; '.join(findings)}"
            raise ConfigurationError(message)


def _tried(rpc: RpcClient, account_id: str) -> list[str]:
    try:
        found = rpc.ask("phone.probe", account=account_id)
    except (NoGatewayError, RefusedError) as error:
        message = f"the webhooks of {account_id} cannot be tried: {error}"
        raise ConfigurationError(message) from error
    return [
        f"{tried['route']}: {knock['finding']}"
        for tried in found["probes"]
        for knock in (tried["signed"], tried["unsigned"])
        if knock["finding"]
    ]


def _healthy(address: Address) -> str:
    deadline = time.monotonic() + PATIENCE_SECS
    while True:
        try:
            answer = requests.get(f"{address.url}/healthz", timeout=_TIMEOUT_SECS)
            if answer.ok:
                return str(answer.json()["version"])
            told = f"{answer.status_code} {answer.text[:200]}"
        except (requests.RequestException, ValueError, KeyError) as error:
            told = str(error)
        if time.monotonic() > deadline:
            message = f"{address.url}/healthz does not say that it is well: {told}"
            raise ConfigurationError(message)
        time.sleep(_LOOK_EVERY_SECS)


def _is_shut(address: Address) -> bool:
    answer = requests.post(
        f"{address.url}{_WEBHOOK}", data={"CallSid": "CA0"}, timeout=_TIMEOUT_SECS
    )
    return answer.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
