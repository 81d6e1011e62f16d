"""Whether anybody is home."""

from chalice import Blueprint

from chalicelib.settings import VERSION

blueprint = Blueprint(__name__)


@blueprint.route("/healthz")
def healthz() -> dict[str, str]:
    """Say that we are here, and which we are; nothing is looked up for it."""
    return {"status": "ok", "version": VERSION}
