"""Chalice's request as ours: the public address that was called, and the raw bytes."""

import json
import time
from http import HTTPStatus
from typing import Any, Final

from chalice import Response
from chalice.app import Request

from chalicelib.accounts.account import Account
from chalicelib.calls.callbacks import Route, webhook_url
from chalicelib.providers.base import WebhookRequest

LONGEST_BODY: Final = 64 * 1024


def webhook_request(
    request: Request, called: str, account: Account, route: Route
) -> WebhookRequest:
    """Rebuild the webhook that arrived at *route* of the account that was *called*.

    The address is the one we are configured to have: what a proxy or a forger says of the host
    counts for nothing. Chalice's own `path` is the template of the route.
    """
    return WebhookRequest(
        method=request.method,
        url=webhook_url(account.webhook_url, called, route, dict(request.query_params or {})),
        headers=dict(request.headers),
        body=raw_body(request),
        received_at=time.time(),
    )


def raw_body(request: Request) -> bytes:
    """The bytes that were sent; API Gateway hands over some bodies as text."""
    body = request.raw_body
    return body if isinstance(body, bytes) else body.encode()


def json_response(body: object, status: int = HTTPStatus.OK) -> Response:
    """Answer with *body* as JSON."""
    headers: dict[str, Any] = {"Content-Type": "application/json"}
    return Response(json_text(body), headers, int(status))


def json_text(body: object) -> str:
    """Write *body* as JSON; halves of characters, which UTF-8 cannot hold, are escaped."""
    text = json.dumps(body, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(body)
    return text
