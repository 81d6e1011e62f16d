"""The official MCP clients at the local gateway: a whole call, in every era of the protocol."""

import asyncio
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPDeprecationWarning

from chalicelib import wiring
from chalicelib.store.base import Scope
from chalicelib.tokens import make_token
from moltis.carriers.line import Says
from tests.mcp_wire import LEGACY, MODERN, Wire, official_client
from tests.phone import Json, Phone

every_era = pytest.mark.parametrize("mode", ["auto", "legacy", MODERN])


async def use(client: Client, **arguments: Any) -> Json:
    result = await client.call_tool("voice_call", arguments)
    assert isinstance(result.structured_content, dict)
    assert result.is_error == (result.structured_content["status"] == "error")
    return result.structured_content


async def whole_call(client: Client, to: str) -> list[str]:
    """List the tools, call, follow the call to its end, and give what was said."""
    (tool,) = (await client.list_tools()).tools
    assert tool.name == "voice_call"
    placed = await use(client, action="initiate_call", to=to, message="Shall I book a table?")
    said, since = [], placed["cursor"]
    while True:
        news = await use(client, action="wait", call_id=placed["call_id"], since=since)
        said += [line["text"] for line in news["transcript"]]
        since = news["cursor"]
        if news["end_reason"]:
            break
    status = await use(client, action="get_status", call_id=placed["call_id"])
    assert [line["text"] for line in status["transcript"]] == said
    return said


def with_client(phone: Phone, mode: str, work: Any, **facts: str) -> tuple[Any, Wire]:
    async def run() -> tuple[Any, Wire]:
        async with official_client(phone, mode, **facts) as (client, wire):
            return await work(client), wire

    return asyncio.run(run())


@every_era
def test_the_official_client_makes_a_whole_call_and_reads_it(phone: Phone, mode: str) -> None:
    to = phone.far_end(Says("Yes, please."), Says("Goodbye!"))

    said, wire = with_client(phone, mode, lambda client: whole_call(client, to))

    assert {"Shall I book a table?", "Yes, please."} <= set(said)
    assert len(wire.answered) >= 5
    begins = {"auto": "server/discover", "legacy": "initialize", MODERN: "tools/list"}
    assert wire.methods[0] == begins[mode]


@every_era
def test_progress_is_told_to_whoever_asks_for_it(phone: Phone, mode: str) -> None:
    told: list[tuple[float, float | None, str | None]] = []

    async def heard(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async def work(client: Client) -> Json:
        placed = await use(
            client, action="initiate_call", to=phone.far_end(Says("Bye.")), message="Hello."
        )
        waiting = {"action": "wait", "call_id": placed["call_id"], "until": "end"}
        ended = await client.call_tool("voice_call", waiting, progress_callback=heard)
        return ended.structured_content or {}

    ended, _ = with_client(phone, mode, work)

    assert [number for number, _, _ in told] == list(range(1, len(told) + 1))
    assert (told[-1][2] or "").startswith(ended["end_reason"])


@every_era
def test_what_a_model_does_wrong_is_a_result_that_it_can_read(phone: Phone, mode: str) -> None:
    async def work(client: Client) -> Json:
        return await use(client, action="initiate_call", to="the Millers")

    refused, _ = with_client(phone, mode, work)

    assert refused["error"]["field"] == "to"
    assert refused["next"]


@every_era
def test_a_read_token_can_look_and_is_shown_nothing_else(phone: Phone, mode: str) -> None:
    token = make_token("reader", Scope.READ, at=wiring.now())
    wiring.tokens().add(token.kept)
    to = phone.new_number()

    async def work(client: Client) -> Any:
        (tool,) = (await client.list_tools()).tools
        listed = await use(client, action="list_calls")
        refused = await use(client, action="initiate_call", to=to)
        return tool.input_schema["properties"]["action"]["enum"], listed, refused

    (actions, listed, refused), _ = with_client(phone, mode, work, token=token.text)

    assert actions == ["get_status", "wait", "list_calls"]
    assert listed["status"] == "ok"
    assert refused["error"]["code"] == "scope_too_small"
    assert not any(call.to_number == to for call in phone.gateway.carriers.calls)


def test_the_same_key_gives_the_same_call(phone: Phone) -> None:
    order = {"to": phone.far_end(), "message": "Done.", "mode": "notify", "idempotency_key": "mcp"}

    async def work(client: Client) -> list[str]:
        placed = [await use(client, action="initiate_call", **order) for _ in range(2)]
        return [call["call_id"] for call in placed]

    (first, second), _ = with_client(phone, "auto", work)

    assert first == second
    phone.over(first)
    assert sum(call.to_number == order["to"] for call in phone.gateway.carriers.calls) == 1


def test_the_legacy_client_gets_the_revision_that_it_wants(phone: Phone) -> None:
    async def work(client: Client) -> Any:
        with pytest.warns(MCPDeprecationWarning):
            await client.send_ping()
        return client.session.initialize_result

    initialized, wire = with_client(phone, "legacy", work)

    assert initialized.protocol_version == LEGACY
    assert "voice_call" in initialized.instructions
    assert wire.methods == ["initialize", "notifications/initialized", "ping"]
    assert wire.statuses == [200, 202, 200]
