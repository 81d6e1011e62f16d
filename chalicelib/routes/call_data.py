"""The doors that the pages of calls ask at, again and again."""

from chalice import Blueprint, Response

blueprint = Blueprint(__name__)


@blueprint.route("/data/calls")
def overview() -> Response:
    """Show the live calls, and the newest of those that are looked for; no whole number."""
    from chalicelib.routes import calls_shown  # noqa: PLC0415  # no webhook needs it

    return calls_shown.overview(blueprint.current_request)


@blueprint.route("/data/calls/{call_id}")
def one(call_id: str) -> Response:
    """Show one call: what was said and what happened; its whole numbers to whoever may call."""
    from chalicelib.routes import calls_shown  # noqa: PLC0415  # as above

    return calls_shown.one(blueprint.current_request, call_id)
