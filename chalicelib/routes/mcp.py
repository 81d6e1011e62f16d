"""The door for MCP clients."""

from chalice import Blueprint, Response

blueprint = Blueprint(__name__)


@blueprint.route("/mcp", methods=["POST"], content_types=["application/json"])
def mcp() -> Response:
    """Answer one message of the Model Context Protocol."""
    from chalicelib.routes.mcp_messages import respond  # noqa: PLC0415  # no other door needs it

    return respond(blueprint.current_request)


@blueprint.route("/mcp", methods=["GET", "DELETE"])
def no_session() -> Response:
    """Say that there is nothing to listen to, and no session to end."""
    return Response("", {"Content-Type": "text/plain", "Allow": "POST"}, 405)
