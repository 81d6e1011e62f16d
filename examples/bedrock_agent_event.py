"""What Amazon Bedrock Agents send to the Lambda function, sent by hand; prints what they get.

python examples/bedrock_agent_event.py +15559876543 "Your table is ready."
"""

import json
import os
import sys

import boto3

FUNCTION = os.environ.get("VOICE_CALL_FUNCTION", "moltis-phone-dev-voice_call")
to, message = sys.argv[1:]
attributes: dict = {}


def act(function: str, **parameters: str) -> dict:
    """Use one function of the action group, in the session whose *attributes* we carry on."""
    event = {
        "messageVersion": "1.0",
        "agent": {"name": "by-hand", "id": "NONE", "alias": "NONE", "version": "DRAFT"},
        "sessionId": "by-hand",
        "actionGroup": "telephone",
        "function": function,
        "parameters": [{"name": k, "type": "string", "value": v} for k, v in parameters.items()],
        "sessionAttributes": attributes,
    }
    invoked = boto3.client("lambda").invoke(FunctionName=FUNCTION, Payload=json.dumps(event))
    answer = json.load(invoked["Payload"])
    attributes.update(answer["sessionAttributes"])
    return json.loads(answer["response"]["functionResponse"]["responseBody"]["TEXT"]["body"])


print(act("initiate_call", to=to, message=message, mode="notify"))
while not (news := act("wait", until="end"))["end_reason"]:  # the session knows which call
    pass
print(news)
