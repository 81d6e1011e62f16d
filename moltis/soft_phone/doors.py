"""`/phone`: the page of the soft phone, and the telephones that its buttons work."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from chalice import Blueprint, Chalice, Response

from chalicelib.routes.access import asker
from chalicelib.routes.pages import SOFT_PHONE, file_response, page_response
from chalicelib.routes.received import LONGEST_BODY, json_response, raw_body
from chalicelib.store.base import Scope
from moltis.carriers.control import Control
from moltis.carriers.exchange import Request

WEB: Final = Path(__file__).parent / "web"

_CONTROL: Final = f"{SOFT_PHONE.path}/control"
_CONTROLS: Final = {
    "/numbers": ("GET",),
    "/phones": ("POST",),
    "/phones/{phone}": ("DELETE",),
    "/phones/{phone}/{act}": ("GET", "POST"),
}
"""What the page uses of the simulators' control interface."""


def is_about_soft_phone(path: str) -> bool:
    """Whether *path* is of the soft phone, and not of the app that is deployed."""
    return path.startswith((SOFT_PHONE.path, "/web/phone"))


def soft_phone_app(control: Control) -> Chalice:
    """Make the app that serves the page, and works the telephones of *control*."""
    doors = Blueprint(__name__)

    @doors.route(SOFT_PHONE.path)
    def page() -> Response:
        return page_response(doors.current_request, SOFT_PHONE, folder=WEB)

    @doors.route("/web/{name}")
    def file(name: str) -> Response:
        return file_response(doors.current_request, name, folder=WEB)

    for path, methods in _CONTROLS.items():
        doors.route(_CONTROL + path, methods=list(methods))(_telephones(doors, control))
    app = Chalice(app_name="moltis-soft-phone", configure_logs=False)
    app.register_blueprint(doors)
    return app


def _telephones(doors: Blueprint, control: Control) -> Callable[..., Response]:
    def work(**_: str) -> Response:
        request = doors.current_request
        token = asker(request)
        if token is None:
            return json_response({"error": "sign in first"}, HTTPStatus.UNAUTHORIZED)
        if not token.scope.covers(Scope.WRITE):
            message = f"a telephone needs a token of scope write; this one has {token.scope}"
            return json_response({"error": message}, HTTPStatus.FORBIDDEN)
        body = raw_body(request)
        if len(body) > LONGEST_BODY:
            message = f"a request is at most {LONGEST_BODY} bytes"
            return json_response({"error": message}, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        path = request.path.removeprefix(_CONTROL).format(**(request.uri_params or {}))
        query = urlencode(dict(request.query_params or {}))
        answer = control.answer(Request(method=request.method, path=path, query=query, body=body))
        headers: dict[str, Any] = {**answer.headers, "Cache-Control": "no-store"}
        return Response(answer.body.decode(), headers, answer.status)

    return work
