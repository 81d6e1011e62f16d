"""Limits of a day, by every door, fifty requests at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from moltis.carriers.line import NeverPicksUp
from moltis.rpc_client import GatewayAddress, RefusedError, RpcClient
from tests.phone import Json, Phone, a_phone

AT_ONCE = 50
PER_NUMBER = "max_calls_per_day_per_number"
WIDE = {"max_concurrent_calls": 1_000, "max_calls_per_day": 1_000, PER_NUMBER: 1_000}


def headers(phone: Phone) -> dict[str, str]:
    return {"Authorization": f"Bearer {phone.gateway.token}"}


def by_rpc(phone: Phone, to: str) -> str:
    rpc = RpcClient(GatewayAddress(phone.gateway.url, phone.gateway.token))
    try:
        rpc.ask("voicecall.initiate", to=to, message="Hello.", mode="notify")
    except RefusedError as error:
        return f"{error.code} {error.data['rule']} {error}"
    finally:
        rpc.close()
    return ""


def told(result: Json) -> str:
    error = result.get("error")
    return f"{error['code']} {error['message']}" if error else ""


def question(to: str) -> Json:
    return {"action": "initiate_call", "to": to, "message": "Hello.", "mode": "notify"}


def by_tool(phone: Phone, to: str) -> str:
    url = f"{phone.gateway.url}/voice_call"
    return told(requests.post(url, json=question(to), headers=headers(phone), timeout=40).json())


def by_mcp(phone: Phone, to: str) -> str:
    asked = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "voice_call", "arguments": question(to)},
    }
    url = f"{phone.gateway.url}/mcp"
    response = requests.post(url, json=asked, headers=headers(phone), timeout=40)
    return told(response.json()["result"]["structuredContent"])


DOORS = (by_rpc, by_tool, by_mcp)


@pytest.mark.parametrize("limit", ["max_concurrent_calls", "max_calls_per_day", PER_NUMBER])
def test_fifty_requests_at_once_by_all_doors_do_not_pass_a_limit_of_ten(limit: str) -> None:
    outbound: dict[str, Any] = {**WIDE, limit: 10}
    # A call that ends makes room for another: none may end before all are asked for.
    with a_phone(outbound=outbound, speed=1.0) as phone:
        to = phone.far_end(ringing=NeverPicksUp())

        def ask(number: int) -> str:
            return DOORS[number % len(DOORS)](phone, to)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            refusals = [refusal for refusal in pool.map(ask, range(AT_ONCE)) if refusal]
        placed = len(phone.rpc.ask("voicecall.history", limit=100)["calls"])

    assert (placed, len(refusals)) == (10, AT_ONCE - 10)
    for refusal in refusals:
        assert f"raise {limit} under [phone.outbound]" in refusal
        assert refusal.startswith((f"-32012 phone.outbound.{limit} ", "limit_reached "))
        assert to not in refusal
