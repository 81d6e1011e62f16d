"""Who is known to invoke the Lambda function."""

from collections.abc import Sequence
from typing import Final

from chalicelib.tool.envelopes.agentcore import AgentCoreGateway
from chalicelib.tool.envelopes.base import Envelope
from chalicelib.tool.envelopes.bedrock_agents import BedrockAgents
from chalicelib.tool.envelopes.connect import Connect
from chalicelib.tool.envelopes.plain import Plain

ENVELOPES: Final[Sequence[Envelope]] = (AgentCoreGateway(), BedrockAgents(), Connect(), Plain())
"""The first that fits is the one; the last one always does."""


def envelope_of(event: object, context: object) -> Envelope:
    """Find who sent *event*."""
    return next(envelope for envelope in ENVELOPES if envelope.fits(event, context))
