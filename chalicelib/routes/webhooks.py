"""Carriers knock here."""

import time
from http import HTTPStatus
from typing import Final

from chalice import Blueprint, Response

from chalicelib import metrics, wiring
from chalicelib.accounts.account import Account
from chalicelib.actions.exchange import Exchange
from chalicelib.actions.take_webhook import take_webhook
from chalicelib.calls.callbacks import PREFIX, Route
from chalicelib.errors import (
    AgentError,
    SignatureError,
    TooManyStrangersError,
    UnknownAccountError,
)
from chalicelib.metrics import Metric
from chalicelib.providers.base import Document, WebhookRequest
from chalicelib.provisioning.seals import HEADER as PROBE_HEADER
from chalicelib.routes import refusals
from chalicelib.routes.received import LONGEST_BODY, json_response, raw_body, webhook_request

blueprint = Blueprint(__name__)

_CONTENT_TYPES: Final = ["application/x-www-form-urlencoded", "application/json"]


@blueprint.route(f"{PREFIX}/{{account}}/answer", methods=["POST"], content_types=_CONTENT_TYPES)
def answer(account: str) -> Response:
    """Say what to do with an answered or arriving call."""
    return _receive(account, Route.ANSWER)


@blueprint.route(f"{PREFIX}/{{account}}/gather", methods=["POST"], content_types=_CONTENT_TYPES)
def gather(account: str) -> Response:
    """Take recognised speech or pressed keys, and say what to do next."""
    return _receive(account, Route.GATHER)


@blueprint.route(f"{PREFIX}/{{account}}/status", methods=["POST"], content_types=_CONTENT_TYPES)
def status(account: str) -> Response:
    """Take a call's progress."""
    return _receive(account, Route.STATUS)


def _receive(account_id: str, route: Route) -> Response:
    begun = time.monotonic()
    request = blueprint.current_request
    if len(raw_body(request)) > LONGEST_BODY:
        return _bare(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        exchange = wiring.exchange(account_id)
    except UnknownAccountError:
        return _bare(HTTPStatus.NOT_FOUND)
    except TooManyStrangersError:
        return _bare(HTTPStatus.TOO_MANY_REQUESTS)
    received = webhook_request(request, account_id, exchange.account, route)
    if received.header(PROBE_HEADER) is not None:
        return _answer_probe(received, exchange.account)
    response = _take(received, account_id, exchange)
    if response.status_code == HTTPStatus.OK:
        metrics.write(
            "webhook answered",
            {Metric.WEBHOOK_LATENCY: round(1000 * (time.monotonic() - begun), 1)},
            provider=exchange.account.provider,
            route=route,
        )
    return response


def _take(received: WebhookRequest, account_id: str, exchange: Exchange) -> Response:
    try:
        return _document(take_webhook(received, exchange=exchange))
    except SignatureError as error:
        reason = error.reason
    except AgentError:
        return _bare(HTTPStatus.SERVICE_UNAVAILABLE)
    # Credentials may have been rotated since we read them.
    for other in wiring.rotated_exchanges(account_id) if reason == "mismatch" else ():
        try:
            return _document(take_webhook(received, exchange=other))
        except SignatureError:
            continue
    refusals.note("webhook refused", exchange.account, reason)
    return _bare(HTTPStatus.FORBIDDEN)


def _answer_probe(received: WebhookRequest, account: Account) -> Response:
    """Answer a probe of our own, which is that and nothing else; whatever else it is, refuse it."""
    reason = "missing"
    for provider, seal in wiring.keyrings(account.account_id):
        try:
            if seal is not None:
                return json_response(seal.answer(seal.open(received), provider, received))
        except SignatureError as error:
            reason = error.reason
            if reason != "mismatch":
                break
    refusals.note("probe refused", account, reason)
    return _bare(HTTPStatus.FORBIDDEN)


def _document(document: Document) -> Response:
    return Response(document.body, {"Content-Type": document.content_type}, HTTPStatus.OK)


def _bare(status: HTTPStatus) -> Response:
    return Response("", {"Content-Type": "text/plain"}, status)
