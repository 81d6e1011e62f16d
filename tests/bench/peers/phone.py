"""What anybody would write: the carrier's SDK verifies and answers, boto3 remembers."""

import json
import os
from functools import cache

import boto3
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.voice_response import VoiceResponse

PATH = "/api/channels/telephony/twilio/answer"

secrets = boto3.client("secretsmanager")
dynamodb = boto3.client("dynamodb")


@cache
def credentials() -> dict[str, str]:
    """The account's credentials."""
    secret = secrets.get_secret_value(SecretId=f"{os.environ['MOLTIS_SECRET_PREFIX']}/twilio")
    found: dict[str, str] = json.loads(secret["SecretString"])
    return found


@cache
def carrier() -> Client:
    """Whom to ask for calls; a phone that only listens is none."""
    return Client(credentials()["account_sid"], credentials()["auth_token"])


def is_signed(url: str, form: dict[str, str], signature: str) -> bool:
    """Whether Twilio sent it."""
    return bool(RequestValidator(credentials()["auth_token"]).validate(url, form, signature))


def remember(call_id: str) -> None:
    """Keep that the call was answered."""
    dynamodb.update_item(
        TableName=os.environ["MOLTIS_TABLE"],
        Key={"pk": {"S": f"CALL#{call_id}"}, "sk": {"S": "CALL"}},
        UpdateExpression="SET #s = :s",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeNames={"#s": "state"},
        ExpressionAttributeValues={":s": {"S": "listening"}},
        ReturnValues="ALL_NEW",
    )


def greeting(call_id: str) -> str:
    """The first document of a conversation."""
    response = VoiceResponse()
    action = f"{os.environ['PUBLIC_URL']}/gather?call={call_id}"
    gather = response.gather(input="speech dtmf", action=action, language="en-US")
    gather.say("Hello! How can I help?")
    response.redirect(action)
    return str(response)
