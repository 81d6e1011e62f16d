"""An agent with a telephone: the tool loop of Anthropic's messages.

python examples/anthropic_tools.py "Call +15559876543 and ask whether the table is still free."
"""

import json
import os
import subprocess
import sys

import requests

GATEWAY, TOKEN = os.environ["MOLTIS_GATEWAY_URL"], os.environ["MOLTIS_TOKEN"]
MODEL = os.environ.get("ANTHROPIC_MODEL", "claude-haiku-4-5")
URL = os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com") + "/v1/messages"
KEY = {"x-api-key": os.environ.get("ANTHROPIC_API_KEY", ""), "anthropic-version": "2023-06-01"}

shown = ["moltis", "voice-call", "tool-schema", "--format", "anthropic"]
tool = json.loads(subprocess.run(shown, capture_output=True, check=True).stdout)
messages = [{"role": "user", "content": sys.argv[1]}]


def use_telephone(block: dict) -> dict:
    url, headers = f"{GATEWAY}/voice_call", {"Authorization": f"Bearer {TOKEN}"}
    result = requests.post(url, json=block["input"], headers=headers, timeout=60)
    done = {"type": "tool_result", "tool_use_id": block["id"], "content": result.text}
    return {**done, "is_error": not result.ok}


while True:
    asked = {"model": MODEL, "max_tokens": 1024, "messages": messages, "tools": [tool]}
    reply = requests.post(URL, json=asked, headers=KEY, timeout=120).json()
    messages.append({"role": "assistant", "content": reply["content"]})
    if reply["stop_reason"] != "tool_use":
        break
    results = [use_telephone(block) for block in reply["content"] if block["type"] == "tool_use"]
    messages.append({"role": "user", "content": results})
print("".join(block["text"] for block in reply["content"] if block["type"] == "text"))
