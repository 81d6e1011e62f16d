"""JSON-RPC 2.0, for whoever has a token, and for our own pages.

https://www.jsonrpc.org/specification
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from chalice import Blueprint, Response

from chalicelib import log
from chalicelib.accounts.audit import Asker, Door
from chalicelib.errors import GatewayError
from chalicelib.routes import problems
from chalicelib.routes.access import asker, asker_of, door_of
from chalicelib.routes.problems import Problem, problem
from chalicelib.routes.received import LONGEST_BODY, json_response, raw_body
from chalicelib.store.base import Scope

blueprint = Blueprint(__name__)

MOST_AT_ONCE: Final = 50


_TAKES_ITS_TIME: Final = frozenset({"voicecall.wait", "data.export", "data.erase"})
"""What may take as long as a request can, or give as much, so that no other fits beside it."""
_STATUS: Final = {
    problems.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    problems.FORBIDDEN: HTTPStatus.FORBIDDEN,
}


@dataclass(frozen=True, slots=True)
class _Known:
    """Whoever asks, by a token that was found good."""

    scope: Scope
    asker: Asker


@blueprint.route("/rpc", methods=["POST"], content_types=["application/json"])
def rpc() -> Response:
    """Answer one request, or a batch of them."""
    request = blueprint.current_request
    body = raw_body(request)
    token = asker(request)
    if token is None:
        message = "a valid access token is needed: Authorization: Bearer TOKEN"
        return _failed(problems.UNAUTHORIZED, message)
    if len(body) > LONGEST_BODY:
        return _failed(problems.INVALID_REQUEST, f"a request is at most {LONGEST_BODY} bytes")
    known = _Known(token.scope, asker_of(token, door_of(request, Door.RPC)))
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return _failed(problems.PARSE_ERROR, "the body is not JSON")
    if not isinstance(asked, list):
        answer = _answer(asked, known, is_alone=True)
        return _respond(answer) if answer is not None else Response(body="", status_code=204)
    if not 0 < len(asked) <= MOST_AT_ONCE:
        message = f"a batch holds 1 to {MOST_AT_ONCE} requests"
        return _failed(problems.INVALID_REQUEST, message)
    answers = [
        answer
        for one in asked
        if (answer := _answer(one, known, is_alone=len(asked) == 1)) is not None
    ]
    return json_response(answers) if answers else Response(body="", status_code=204)


def _answer(asked: object, known: _Known, *, is_alone: bool) -> dict[str, Any] | None:
    """Answer one request; nothing for a notification, which wants no answer."""
    if not isinstance(asked, dict) or asked.get("jsonrpc") != "2.0":
        return _error(None, problems.INVALID_REQUEST, 'a request is {"jsonrpc": "2.0", …}')
    request_id, name = asked.get("id"), asked.get("method")
    if not isinstance(name, str) or not isinstance(request_id, str | int | float | None):
        return _error(None, problems.INVALID_REQUEST, "a request has a method and an id")
    if name in _TAKES_ITS_TIME and not is_alone:
        return _error(request_id, problems.INVALID_REQUEST, f"{name} does not fit in a batch")
    outcome = _outcome(name, asked.get("params", {}), known)
    if "id" not in asked:
        return None
    return {"jsonrpc": "2.0", "id": request_id, **outcome}


def _outcome(name: str, params: object, known: _Known) -> dict[str, Any]:
    # What the owner may ask for loads all that asks carriers: no webhook is to wait for that.
    from chalicelib.routes.methods import METHODS  # noqa: PLC0415

    method = METHODS.get(name)
    if method is None:
        every = ", ".join(METHODS)
        return _problem(problems.METHOD_NOT_FOUND, f"no method {name!r}; there are {every}")
    if not known.scope.covers(method.scope):
        message = f"{name} needs a token of scope {method.scope}; this one has {known.scope}"
        return _problem(problems.FORBIDDEN, message)
    if not isinstance(params, dict):
        return _problem(problems.INVALID_PARAMS, "params must be an object, by name")
    try:
        return {"result": method.run(params, known.asker)}
    except GatewayError as error:
        return {"error": problem(error)}
    except Exception:  # noqa: BLE001  # the outermost door
        log.error("rpc failed", method=name)
        return _problem(problems.INTERNAL, "something of ours failed; the log says what")


def _respond(answer: dict[str, Any]) -> Response:
    code = answer.get("error", {}).get("code", 0)
    return json_response(answer, _STATUS.get(code, HTTPStatus.OK))


def _failed(code: int, message: str) -> Response:
    return _respond(_error(None, code, message))


def _error(request_id: str | float | None, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": request_id, **_problem(code, message)}


def _problem(code: int, message: str) -> dict[str, Problem]:
    return {"error": {"code": code, "message": message}}
