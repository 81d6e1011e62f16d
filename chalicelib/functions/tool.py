"""The agent tool `voice_call`, as a Lambda function."""

from chalice import Blueprint

from chalicelib.tool.running import Caller, Result
from chalicelib.tool.use import use

blueprint = Blueprint(__name__)


@blueprint.lambda_function(name="voice_call")
def voice_call(event: object, _context: object) -> Result:
    """Do what *event* asks for; what goes wrong is told, never raised."""
    return use(event, Caller())
