"""A browser signs in with a token, asks who it is, and signs out."""

import json
from http import HTTPStatus
from typing import Any, Final

from chalice import Blueprint, Response

from chalicelib import log, wiring
from chalicelib.errors import TooManyStrangersError
from chalicelib.routes import access
from chalicelib.routes.received import json_response, raw_body
from chalicelib.store.base import AccessToken
from chalicelib.tokens import digest, make_session, page_proof

blueprint = Blueprint(__name__)

_LONGEST_BODY: Final = 4 * 1024
_UNKNOWN: Final = "this access token is not known here; it may have been revoked"


@blueprint.route("/session")
def session() -> Response:
    """Say who is signed in, and what its pages prove themselves with."""
    request = blueprint.current_request
    secret = access.session_secret(request)
    token = wiring.session_token(digest(secret)) if secret else None
    return _answer(_session_json(token, secret) if token else {"signed_in": False})


@blueprint.route("/session", methods=["POST"], content_types=["application/json"])
def sign_in() -> Response:
    """Open a session for whoever shows a token."""
    request = blueprint.current_request
    body = raw_body(request)
    if not access.is_same_origin(request):
        return _refused(HTTPStatus.FORBIDDEN, "another site cannot sign in here")
    if len(body) > _LONGEST_BODY:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large")
    text = _token_in(body)
    if text is None:
        return _refused(HTTPStatus.BAD_REQUEST, 'the body is {"token": "…"}')
    try:
        token = wiring.access_token(digest(text))
    except TooManyStrangersError as error:
        return _refused(HTTPStatus.TOO_MANY_REQUESTS, str(error))
    if token is None:
        return _refused(HTTPStatus.UNAUTHORIZED, _UNKNOWN)
    opened = make_session(token, at=wiring.now())
    wiring.tokens().open_session(opened.kept)
    log.info("signed in", token_id=token.token_id, scope=token.scope)
    cookie = access.session_cookie(request, opened.secret, opened.kept.expires_at)
    return _answer(_session_json(token, opened.secret), cookie=cookie)


@blueprint.route("/session", methods=["DELETE"])
def sign_out() -> Response:
    """End the session."""
    request = blueprint.current_request
    if access.asker(request) is None:
        return _refused(HTTPStatus.UNAUTHORIZED, "no session of a page of ours")
    wiring.close_session(digest(access.session_secret(request)))
    return _answer({"signed_in": False}, cookie=access.no_session_cookie(request))


def _token_in(body: bytes) -> str | None:
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return None
    text = asked.get("token") if isinstance(asked, dict) else None
    return text.strip() if isinstance(text, str) and text.strip() else None


def _session_json(token: AccessToken, secret: str) -> dict[str, Any]:
    return {
        "signed_in": True,
        "token_id": token.token_id,
        "name": token.name,
        "scope": token.scope,
        "proof": page_proof(secret),
    }


def _answer(body: object, *, cookie: str = "") -> Response:
    response = json_response(body)
    response.headers["Cache-Control"] = "no-store"
    if cookie:
        response.headers["Set-Cookie"] = cookie
    return response


def _refused(status: HTTPStatus, reason: str) -> Response:
    return json_response({"error": reason}, status)
