"""Where a deployed stage is, and where its first token is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import ConfigurationError
from moltis.deployment.cloud import Cloud, refuse
from moltis.deployment.stack import Stack

URL: Final = "EndpointURL"
TOKEN_SECRET: Final = "AdminTokenSecret"  # noqa: S105  # the name of a place


@dataclass(frozen=True, slots=True)
class Address:
    """A deployed phone: where it answers, and the secret that holds its first token."""

    stage: str
    url: str
    token_secret: str


def stack_name(stage: str) -> str:
    """What the stack of *stage* is called."""
    return f"moltis-phone-{stage}"


def address_of(cloud: Cloud, stage: str) -> Address:
    """Find the phone of *stage* through the outputs of its stack.

    Raises:
        ConfigurationError: it is not deployed here.
    """
    stack = Stack(cloud, stack_name(stage))
    try:
        outputs = stack.outputs()
    except (BotoCoreError, ClientError) as error:
        refuse(error, f"the stack {stack.name} cannot be looked up")
    if not {URL, TOKEN_SECRET} <= outputs.keys():
        message = (
            f"there is no {stack.name} in account {cloud.account}, {cloud.region}; "
            f"deploy it with `make deploy STAGE={stage}`, or say another region or profile"
        )
        raise ConfigurationError(message)
    url = reachable(outputs, cloud.endpoint)
    return Address(stage, url.rstrip("/"), outputs[TOKEN_SECRET])


def reachable(outputs: Mapping[str, str], emulator: str) -> str:
    """Say where the phone is; an emulated AWS serves its APIs below its own address."""
    url = outputs[URL]
    if not emulator or ".execute-api." not in url:
        return url
    api = url.partition("://")[2].partition(".")[0]
    stage = url.rstrip("/").rpartition("/")[2]
    return f"{emulator}/restapis/{api}/{stage}/_user_request_"


def first_token(cloud: Cloud, address: Address) -> str:
    """Read the phone's first token.

    Raises:
        ConfigurationError: we may not.
    """
    vault = cloud.client("secretsmanager")
    try:
        return str(vault.get_secret_value(SecretId=address.token_secret)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        refuse(error, f"the token of {address.stage} cannot be read")
