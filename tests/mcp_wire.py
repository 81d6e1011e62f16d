"""The official MCP client at our gateway, and every message between them, checked both ways."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import mcp_types.methods as known
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from pydantic import TypeAdapter

from chalicelib.store.base import Scope
from chalicelib.tool.definition import allowed
from chalicelib.tool.schemas import input_schema, output_schema
from tests.phone import Json, Phone

MODERN: Final = "2026-07-28"
LEGACY: Final = "2025-11-25"
ASKED: Final = Draft202012Validator(input_schema(allowed(Scope.WRITE)))
ANSWERED: Final = Draft202012Validator({**output_schema(), "additionalProperties": False})


@dataclass(slots=True)
class Wire:
    """All messages of one client, each way, as they were sent."""

    version: str
    asked: list[Json] = field(default_factory=list)
    answered: list[Json] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def methods(self) -> list[str]:
        return [message["method"] for message in self.asked]

    async def take(self, response: httpx2.Response) -> None:
        text = (await response.aread()).decode()
        asked = json.loads(response.request.content)
        self.asked.append(asked)
        self.statuses.append(response.status_code)
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        answers = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        for answer in answers if is_stream else [text] if text else []:
            self.check(asked, json.loads(answer))

    def check(self, asked: Json, answer: Json) -> None:
        """Hold a question and its answer against the schemas of MCP and of the tool."""
        self.answered.append(answer)
        method = asked["method"]
        if "id" in asked:
            valid(known.CLIENT_REQUESTS[method, self.version], asked)
        if "error" in answer:
            return
        if "method" in answer:
            valid(known.SERVER_NOTIFICATIONS[answer["method"], self.version], answer)
            return
        assert answer["id"] == asked["id"]
        valid(known.SERVER_RESULTS[method, self.version], answer["result"])
        if method == "tools/call":
            if not answer["result"]["isError"]:
                ASKED.validate(asked["params"]["arguments"])
            ANSWERED.validate(answer["result"]["structuredContent"])


def valid(model: Any, message: Json) -> None:
    schema = TypeAdapter(model).json_schema(by_alias=True)
    Draft202012Validator(schema).validate(message)


@asynccontextmanager
async def official_client(
    phone: Phone, mode: str, *, token: str = ""
) -> AsyncIterator[tuple[Client, Wire]]:
    """Connect the official client in *mode* (`auto`, `legacy` or a revision)."""
    wire = Wire(LEGACY if mode == "legacy" else MODERN)
    headers = {"Authorization": f"Bearer {token or phone.gateway.token}"}
    hooks = {"response": [wire.take]}
    async with httpx2.AsyncClient(headers=headers, timeout=40, event_hooks=hooks) as http:
        transport = streamable_http_client(f"{phone.gateway.url}/mcp", http_client=http)
        async with Client(transport, mode=mode) as client:
            yield client, wire
