"""A whole call through MCP, with the official client (pip install mcp).

python examples/mcp_client.py +15559876543 "Is the table still free?"
"""

import asyncio
import os
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

URL = os.environ["MOLTIS_GATEWAY_URL"] + "/mcp"
HEADERS = {"Authorization": f"Bearer {os.environ['MOLTIS_TOKEN']}"}


async def main(to: str, message: str) -> None:
    """Call, follow the call line by line, and say how it ended."""
    async with httpx2.AsyncClient(headers=HEADERS, timeout=60) as http:
        async with Client(streamable_http_client(URL, http_client=http)) as client:

            async def use(**arguments: str) -> dict:
                result = await client.call_tool("voice_call", arguments)
                if result.is_error:
                    raise SystemExit(result.content[0].text)
                return result.structured_content

            news = await use(action="initiate_call", to=to, message=message)
            call_id, over = news["call_id"], None
            while not over:
                news = await use(action="wait", call_id=call_id, since=news["cursor"])
                for line in news["transcript"]:
                    print(f"{line['speaker']}: {line['text']}")
                over = news["end_reason"]
            print(over)


asyncio.run(main(*sys.argv[1:]))
