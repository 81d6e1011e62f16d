"""The AWS account that a command works in: whose it is, where, and by which credentials."""

import os
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ConfigurationError

_EMULATED: Final = "AWS_ENDPOINT_URL"
_PATIENCE: Final = Config(retries={"mode": "adaptive", "max_attempts": 8})
"""CloudFormation throttles who looks often."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """An account and a region, and the way to them."""

    session: Any
    account: str
    region: str

    def client(self, service: str) -> Any:  # noqa: ANN401  # boto3 has no types of its own
        """Give the client for *service*."""
        return self.session.client(service, config=_PATIENCE)

    @property
    def endpoint(self) -> str:
        """Where an emulated AWS is; empty for AWS itself."""
        return os.environ.get(_EMULATED, "").rstrip("/")


def open_cloud(*, profile: str = "", region: str = "") -> Cloud:
    """Find credentials as every AWS tool does, and say whose they are.

    Raises:
        ConfigurationError: there are none, they are not valid, or no region is known.
    """
    try:
        session = boto3.Session(profile_name=profile or None, region_name=region or None)
        if not session.region_name:
            message = "no AWS region is set; use --region or AWS_REGION"
            raise ConfigurationError(message)
        account = session.client("sts", config=_PATIENCE).get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        refuse(error, "AWS cannot be asked who we are")
    return Cloud(session, account, session.region_name)


def refuse(error: Exception, what: str) -> NoReturn:
    """Say in one sentence that AWS refused *what*.

    Raises:
        ConfigurationError: always.
    """
    message = f"{what}: {error}"
    raise ConfigurationError(message) from error
