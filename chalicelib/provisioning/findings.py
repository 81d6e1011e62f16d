"""What an answer to a probe means, in words that say what to do."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import NameResolutionError

SLOW_MS: Final = 2_000
"""Telnyx delivers again what is not taken by then; nobody on the phone likes it either."""
API_GATEWAY: Final = frozenset({"Missing Authentication Token", "Forbidden", "Not Found"})
"""What API Gateway says at a path that leads to nothing."""
_TUNNEL: Final = "ngrok-error-code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back from a door: a status, and the beginning of what followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    millis: int

    @property
    def content(self) -> Mapping[str, Any]:
        """The JSON object in it; empty if there is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def is_page(self) -> bool:
        """Whether it is meant for a person with a browser."""
        return "text/html" in self.headers.get("Content-Type", "").lower()


def unreachable(error: requests.RequestException, url: str) -> str:
    """Say why nobody answered at *url*."""
    host = urlsplit(url).hostname
    if isinstance(error, requests.exceptions.SSLError):
        return f"the certificate of {host} is not valid for it: carriers refuse to call there"
    if isinstance(error, requests.ReadTimeout):
        return "there is no answer in time: what stands there hangs, or the way to it does"
    if isinstance(error, requests.ConnectTimeout):
        return f"{host} cannot be reached: a firewall drops the connection, or nothing runs there"
    if _has_no_address(error):
        return f"there is no host {host}: look for a slip in webhook_url"
    return f"{host} takes no connection: nothing runs there, or the tunnel is closed"


def unlike_ours(reply: Reply, url: str, account_id: str) -> str:
    """Say what stands at *url* instead of this gateway, which would have known its own probe."""
    return next(_meanings(reply, url, account_id))


def slow(millis: int) -> str:
    """Say that an answer took long, if it did."""
    return f"it is slow: {millis} ms; callers hear the silence" if millis > SLOW_MS else ""


def open_door(reply: Reply) -> str:
    """Say what is wrong with the answer to a webhook that nobody signed."""
    if reply.status == HTTPStatus.FORBIDDEN:
        return ""
    return f"a webhook that nobody signed is answered with {reply.status} instead of 403"


def _meanings(reply: Reply, url: str, account_id: str) -> Iterator[str]:
    """What *reply* may mean, the likeliest first."""
    status = reply.status
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        yield _redirect(reply, url)
    if tunnel := reply.headers.get(_TUNNEL):
        yield f"the tunnel answers instead ({tunnel}): start it, or give its new address"
    if reply.content.get("message") in API_GATEWAY:
        yield (
            "API Gateway knows no such path: webhook_url must end with the stage, like .../api, "
            "as `make deploy` prints it"
        )
    if reply.is_page or status == HTTPStatus.UNAUTHORIZED:
        yield f"a web page answers instead ({status}): a login, a proxy's or another site's"
    if status == HTTPStatus.FORBIDDEN:
        yield "a gateway answers that holds other credentials; after a change, wait 30 s"
    if status == HTTPStatus.NOT_FOUND:
        yield f"nothing answers there that has an account {account_id!r}: look at the path"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        yield "no more requests are taken at the moment; try again in a minute"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        yield f"what stands there fails with {status}: look into its log"
    yield f"something answers with {status}, and it is not this gateway"


def _redirect(reply: Reply, url: str) -> str:
    to = urlsplit(urljoin(url, reply.headers.get("Location", "")))
    whither = f"{to.scheme}://{to.netloc}" if to.netloc else "nowhere"
    if to.hostname == urlsplit(url).hostname:
        return f"it redirects ({reply.status}) on {whither}: begin webhook_url with what it wants"
    return (
        f"it redirects ({reply.status}) to {whither}, where carriers lose what they bring: a "
        "login stands before it, or webhook_url is an old address"
    )


def _has_no_address(error: BaseException) -> bool:
    seen: list[object] = [error]
    while seen:
        one = seen.pop()
        if isinstance(one, NameResolutionError):
            return True
        if isinstance(one, BaseException):
            seen += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return False
