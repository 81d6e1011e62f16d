"""The app and its functions in a process of its own, which is there to be killed."""

import json
import sys
import threading
from http import HTTPStatus
from types import SimpleNamespace

import app as deployed
from moltis.gateway import answers_of
from moltis.http_server import Answer, HttpServer, Question

REQUEST_ID = "x-amzn-requestid"


def main() -> None:
    """Serve until the end; says where, once it does."""
    door, functions = HttpServer("127.0.0.1", 0), HttpServer("127.0.0.1", 0)
    functions.start(invoke)
    door.start(answers_of(deployed.app))
    sys.stdout.write(json.dumps({"door": door.url, "functions": functions.url}) + "\n")
    sys.stdout.flush()
    threading.Event().wait()


def invoke(question: Question) -> Answer:
    """Run the function that the path names, and wait for it."""
    function = deployed.app.handler_map[question.path.split("/")[3]]
    context = SimpleNamespace(aws_request_id=question.headers.get(REQUEST_ID, ""))
    try:
        result = function(json.loads(question.body or b"null"), context)
    except Exception as error:  # noqa: BLE001  # as Lambda does: the caller learns of it
        failed = {"errorType": type(error).__name__, "errorMessage": str(error)}
        headers = {"X-Amz-Function-Error": "Unhandled"}
        return Answer(HTTPStatus.OK, headers, json.dumps(failed).encode())
    return Answer(HTTPStatus.OK, {}, json.dumps(result).encode())


if __name__ == "__main__":
    main()
