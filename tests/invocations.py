"""Events as AWS sends them to a Lambda function, and the context that comes with them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

AWS: Final = Path(__file__).parent / "fixtures" / "aws"
CALLED: Final = "+15559876543"
"""Whom the recorded events call."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function is invoked with, in place of Lambda's own context."""

    aws_request_id: str = ""
    millis: int = 29_000
    custom: dict[str, str] = field(default_factory=dict)

    @property
    def client_context(self) -> SimpleNamespace | None:
        return SimpleNamespace(custom=self.custom) if self.custom else None

    def get_remaining_time_in_millis(self) -> int:
        return self.millis


def recorded(name: str, *, call_id: str = "CALL_ID", request: str = "") -> tuple[Any, Invocation]:
    """Read an event that was recorded, about the call with *call_id*, and its context."""
    text = (AWS / f"{name}.json").read_text().replace("CALL_ID", call_id)
    found = json.loads(text)
    if "client_context" in found:
        custom = found["client_context"]["custom"]
        return found["event"], Invocation(request, custom=custom)
    return found, Invocation(request)


def documented(name: str) -> Any:
    """Read a schema that was written after AWS's documentation."""
    return json.loads((AWS / "schemas" / f"{name}.json").read_text())
