"""A Strands agent that has the telephone through MCP (pip install 'strands-agents[openai]').

python examples/strands_agent.py "Call +15559876543 and ask whether the table is still free."
"""

import os
import sys

from strands import Agent
from strands.models.openai import OpenAIModel
from strands.tools.mcp import MCPClient

telephone = MCPClient(
    url=os.environ["MOLTIS_GATEWAY_URL"] + "/mcp",
    headers={"Authorization": f"Bearer {os.environ['MOLTIS_TOKEN']}"},
)
model = OpenAIModel(
    client_args={
        "base_url": os.environ.get("OPENAI_BASE_URL"),
        "api_key": os.environ.get("OPENAI_API_KEY", "none"),
    },
    model_id=os.environ.get("OPENAI_MODEL", "gpt-5-mini"),
)
agent = Agent(model=model, tools=[telephone], callback_handler=None)
print(agent(sys.argv[1]))
