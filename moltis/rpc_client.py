"""How the command line speaks to a gateway: JSON-RPC, found by stage, environment or state file."""

import json
import os
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Any, Final

import requests

from chalicelib.errors import ConfigurationError
from chalicelib.routes.access import COMMAND_LINE
from chalicelib.settings import VERSION
from moltis.state_file import noted_stage, read_state

TIMEOUTS: Final = (3.05, 40.0)
INVALID_PARAMS: Final = -32602

_STAGE: Final = ContextVar("stage", default="")


class NoGatewayError(Exception):
    """No gateway can be reached."""


class RefusedError(Exception):
    """The gateway said no; `code` is the JSON-RPC code, `data` what it adds."""

    def __init__(self, message: str, *, code: int = 0, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.data = data or {}

    @property
    def is_usage(self) -> bool:
        """Whether what was asked for was wrong, and not only impossible."""
        return self.code == INVALID_PARAMS


@dataclass(frozen=True, slots=True)
class GatewayAddress:
    """Where a gateway is, and what lets us in."""

    url: str
    token: str = field(repr=False)


def choose_stage(stage: str) -> None:
    """Have `find_gateway` find the deployed phone of *stage*; if that is empty, any other."""
    _STAGE.set(stage)


def chosen_stage() -> str:
    """The stage that was chosen; empty if none was."""
    return _STAGE.get()


def choose_what_was_set_up() -> str:
    """Where nothing is chosen and no gateway runs here, choose the stage that was set up last.

    Gives that stage, if it did.
    """
    if _STAGE.get() or os.environ.get("MOLTIS_GATEWAY_URL") or read_state():
        return ""
    choose_stage(noted_stage())
    return _STAGE.get()


def find_gateway() -> GatewayAddress:
    """Find the gateway: the chosen stage's, else the environment's, else the one that runs here.

    Raises:
        NoGatewayError: there is none, or no token for it.
    """
    if _STAGE.get():
        return _find_stage(_STAGE.get())
    url = os.environ.get("MOLTIS_GATEWAY_URL", "")
    if url:
        if not url.startswith(("http://", "https://")):
            message = f"MOLTIS_GATEWAY_URL is {url!r}; begin it with http:// or https://"
            raise NoGatewayError(message)
        token = os.environ.get("MOLTIS_TOKEN", "")
        if not token:
            message = "MOLTIS_GATEWAY_URL is set and MOLTIS_TOKEN is not; set both"
            raise NoGatewayError(message)
        return GatewayAddress(url.rstrip("/"), token)
    state = read_state()
    if state is None or not {"url", "token"} <= state.keys():
        message = (
            "no gateway is running here; start one with `moltis gateway`, "
            "or set MOLTIS_GATEWAY_URL and MOLTIS_TOKEN"
        )
        raise NoGatewayError(message)
    return GatewayAddress(str(state["url"]), str(state["token"]))


def _find_stage(stage: str) -> GatewayAddress:
    """Look a deployed phone up in AWS; its first token is used unless `MOLTIS_TOKEN` is set."""
    from moltis.deployment import cloud, stages  # noqa: PLC0415  # boto3 takes its time

    try:
        there = cloud.open_cloud()
        address = stages.address_of(there, stage)
        token = os.environ.get("MOLTIS_TOKEN", "") or stages.first_token(there, address)
    except ConfigurationError as error:
        raise NoGatewayError(str(error)) from error
    return GatewayAddress(address.url, token)


class RpcClient:
    """Asks one gateway."""

    def __init__(self, address: GatewayAddress) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = f"{COMMAND_LINE}{VERSION}"
        self._ids = count(1)

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return self._address.url

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Call *method*, and give its result.

        Raises:
            NoGatewayError: nobody answers.
            RefusedError: it said no.
        """
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        return _result(self._post("/rpc", json.dumps(request)), self._address.url)

    def use_tool(self, asked: str) -> dict[str, Any]:
        """Give the tool `voice_call` what is *asked*, in JSON; its result may be an error.

        Raises:
            NoGatewayError: nobody answers, or not like a gateway.
        """
        response = self._post("/voice_call", asked)
        result = _json(response, self._address.url)
        if not isinstance(result, dict) or "status" not in result:
            message = f"{self._address.url} answered {response.status_code}, and not like a gateway"
            raise NoGatewayError(message)
        return result

    def _post(self, path: str, body: str) -> requests.Response:
        url = self._address.url
        headers = {
            "Authorization": f"Bearer {self._address.token}",
            "Content-Type": "application/json",
        }
        try:
            return self._session.post(
                f"{url}{path}",
                # A shell hands over bytes that are no text as halves of characters.
                data=body.encode(errors="surrogateescape"),
                headers=headers,
                timeout=TIMEOUTS,
            )
        except requests.RequestException as error:
            message = f"the gateway at {url} does not answer; is `moltis gateway` running?"
            raise NoGatewayError(message) from error

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def _json(response: requests.Response, url: str) -> Any:  # noqa: ANN401  # whatever answers
    try:
        return response.json()
    except requests.JSONDecodeError as error:
        message = f"{url} answered {response.status_code}, and not like a gateway"
        raise NoGatewayError(message) from error


def _result(response: requests.Response, url: str) -> dict[str, Any]:
    answer = _json(response, url)
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        message = f"the gateway at {url} does not know this token; check MOLTIS_TOKEN"
        raise RefusedError(message, code=answer.get("error", {}).get("code", 0))
    if "error" in answer:
        told = answer["error"]
        raise RefusedError(told["message"], code=told["code"], data=told.get("data"))
    if "result" not in answer:
        message = f"{url} answered {response.status_code}, and not like a gateway"
        raise NoGatewayError(message)
    result: dict[str, Any] = answer["result"]
    return result
