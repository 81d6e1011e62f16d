"""`/phone`: the page of the soft phone, the telephones it works, and how their calls sounded."""

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlencode

from chalice import Blueprint, Chalice, Response

from chalicelib.routes.access import asker
from chalicelib.routes.pages import RECORDINGS, SOFT_PHONE, file_response, page_response
from chalicelib.routes.received import LONGEST_BODY, json_response, raw_body
from chalicelib.store.base import Scope
from moltis.carriers.control import Control
from moltis.carriers.exchange import Request
from moltis.carriers.server import SimulatedCarriers

WEB: Final = Path(__file__).parent / "web"

_SIGN_IN: Final = "sign in, or send a valid access token: Authorization: Bearer TOKEN"
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


def soft_phone_app(carriers: SimulatedCarriers) -> Chalice:
    """Make the app that serves the page, and works telephones at the far end of *carriers*."""
    doors = Blueprint(__name__)

    @doors.route(SOFT_PHONE.path)
    def page() -> Response:
        return page_response(doors.current_request, SOFT_PHONE, folder=WEB)

    @doors.route("/web/{name}")
    def file(name: str) -> Response:
        return file_response(doors.current_request, name, folder=WEB)

    @doors.route(f"{RECORDINGS}/{{provider_call_id}}")
    def recording(provider_call_id: str) -> Response:
        if asker(doors.current_request) is None:
            return _refused(HTTPStatus.UNAUTHORIZED, _SIGN_IN)
        return _recording(unquote(provider_call_id), carriers)

    for path, methods in _CONTROLS.items():
        doors.route(_CONTROL + path, methods=list(methods))(_telephones(doors, carriers.control))
    app = Chalice(app_name="moltis-soft-phone", configure_logs=False)
    app.register_blueprint(doors)
    return app


def _telephones(doors: Blueprint, control: Control) -> Callable[..., Response]:
    def work(**_: str) -> Response:
        request = doors.current_request
        token = asker(request)
        if token is None:
            return _refused(HTTPStatus.UNAUTHORIZED, _SIGN_IN)
        if not token.scope.covers(Scope.WRITE):
            message = f"a telephone needs a token of scope write; this one has {token.scope}"
            return _refused(HTTPStatus.FORBIDDEN, message)
        body = raw_body(request)
        if len(body) > LONGEST_BODY:
            message = f"a request is at most {LONGEST_BODY} bytes"
            return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)
        path = request.path.removeprefix(_CONTROL).format(**(request.uri_params or {}))
        query = urlencode(dict(request.query_params or {}))
        answer = control.answer(Request(method=request.method, path=path, query=query, body=body))
        headers: dict[str, Any] = {**answer.headers, "Cache-Control": "no-store"}
        return Response(answer.body.decode(), headers, answer.status)

    return work


def _recording(sid: str, carriers: SimulatedCarriers) -> Response:
    # It needs numpy, which nothing else here does.
    from moltis.recording import record  # noqa: PLC0415

    call = next((call for call in carriers.calls if call.sid == sid), None)
    if call is None:
        return _refused(HTTPStatus.NOT_FOUND, "the simulated carriers know no such call")
    headers: dict[str, Any] = {"Content-Type": "audio/wav", "Cache-Control": "no-store"}
    return Response(record(call.moments, call.audio).wav(), headers)


def _refused(status: HTTPStatus, reason: str) -> Response:
    return json_response({"error": reason}, status)
