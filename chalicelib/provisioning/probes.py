"""Proves from outside that each webhook of an account leads here: over the network, harmlessly."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from secrets import randbelow
from typing import Final
from urllib.parse import urlencode

import requests

from chalicelib.accounts.account import Account
from chalicelib.calls.callbacks import Route, callback_url
from chalicelib.internet import new_session
from chalicelib.provisioning import findings
from chalicelib.provisioning.base import Console
from chalicelib.provisioning.findings import Reply
from chalicelib.provisioning.seals import HEADER, Seal

TIMEOUTS: Final = (3.05, 8.0)
"""Seconds to connect, and between two packets; all doors are tried at once."""
READ_BYTES: Final = 4_096
NONCE_DIGITS: Final = 20

_HEADERS: Final = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": "moltis-phone probe",
    # Whoever sits in between and writes pages for browsers is to see that this is none.
    "Accept": "application/json",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What became of one request: no status when nobody answered, no finding when all is well."""

    status: int | None
    millis: int | None
    finding: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What became of trying one door: *signed* as the carrier would, and *unsigned*."""

    route: Route
    url: str
    signed: Knock
    unsigned: Knock
    proves_signature: bool
    """Whether the carrier's own signature was tried; only the carrier may be able to make it."""

    @property
    def is_right(self) -> bool:
        """Whether the door opens to the carrier, and to nobody else."""
        return not (self.signed.finding or self.unsigned.finding)


def probe_all(account: Account, console: Console, seal: Seal) -> list[Probe]:
    """Try every door of *account*, at its own `webhook_url` and nowhere else."""
    with ThreadPoolExecutor(2 * len(Route)) as pool:
        tried = [
            (
                route,
                pool.submit(_knock_signed, account, route, console, seal),
                pool.submit(_knock_unsigned, account, route),
            )
            for route in Route
        ]
        return [
            Probe(
                route=route,
                url=callback_url(account.webhook_url, account.account_id, route),
                signed=signed.result(),
                unsigned=unsigned.result(),
                proves_signature=console.sign("", (), "") is not None,
            )
            for route, signed, unsigned in tried
        ]


def _knock_signed(account: Account, route: Route, console: Console, seal: Seal) -> Knock:
    nonce = f"{randbelow(10**NONCE_DIGITS):0{NONCE_DIGITS}}"
    url = callback_url(account.webhook_url, account.account_id, route, probe=nonce)
    form = (("Probe", nonce), ("Words", "Grüße & +"))
    headers = {
        HEADER: seal.stamp(url, nonce, int(time.time())),
        **(console.sign(url, form, nonce) or {}),
    }
    try:
        reply = _send(url, urlencode(form), headers)
    except requests.RequestException as error:
        return Knock(status=None, millis=None, finding=findings.unreachable(error, url))
    finding = _judge(reply, url, account.account_id, seal.proof(nonce))
    if not finding and console.sign(url, form, nonce) is not None:
        told = str(reply.content.get("signature"))
        if told != "accepted":
            finding = f"the signature does not survive the way ({told}): something rewrites it"
    warning = findings.slow(reply.millis)
    return Knock(status=reply.status, millis=reply.millis, finding=finding, warning=warning)


def _knock_unsigned(account: Account, route: Route) -> Knock:
    url = callback_url(account.webhook_url, account.account_id, route)
    try:
        reply = _send(url, urlencode({"Probe": "unsigned"}), {})
    except requests.RequestException as error:
        return Knock(status=None, millis=None, finding=findings.unreachable(error, url))
    return Knock(status=reply.status, millis=reply.millis, finding=findings.open_door(reply))


def _judge(reply: Reply, url: str, account_id: str, proof: str) -> str:
    if reply.content.get("proof") == proof:
        return ""
    return findings.unlike_ours(reply, url, account_id)


def _send(url: str, body: str, headers: Mapping[str, str]) -> Reply:
    began = time.monotonic()
    with (
        new_session() as alone,
        alone.post(
            url,
            data=body.encode(),
            headers=_HEADERS | dict(headers),
            timeout=TIMEOUTS,
            allow_redirects=False,
            stream=True,
        ) as response,
    ):
        beginning = next(response.iter_content(READ_BYTES), b"")
        return Reply(
            status=response.status_code,
            headers=response.headers,
            body=beginning,
            millis=round((time.monotonic() - began) * 1_000),
        )
