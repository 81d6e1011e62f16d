import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from botocore.exceptions import ClientError
from moto import mock_aws

import app
from chalicelib import aws, settings, wiring
from chalicelib.store.base import Scope
from chalicelib.store.tables import create_table, use_table
from chalicelib.tokens import digest

ANSWER_TO = "https://cloudformation-custom-resource-response-useast1.s3.amazonaws.com/stack"
ENVIRONMENT = {
    "MOLTIS_TABLE": "phone",
    "MOLTIS_SECRET_PREFIX": "moltis-phone/test",
    "MOLTIS_CALL_TIMER_ARN": "arn:aws:states:us-east-1:123456789012:stateMachine:call-timer",
    "MOLTIS_TAKE_TURN_FUNCTION": "take_turn",
}


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws(config={"core": {"mock_credentials": False}}):
        _forget()
        use_table("phone")
        create_table()
        yield
    _forget()


def _forget() -> None:
    wiring.forget()
    aws.client.cache_clear()
    settings.settings.cache_clear()


def a_secret() -> str:
    vault = aws.client("secretsmanager")
    text = vault.get_random_password(PasswordLength=48, ExcludePunctuation=True)["RandomPassword"]
    return str(vault.create_secret(Name="first-token", SecretString=text)["ARN"])


def text_of(secret: str) -> str:
    return str(aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])


def ask(kind: str, secret: str, **facts: str) -> dict[str, Any]:
    """Have CloudFormation ask, and give what it is told."""
    event = {
        "RequestType": kind,
        "ResponseURL": ANSWER_TO,
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/phone/1",
        "RequestId": "r-1",
        "LogicalResourceId": "AdminToken",
        "ResourceProperties": {"SecretId": secret},
        **facts,
    }
    responses.add(responses.PUT, ANSWER_TO)
    app.app.handler_map["first_token"](event, None)
    return dict(json.loads(responses.calls[-1].request.body or "{}"))


@responses.activate
def test_a_new_stack_has_a_token_that_may_write() -> None:
    secret = a_secret()

    told = ask("Create", secret)

    token = wiring.tokens().find(digest(text_of(secret)))
    assert token is not None
    assert token.scope is Scope.WRITE
    assert told == {
        "Status": "SUCCESS",
        "PhysicalResourceId": token.digest,
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/phone/1",
        "RequestId": "r-1",
        "LogicalResourceId": "AdminToken",
    }


@responses.activate
def test_asked_twice_it_makes_one_token() -> None:
    secret = a_secret()

    first, second = ask("Create", secret), ask("Create", secret)

    assert first["PhysicalResourceId"] == second["PhysicalResourceId"]
    assert len(wiring.tokens().all()) == 1


@responses.activate
def test_an_update_leaves_the_token_as_it_is() -> None:
    secret = a_secret()
    made = ask("Create", secret)["PhysicalResourceId"]
    text = text_of(secret)

    told = ask("Update", secret, PhysicalResourceId=made)

    assert told["PhysicalResourceId"] == made
    assert text_of(secret) == text


@responses.activate
def test_when_the_stack_goes_the_token_opens_nothing_any_more() -> None:
    secret = a_secret()
    made = ask("Create", secret)["PhysicalResourceId"]

    told = ask("Delete", secret, PhysicalResourceId=made)

    assert told["Status"] == "SUCCESS"
    assert wiring.tokens().all() == []


@responses.activate
def test_what_goes_wrong_is_told_so_that_the_stack_need_not_wait() -> None:
    told = ask("Create", "arn:aws:secretsmanager:us-east-1:123456789012:secret:nobodys")

    assert told["Status"] == "FAILED"
    assert "ResourceNotFound" in told["Reason"]


@responses.activate
def test_a_role_that_is_not_known_everywhere_yet_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetSecretValue")
    secret = a_secret()

    def refuse(**_: str) -> None:
        raise refused

    monkeypatch.setattr(aws.client("secretsmanager"), "get_secret_value", refuse)

    with pytest.raises(ClientError, match="AccessDenied"):
        ask("Create", secret)

    assert not responses.calls
