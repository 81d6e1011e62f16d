"""Who asks what of AWS: every API call of our code, by the function that it was made in."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from botocore.client import BaseClient

Asked = set[tuple[str, str, str]]
"""Function, action and resource."""

_DOORS: Final = ("take_turn", "fire_timer", "sweep", "voice_call", "first_token")
_PARTS: Final = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
_NAMES: Final = {"stepfunctions": "states", "lambda": "lambda"}
_ACTIONS: Final = {"lambda:Invoke": "lambda:InvokeFunction"}
_RESOURCES: Final = ("stateMachineArn", "executionArn", "SecretId", "Name", "FunctionName")


@contextmanager
def recorded() -> Iterator[Asked]:
    """Note what is asked while the context lasts."""
    asked: Asked = set()
    make = BaseClient._make_api_call  # noqa: SLF001  # there is no other place that all pass

    def note(client: Any, operation: str, params: dict[str, Any]) -> Any:
        door = _door()
        if door:
            service = client.meta.service_model.service_name
            asked.update((door, *one) for one in _asked(service, operation, params))
        return make(client, operation, params)

    BaseClient._make_api_call = note  # noqa: SLF001
    try:
        yield asked
    finally:
        BaseClient._make_api_call = make  # noqa: SLF001


def _door() -> str:
    """Which function of the app is at work here; empty for what runs around it."""
    if threading.current_thread().name.startswith("turn-"):
        return "take_turn"  # which thinks in a thread of its own
    frame = sys._getframe(2)  # noqa: SLF001
    while frame.f_back is not None:
        place = Path(frame.f_code.co_filename)
        if place.parent.name == "routes" and place.parent.parent.name == "chalicelib":
            return "api_handler"
        if place.parent.name == "functions" and frame.f_code.co_name in _DOORS:
            return frame.f_code.co_name
        frame = frame.f_back
    return ""


def _asked(service: str, operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation == "TransactWriteItems":
        for item in params["TransactItems"]:
            for part, about in item.items():
                yield _PARTS[part], f"table/{about['TableName']}"
        return
    action = f"{_NAMES.get(service, service)}:{operation}"
    if service == "dynamodb":
        index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
        yield action, f"table/{params['TableName']}{index}"
        return
    if service == "sqs":
        yield action, params["QueueUrl"].rpartition("/")[2]
        return
    yield (
        _ACTIONS.get(action, action),
        next(str(params[name]) for name in _RESOURCES if name in params),
    )
