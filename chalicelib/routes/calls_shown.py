"""What the pages of calls show; sent only when it has changed."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from chalice import Response
from chalice.app import Request

from chalicelib import log, switchboard, wiring
from chalicelib.calls.call import Call
from chalicelib.calls.published import (
    CallJson,
    call_json,
    conversation_json,
    course_json,
    without_numbers,
)
from chalicelib.errors import GatewayError, UnknownCallError
from chalicelib.routes.access import asker
from chalicelib.routes.pages import RECORDINGS, served
from chalicelib.routes.problems import INTERNAL, UNAUTHORIZED, problem
from chalicelib.routes.received import json_response
from chalicelib.settings import settings
from chalicelib.store.base import AccessToken, Scope

MOST_FOLLOWED: Final = 5
"""Of so many live calls the overview has the transcript: each costs a request."""


def overview(request: Request) -> Response:
    """Show the live calls, and the newest of those that are looked for; no whole number."""
    params = dict(request.query_params or {})

    def show(_: AccessToken) -> dict[str, Any]:
        found = switchboard.history(params)
        return {
            "live": [without_numbers(call) for call in _live()],
            **found,
            "calls": [without_numbers(call) for call in found["calls"]],
        }

    return _answer(request, show)


def one(request: Request, call_id: str) -> Response:
    """Show one call: what was said and what happened; its whole numbers to whoever may call."""
    return _answer(request, lambda token: _one(call_id, token))


def _live() -> list[CallJson]:
    calls = sorted(wiring.calls().live(), key=lambda call: call.started_at, reverse=True)
    followed = [_followed(call) for call in calls[:MOST_FOLLOWED]]
    # Its own item knows sooner than the index that a call is over.
    return [call for call in followed if not call["end_reason"]] + [
        call_json(call) for call in calls[MOST_FOLLOWED:]
    ]


def _followed(call: Call) -> CallJson:
    return conversation_json(wiring.calls().conversation(call.call_id))


def _one(call_id: str, token: AccessToken) -> dict[str, Any]:
    conversation = wiring.calls().conversation(call_id)
    call = conversation_json(conversation)
    return {
        "call": call if token.scope.covers(Scope.WRITE) else without_numbers(call),
        "events": course_json(conversation.call),
        "recording": _recording(conversation.call),
    }


def _recording(call: Call) -> str | None:
    """Where it can be heard how *call* sounded; only simulated carriers, here, can tell."""
    if not (settings().has_soft_phone and call.answered_at and call.state.is_final):
        return None
    if not wiring.account(call.account).simulated:
        return None
    return f"{RECORDINGS[1:]}/{quote(call.provider_call_id, safe='')}"


def _answer(request: Request, show: Callable[[AccessToken], object]) -> Response:
    token = asker(request)
    if token is None:
        message = "sign in, or send a valid access token: Authorization: Bearer TOKEN"
        return _refused({"code": UNAUTHORIZED, "message": message}, HTTPStatus.UNAUTHORIZED)
    try:
        text = json.dumps(show(token), ensure_ascii=False)
    except UnknownCallError as error:
        return _refused(problem(error), HTTPStatus.NOT_FOUND)
    except GatewayError as error:
        return _refused(problem(error), HTTPStatus.BAD_REQUEST)
    except Exception:  # noqa: BLE001  # the outermost door
        log.error("data failed")
        message = "something of ours failed; the log says what"
        return _refused({"code": INTERNAL, "message": message}, HTTPStatus.INTERNAL_SERVER_ERROR)
    response = served(request, text, "application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(error: dict[str, Any], status: HTTPStatus) -> Response:
    response = json_response({"error": error}, status)
    response.headers["Cache-Control"] = "no-store"
    return response
