"""What goes wrong when a service of AWS is asked for something, in words of ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.eventstream import ParserError
from urllib3.exceptions import HTTPError

from chalicelib.errors import GatewayError


@contextmanager
def asking(whom: str, failure: Callable[[str], GatewayError]) -> Iterator[None]:
    """Have every failure of *whom* be a *failure*; its own sentences may quote what we sent.

    Raises:
        GatewayError: it failed.
    """
    try:
        yield
    except boto.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))[:60]
        message = f"{whom} refused: {code}"
    except boto.ReadTimeoutError:
        message = f"{whom} did not answer in time"
    except (boto.EndpointConnectionError, boto.ConnectTimeoutError):
        message = f"{whom} cannot be reached"
    except (boto.HTTPClientError, HTTPError):
        message = f"{whom} broke off"
    except (boto.BotoCoreError, ParserError) as error:
        message = f"{whom} cannot be asked, or not be understood: {type(error).__name__}"
    else:
        return
    raise failure(message) from None
