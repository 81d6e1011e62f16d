"""An HTTP request to a simulated carrier, and its answer, without the HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked; header names are in lower case, the path is below the carrier's prefix."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query_pairs(self) -> Pairs:
        """The query, decoded."""
        return tuple(parse_qsl(self.query, keep_blank_values=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What to answer; with *cut*, nothing: the connection is closed after *delay* seconds."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0.0


def json_response(status: int, content: Mapping[str, Any], **headers: str) -> Response:
    """Answer *status* with *content* as JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(
        status=status,
        body=json.dumps(content).encode(),
        headers={"Content-Type": "application/json", **named},
    )
