"""What there is to be asked for, for machines to read."""

import json
from functools import cache
from typing import Any

from chalice import Blueprint, Chalice, Response

blueprint = Blueprint(__name__)


@blueprint.route("/openapi.json")
def openapi() -> Response:
    """Describe everything that can be asked for."""
    headers: dict[str, Any] = {"Content-Type": "application/json", "Cache-Control": "max-age=300"}
    return Response(_written(blueprint.current_app), headers, 200)


@cache
def _written(app: Chalice) -> str:
    from chalicelib.openapi.document import describe  # noqa: PLC0415  # no other door needs it
    from chalicelib.routes.methods import METHODS  # noqa: PLC0415

    routes = [
        (method, path, (entry.view_function.__doc__ or "").partition("\n")[0])
        for path, methods in app.routes.items()
        for method, entry in methods.items()
    ]
    takes = {name: method.takes for name, method in METHODS.items()}
    return json.dumps(describe(routes, takes))
