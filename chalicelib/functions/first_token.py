"""The first access token: known when the stack is created, forgotten when it is deleted.

A custom resource of CloudFormation:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import chalicelib.start  # noqa: F401  # before anything else

# isort: split

from typing import Any, Final

from botocore.exceptions import ClientError
from chalice import Blueprint

from chalicelib import aws, internet, log, wiring
from chalicelib.store.base import Scope

blueprint = Blueprint(__name__)

_NAME: Final = "first"
_TIMEOUT_SECS: Final = 10
_NOT_YET: Final = frozenset({"AccessDenied", "AccessDeniedException"})
"""A role that is seconds old may not be known everywhere: Lambda will call us again."""


@blueprint.lambda_function(name="first_token")
def first_token(event: dict[str, Any], _context: object) -> None:
    """Do what CloudFormation asks for, and tell it how that went."""
    told = {
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }
    try:
        kept_as = _settle(event)
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_YET:
            raise
        log.error("first token failed")
        known_as = event.get("PhysicalResourceId", _NAME)
        failure = {"Status": "FAILED", "PhysicalResourceId": known_as, "Reason": str(error)}
        _tell(event, told | failure)
        return
    _tell(event, told | {"Status": "SUCCESS", "PhysicalResourceId": kept_as})


def _settle(event: dict[str, Any]) -> str:
    """Give what CloudFormation is to know the token by: its digest, from which nobody gets it."""
    if event["RequestType"] != "Delete":
        # After an update that gave us another token, it has us delete the former.
        return _keep(event["ResourceProperties"]["SecretId"])
    known_as = str(event["PhysicalResourceId"])
    wiring.tokens().remove(known_as)
    return known_as


def _keep(secret_id: str) -> str:
    from chalicelib.tokens import token_of  # noqa: PLC0415  # the API handler has this module, too

    secret = aws.client("secretsmanager").get_secret_value(SecretId=secret_id)
    token = token_of(secret["SecretString"], _NAME, Scope.WRITE, at=wiring.now())
    wiring.tokens().add(token.kept)
    return token.kept.digest


def _tell(event: dict[str, Any], answer: dict[str, Any]) -> None:
    # Its address is signed, and good for this one answer.
    response = internet.session().put(
        event["ResponseURL"], json=answer, headers={"Content-Type": ""}, timeout=_TIMEOUT_SECS
    )
    response.raise_for_status()
