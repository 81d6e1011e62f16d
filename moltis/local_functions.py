"""Lambda's `Invoke` on a loopback port: our functions, without Lambda."""

import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

from chalicelib import log
from moltis.http_server import Answer, HttpServer, Question

Function = Callable[[Any, Any], Any]

_PREFIX: Final = "/2015-03-31/functions/"
_SUFFIX: Final = "/invocations"


class LocalFunctions:
    """Serves *functions* by name, as AWS SDKs ask for them.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self._running: list[threading.Thread] = []
        self._server = HttpServer("127.0.0.1", 0)

    @property
    def url(self) -> str:
        """Where to invoke."""
        return self._server.url

    def start(self) -> None:
        """Begin to serve."""
        self._server.start(self._invoke)

    def stop(self) -> None:
        """Stop taking invocations, and wait for those that run."""
        self._server.stop()
        for thread in self._running:
            thread.join()

    def _invoke(self, question: Question) -> Answer:
        name = _function_name(question.path)
        function = self._functions.get(name)
        if question.method != "POST" or function is None:
            error = {"Type": "User", "Message": f"Function not found: {name}"}
            headers = {"x-amzn-ErrorType": "ResourceNotFoundException"}
            return _json_answer(HTTPStatus.NOT_FOUND, error, headers)
        event = json.loads(question.body or b"null")
        if question.headers.get("x-amz-invocation-type", "") == "Event":
            thread = threading.Thread(target=_run, args=(name, function, event))
            self._running = [*(one for one in self._running if one.is_alive()), thread]
            thread.start()
            return Answer(HTTPStatus.ACCEPTED, {}, b"")
        result, failed = _run(name, function, event)
        headers = {"X-Amz-Function-Error": "Unhandled"} if failed else {}
        return _json_answer(HTTPStatus.OK, result, headers)


def _run(name: str, function: Function, event: object) -> tuple[object, bool]:
    try:
        return function(event, None), False
    except Exception as error:  # noqa: BLE001  # as Lambda does: the caller learns of it
        log.error("function failed", function=name)
        return {"errorType": type(error).__name__, "errorMessage": str(error)}, True


def _function_name(path: str) -> str:
    """The name in the path; SDKs may send a whole ARN instead of it."""
    name = unquote(path).removeprefix(_PREFIX).removesuffix(_SUFFIX)
    return name.rsplit(":function:", 1)[-1].split(":", 1)[0]


def _json_answer(status: HTTPStatus, body: object, headers: Mapping[str, str]) -> Answer:
    content = {"Content-Type": "application/json", **headers}
    return Answer(status, content, json.dumps(body).encode())
