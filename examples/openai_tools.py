"""An agent with a telephone: the tool loop of OpenAI's chat completions, or any server like it.

python examples/openai_tools.py "Call +15559876543 and ask whether the table is still free."
"""

import json
import os
import subprocess
import sys

import requests

GATEWAY, TOKEN = os.environ["MOLTIS_GATEWAY_URL"], os.environ["MOLTIS_TOKEN"]
MODEL = os.environ.get("OPENAI_MODEL", "gpt-5-mini")
URL = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1") + "/chat/completions"
KEY = {"Authorization": f"Bearer {os.environ.get('OPENAI_API_KEY', '')}"}

shown = ["moltis", "voice-call", "tool-schema", "--format", "openai"]
tool = json.loads(subprocess.run(shown, capture_output=True, check=True).stdout)
messages = [{"role": "user", "content": sys.argv[1]}]


def use_telephone(arguments: str) -> str:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    url = f"{GATEWAY}/voice_call"
    return requests.post(url, data=arguments.encode(), headers=headers, timeout=60).text


while True:
    asked = {"model": MODEL, "messages": messages, "tools": [tool]}
    reply = requests.post(URL, json=asked, headers=KEY, timeout=120).json()["choices"][0]["message"]
    messages.append(reply)
    if not reply.get("tool_calls"):
        break
    for call in reply["tool_calls"]:
        result = use_telephone(call["function"]["arguments"])
        messages.append({"role": "tool", "tool_call_id": call["id"], "content": result})
print(reply["content"])
